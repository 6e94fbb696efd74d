"""What a plan leaves uncovered and why, and what the popular rules and other instruments say."""

from dataclasses import dataclass

from bot.core.alternatives import Alternative, compare, measure_loss_of
from bot.core.exposure import measure_impacts
from bot.model.decision import EventDecision, Verdict
from bot.model.strategy import Strategy
from bot.model.units import UsdEst
from bot.model.view import EventView, View

_ENDED = {
    "depth": "costs.max_share_of_depth allows no more of what is on offer near the mid",
    "price": "a further share does not bring what it must for its cost",
    "level": "the dearer levels of the book do not bring what they must for their cost",
    "chase": "the ask is above the price it rested at by execution.max_chase",
    "money": "the limits leave no money for more",
    "book": "the book offers no more",
}
_MONEY = frozenset({"CUT", "BUDGET_SPENT"})
_LEAST_USD = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """A part of a loss that stays uncovered."""

    usd_est: UsdEst
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """What a rule would hold of one event, at the first ask."""

    rule: str
    shares: float
    premium_usd_est: UsdEst
    coverage: float
    """Of the loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """Instruments for one event's loss, side by side."""

    loss_usd_est: UsdEst
    exposed_usd_est: UsdEst
    """Worth of all that loses."""
    days: float
    volatility: float
    """Of what loses, a year; for the put spread."""
    volatility_from: str
    rows: tuple[Alternative, ...]


def find_uncovered(decision: EventDecision, loss: float) -> tuple[Uncovered, ...]:
    """Return the parts of a loss that stay uncovered, each with its reason.

    Args:
        decision: What was concluded.
        loss: If it happens, USD; positive hurts.
    """
    if loss <= 0.0:
        return ()
    kept = decision.held_shares if decision.forecast is None else decision.planned_shares
    wanted = max(min(decision.target_shares, loss), kept)
    parts = [
        Uncovered(usd_est=UsdEst(wanted - kept), because=_say_short_of(decision)),
        Uncovered(usd_est=UsdEst(loss - wanted), because=_say_not_wanted(decision)),
    ]
    return tuple(part for part in parts if part.usd_est >= _LEAST_USD)


def _say_short_of(decision: EventDecision) -> str:
    """Return why less is held than the sizing rule wants."""
    cut = [reason.text for reason in decision.reasons if reason.code in _MONEY]
    if cut:
        return cut[0]
    if decision.verdict in (Verdict.OPEN, Verdict.ADD, Verdict.ROLL):
        return _ENDED.get(decision.ended_by, "the order is rounded down to what the venue takes")
    return decision.reasons[0].text if decision.reasons else "it was not planned"


def _say_not_wanted(decision: EventDecision) -> str:
    if decision.target_shares > 0.0:
        return "the sizing rule wants no more"
    return decision.reasons[0].text if decision.reasons else "it was not planned"


def compare_rules(decision: EventDecision, *, wealth: float | None) -> tuple[RuleFigures, ...]:
    """Return this plan and the popular rules beside it; empty without a price.

    Args:
        decision: What was concluded.
        wealth: Portfolio and cash, USD: what Kelly's fraction is of; None if it is not known.
    """
    compared, ask = decision.comparison, decision.ask
    if compared is None or wealth is None or ask <= 0.0 or compared.full_coverage_shares <= 0.0:
        return ()
    full = compared.full_coverage_shares
    rules = {
        "this plan": decision.planned_shares,
        "this event alone": compared.closed_form_shares,
        "coverage 50%": full / 2.0,
        "coverage 100%": full,
        "Kelly: edge / odds": compared.edge_over_odds * wealth / ask,
    }
    return tuple(
        RuleFigures(
            rule=rule,
            shares=held,
            premium_usd_est=UsdEst(held * ask),
            coverage=held / full,
        )
        for rule, held in rules.items()
    )


def compare_instruments(
    view: View, event: EventView, decision: EventDecision, strategy: Strategy
) -> Instruments | None:
    """Return the instruments for an event's loss; None if nothing loses."""
    market = decision.forecast.market if decision.forecast is not None else None
    changes = measure_impacts(
        view.portfolio.holdings,
        event=event.event,
        impact=strategy.impact,
        probability=market or 0.0,
    )
    worths = [holding.usd_est for holding in view.portfolio.holdings]
    known = -sum(worth * change for worth, change in zip(worths, changes, strict=True))
    ends = {seen.token_id: seen.market.ends_at for seen in event.markets}
    ends_at = ends.get(decision.token_id)
    left = strategy.horizon if ends_at is None else ends_at - view.now
    loss = measure_loss_of(
        view,
        strategy.impact,
        changes,
        loss=decision.exposure_usd_est or known,
        priced_in=market,
        days=left.total_seconds() / 86_400.0,
    )
    if loss is None:
        return None
    return Instruments(
        loss_usd_est=UsdEst(loss.usd),
        exposed_usd_est=UsdEst(loss.exposed),
        days=loss.days,
        volatility=loss.volatility,
        volatility_from=loss.said_by,
        rows=compare(loss, ask=decision.ask or None),
    )
