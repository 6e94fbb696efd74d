"""Other instruments for the same loss, and whether one fits better than the market's shares.

All figures but those of the shares are estimates from stated assumptions; nothing here is traded.
They are compared by one number: what is paid for each USD that comes back if the event happens.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from bot.core.case import Case
from bot.core.exposure import measure_impacts
from bot.core.options import put_spread_price
from bot.model.decision import Reason
from bot.model.strategy import Impact
from bot.model.view import View

GROWTH = 0.04
"""What shares are expected to earn above cash a year; foregone by what is sold."""
ONE_WAY = 0.0005
"""Half a spread and commission of a liquid share or fund, of its worth."""
FUND_FEE = 0.009
"""Of an inverse fund, a year."""
_TOO_DEAR = frozenset({"NOT_WORTH_IT", "TOO_DEAR"})
_OF_NO_USE = frozenset({"CORRELATION_LOW", "RULES_MISMATCH", "TOO_THIN", "TOO_WIDE"})
"""Reasons for which the shares of a market are refused, and not a hedge as such: by their price,
or whatever it is."""
CLEARLY = 0.8
"""An estimate must be below this part of the ceiling to be called better."""
_LEAST_FALL, _MOST_FALL = 0.005, 0.95


class Loss(NamedTuple):
    """What is to be covered."""

    usd: float
    """If the event happens against if it does not; above 0."""
    exposed: float
    """Worth of all that loses, USD."""
    priced_in: float | None
    """The market's probability; None if no book says it."""
    days: float
    """To be covered."""
    volatility: float
    """Of what loses, a year."""
    said_by: str
    """Where the volatility comes from."""
    is_known: bool
    """Whether it is that of what loses, and not of the whole portfolio."""
    rate: float
    """Of interest, a year."""

    @property
    def fall(self) -> float:
        """The loss as a fraction of what loses, held to what a put spread can be made of."""
        return min(max(self.usd / self.exposed, _LEAST_FALL), _MOST_FALL)


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument."""

    name: str
    cost_now_usd_est: float | None = None
    """Paid at once for full cover; None where it has no figure."""
    cost_year_usd_est: float | None = None
    """Of a year of it in which the event does not happen."""
    price: float | None = None
    """USD for each USD that it brings if the event happens, all costs counted."""
    pays: str
    """When."""
    basis: str
    """How it may differ from the loss."""
    fits: str
    """When it is the better one."""
    is_traded_here: bool = False


def measure_case(case: Case) -> Loss | None:
    """Return what an event's hedge would cover; None if nothing loses."""
    return measure_loss_of(
        case.view,
        case.strategy.impact,
        measure_impacts(
            case.view.portfolio.holdings,
            event=case.event.event,
            impact=case.strategy.impact,
            probability=case.forecast.market,
        ),
        loss=case.exposure_usd_est,
        priced_in=case.forecast.market,
        days=case.days_left,
    )


def measure_loss_of(
    view: View,
    impact: Impact,
    changes: Sequence[float],
    *,
    loss: float,
    priced_in: float | None,
    days: float,
) -> Loss | None:
    """Return what is to be covered; None if nothing loses.

    Args:
        view: Portfolio, readings and shared limits.
        impact: Says the volatility of what loses, if anything does.
        changes: What the event does to each holding, a fraction of its worth.
        loss: Of all together, USD.
        priced_in: The market's probability, if it is known.
        days: To be covered.
    """
    worths = [holding.usd_est for holding in view.portfolio.holdings]
    pairs = zip(worths, changes, strict=True)
    exposed = sum(abs(worth) for worth, change in pairs if worth * change < 0.0)
    if loss <= 0.0 or exposed <= 0.0 or days <= 0.0:
        return None
    volatility, said_by, is_known = _volatility(view, impact)
    return Loss(
        usd=loss,
        exposed=exposed,
        priced_in=priced_in,
        days=days,
        volatility=volatility,
        said_by=said_by,
        is_known=is_known,
        rate=view.limits.funding_rate,
    )


def _volatility(view: View, impact: Impact) -> tuple[float, str, bool]:
    if impact.volatility is not None:
        return impact.volatility, "impact.volatility", True
    reading = view.portfolio.readings.get(impact.volatility_reading)
    if reading is not None and reading.number > 0.0:
        return reading.number / 100.0, f"reading {reading.name}", True
    return view.limits.volatility, "the whole portfolio's; set impact.volatility", False


def compare(loss: Loss, *, ask: float | None) -> tuple[Alternative, ...]:
    """Return the market's own shares, then the other instruments.

    Args:
        loss: To be covered.
        ask: All-in price of a share; None if there is no market to buy in.
    """
    return (
        *([] if ask is None else [_shares(loss, ask)]),
        _put_spread(loss),
        _sale(loss),
        _inverse_fund(loss),
        _cash(loss),
        *_IN_WORDS,
    )


