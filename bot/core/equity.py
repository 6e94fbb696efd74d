"""What all is worth and how far each event is covered, from what one decision knew."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from bot.core.accounting import mark
from bot.model.decision import Decision, EventDecision, Verdict
from bot.model.equity import Cover, Equity
from bot.model.market import Quote
from bot.model.units import TokenId, Usd, UsdEst
from bot.model.view import Position, View

_QUIET = Verdict.QUIET


def measure_equity(view: View, *, deposited_usd: Usd) -> Equity:
    """Return what all was worth at the instant of the view.

    A price or a book older than ``max_price_age`` is not carried on: the figure is None.

    Args:
        view: What was known.
        deposited_usd: All that came to the venue until then.
    """
    account, portfolio = view.account, view.portfolio
    known = not portfolio.unpriced and _is_recent(view, portfolio.as_of)
    quotes = {market.token_id: market.quote for event in view.events for market in event.markets}
    marks = [_mark(view, position, quotes) for position in account.positions]
    bids, mids = [bid for bid, _ in marks], [mid for _, mid in marks]
    return Equity(
        at=view.now,
        portfolio_usd_est=portfolio.usd_est if known else None,
        portfolio_as_of=portfolio.as_of,
        deposited_usd=deposited_usd,
        cash_usd=account.cash_usd,
        owed_usd=_sum(due.payout_usd for due in account.redeemable),
        cost_usd=_sum(position.cost_usd for position in account.positions),
        at_bid_usd_est=_total(bids),
        at_mid_usd_est=_total(mids),
    )


def measure_covers(view: View, decision: Decision) -> tuple[Cover, ...]:
    """Return how each decided event stood, before the orders of this decision."""
    return tuple(_cover(view, event) for event in decision.events)


def _cover(view: View, event: EventDecision) -> Cover:
    held = [position for position in view.account.positions if position.event == event.event]
    forecast = event.forecast
    return Cover(
        event=event.event,
        # A quiet event is not measured again: its last plan stands.
        exposure_usd_est=event.exposure_usd_est or event.memory.exposure_usd_est,
        payout_usd_est=UsdEst(float(sum(position.shares for position in held))),
        cost_usd=_sum(position.cost_usd for position in held),
        probability=forecast.probability if forecast else None,
        market=forecast.market if forecast else None,
        verdict=event.verdict.value,
        code=event.reasons[0].code if event.reasons else "",
        said=event.reasons[0].text if event.reasons and event.verdict is not _QUIET else "",
    )


def _mark(
    view: View, position: Position, quotes: dict[TokenId, Quote | None]
) -> tuple[UsdEst | None, UsdEst | None]:
    """Return a position at the bid and at the mid; None without a recent book."""
    quote = quotes.get(position.token_id)
    if quote is None or not _is_recent(view, quote.confirmed_at):
        return None, None
    at_bid, mid = mark(position, quote.book), quote.book.mid
    return at_bid, at_bid if mid is None else UsdEst(float(position.shares) * mid)


def _is_recent(view: View, as_of: datetime) -> bool:
    return view.now - as_of <= view.limits.max_price_age


def _total(marks: list[UsdEst | None]) -> UsdEst | None:
    known = [each for each in marks if each is not None]
    return UsdEst(sum(known)) if len(known) == len(marks) else None


def _sum(parts: Iterator[Usd]) -> Usd:
    return Usd(sum(parts, Decimal(0)))