def find_better(case: Case, why: Reason, *, ask: float, ceiling: float) -> Reason | None:
    """Return which other instrument clearly fits better than shares that were refused.

    It must bring what it is for at less than the ceiling, although all that it pays for other
    reasons is not counted. A put spread is not judged by a volatility that nobody stated.

    Args:
        case: The event.
        why: The shares were refused.
        ask: All-in price of a share.
        ceiling: What the first share is worth.
    """
    if why.code not in _TOO_DEAR | _OF_NO_USE:
        return None
    loss = measure_case(case)
    if loss is None:
        return None
    put = [_put_spread(loss)] if loss.is_known else []
    rivals = [(each.price, each.name) for each in (*put, _sale(loss)) if each.price is not None]
    price, name = min(rivals)
    if price >= CLEARLY * (min(ceiling, ask) if why.code in _TOO_DEAR else ceiling):
        return None
    text = (
        f"{name} would bring each USD of cover for an estimated {price * 100:.1f}c; shares cost"
        f" {ask * 100:.1f}c and are worth {ceiling * 100:.1f}c (`polyhedge plan --alternatives`)"
    )
    return Reason(code="OTHER_INSTRUMENT", text=text)


def _shares(loss: Loss, ask: float) -> Alternative:
    cost = ask * loss.usd
    return Alternative(
        name="shares of this market",
        cost_now_usd_est=cost,
        cost_year_usd_est=cost * 365.0 / loss.days,
        price=ask,
        pays="if the market resolves for the event, whatever prices do",
        basis="the market's rules; hours to days until it is paid",
        fits="if the event is rare, and the loss is its doing alone",
        is_traded_here=True,
    )


def _put_spread(loss: Loss) -> Alternative:
    years, fall = loss.days / 365.0, loss.fall
    each = put_spread_price(spot=1.0, fall=fall, sigma=loss.volatility, years=years, rate=loss.rate)
    # Today's price holds a part of the fall already: the event brings the rest.
    after = 1.0 - fall * (1.0 - (loss.priced_in or 0.0))
    brings = put_spread_price(spot=after, fall=fall, sigma=loss.volatility, years=years, rate=0.0)
    cost = each * loss.exposed
    return Alternative(
        name=f"a put spread 100/{100.0 * (1.0 - fall):.0f}",
        cost_now_usd_est=cost,
        cost_year_usd_est=cost / years,
        price=None if loss.priced_in is None else each / brings,
        pays="if what loses stands lower at its end, for whatever reason",
        basis="a rise before the event eats the cover; index and holdings differ",
        fits="if other falls should be covered too, or the event is likely",
    )


def _sale(loss: Loss) -> Alternative:
    return _without(
        loss,
        name="selling what loses",
        fee=0.0,
        pays="always: what is sold cannot fall, nor rise",
        basis="none; taxes are not counted",
        fits="if the loss is large for what it is in, and the time short",
    )


def _inverse_fund(loss: Loss) -> Alternative:
    return _without(
        loss,
        name="an inverse fund",
        fee=FUND_FEE,
        pays="if its index falls, day by day",
        basis="its daily reset drifts off over weeks; index and holdings differ",
        fits="than selling, where that is taxed or not allowed",
    )


def _without(loss: Loss, *, name: str, fee: float, pays: str, basis: str, fits: str) -> Alternative:
    """Return an instrument that takes the whole exposure away: what it earns is foregone."""
    trading, carry = 2.0 * ONE_WAY * loss.exposed, (GROWTH + fee) * loss.exposed
    price = None
    if loss.priced_in is not None:
        price = loss.priced_in + (trading + carry * loss.days / 365.0) / loss.usd
    return Alternative(
        name=name,
        cost_now_usd_est=trading,
        cost_year_usd_est=trading + carry,
        price=price,
        pays=pays,
        basis=basis,
        fits=fits,
    )


def _cash(loss: Loss) -> Alternative:
    return Alternative(
        name="a reserve of cash",
        cost_now_usd_est=0.0,
        cost_year_usd_est=GROWTH * loss.usd,
        pays="always: it makes the loss bearable, not smaller",
        basis="none",
        fits="if the loss is small, or every hedge is too dear",
    )


_IN_WORDS = (
    Alternative(
        name="calls on the VIX",
        pays="if fear jumps; they are worth little again soon after",
        basis="they ask not what is feared, and a slow fall brings them nothing",
        fits="if sudden shocks of the whole market are what you fear",
    ),
    Alternative(
        name="currencies",
        pays="if dollar, franc or yen rise, as they mostly do in a crisis",
        basis="large: they may also fall with the shares",
        fits="if the event hits one country or its currency",
    ),
)
