"""The stresses that `polyhedge stress` puts on today's wealth, each with its sentence."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.core.copula import Loadings
from bot.core.known import Known
from bot.core.programme import Trouble
from bot.core.scenarios import Group, joint_scenarios
from bot.core.stress import Shock, Stressed, apply
from bot.core.today import Hedge, Today
from bot.model.units import EventId

JUMP = 0.20
HIGH = 0.60
MOST = 0.99
"""A chance that jumps stays below certainty."""
LOOSE = 0.6
"""Latent correlation of loss and contract that is left of 1. **Source:** HEDGING section 8.2."""
DISPUTE_DAYS = 10.0
DOWN = timedelta(days=3)


def stress_all(today: Today) -> tuple[Stressed, ...]:
    """Return what each stress leaves; the first is today itself."""
    now = Shock(code="TODAY", name="today", say=_say_today)
    before = apply(today, now)
    return tuple(
        replace(found, sentence=_say(today, shock, found, before))
        for shock in (now, *_shocks(today))
        for found in (apply(today, shock),)
    )


_OF_EVENTS = ("TODAY", "EVENT_HAPPENS", "ALL_HAPPEN", "CHANCES_JUMP", "CHANCES_HIGH")


def _say(today: Today, shock: Shock, found: Stressed, before: Stressed) -> str:
    if not today.hedges and shock.code not in _OF_EVENTS:
        return "No hedge is held that this could touch."
    return shock.say(found, before)


def _shocks(today: Today) -> Iterator[Shock]:
    known = sorted(today.known.values(), key=lambda each: (-each.loss, each.event))
    for event in (*(each.event for each in known), *today.unknown):
        yield Shock(
            code="EVENT_HAPPENS",
            name=f"{event} happens",
            say=_say_happens,
            chances=decided_by(today.known, event),
        )
    together: dict[EventId, float] = {}
    for each in known:
        if each.event not in together:
            together |= decided_by(today.known, each.event, besides=together)
    yield from _together(today, together)
    yield from _jumps(today)
    yield Shock(code="SPREADS_TRIPLE", name="spreads triple", say=_say_exit, spread=3)
    yield Shock(code="DEPTH_FALLS", name="a tenth of the depth", say=_say_exit, thinner=10)
    yield Shock(code="FEES_DOUBLE", name="fees double", say=_say_exit, fee=2)
    ending = frozenset(hedge.token_id for hedge in today.hedges if _ends_within(today, hedge))
    yield Shock(
        code="VENUE_DOWN",
        name="venue down for 3 days",
        say=_say_down(today, len(ending)),
        down=True,
        lapsed=ending,
    )


def _ends_within(today: Today, hedge: Hedge) -> bool:
    ends_at = hedge.market.ends_at if hedge.market is not None else None
    return ends_at is not None and ends_at <= today.view.now + DOWN


def _together(today: Today, chances: Mapping[EventId, float]) -> Iterator[Shock]:
    """Yield what may become of the hedges when all events happen together."""
    if not chances:
        return
    every = Shock(code="ALL_HAPPEN", name="all happen", say=_say_happens, chances=chances)
    yield every
    yield replace(
        every,
        code="CORRELATION_FALLS",
        name="all happen, correlation 0.6",
        say=_say_loose,
        pays={each.event: pays_if_loose(each.priced_in) for each in today.known.values()},
        may_fail=True,
    )
    yield replace(
        every,
        code="RESOLVED_HALF",
        name="all happen, paid 50/50",
        say=_say_half,
        pays=dict.fromkeys(today.known, 0.5),
    )
    yield replace(
        every,
        code="DISPUTE",
        name="all happen, 10 days disputed",
        say=_say_late,
        late_days=DISPUTE_DAYS,
    )


def _jumps(today: Today) -> Iterator[Shock]:
    known = today.known.values()
    if not known:
        return
    yield Shock(
        code="CHANCES_JUMP",
        name="each chance +20 points",
        say=_say_jump,
        chances={each.event: _up_to(each, min(each.priced_in + JUMP, MOST)) for each in known},
    )
    yield Shock(
        code="CHANCES_HIGH",
        name="each chance to 60%",
        say=_say_jump,
        chances={each.event: _up_to(each, HIGH) for each in known},
    )


def _up_to(each: Known, chance: float) -> float:
    return max(each.priced_in, chance)


def decided_by(
    known: Mapping[EventId, Known], event: EventId, *, besides: Collection[EventId] = ()
) -> dict[EventId, float]:
    """Return what is decided with an event that happens: 1 or 0 by event, itself included.

    A market that resolves decides all that look at it, and in a group of exclusive outcomes it
    decides the others too.

    Args:
        known: All events.
        event: The one that happens; one that is not known decides nothing else.
        besides: Events that are decided already; they stay as they are.
    """
    mine = known.get(event)
    if mine is None:
        return {event: 1.0}
    found: dict[EventId, float] = {}
    for each in known.values():
        if each.market == mine.market:
            found[each.event] = 1.0 if each.is_first == mine.is_first else 0.0
        elif mine.is_first and each.group and each.group == mine.group:
            found[each.event] = 0.0 if each.is_first else 1.0
    return {each: chance for each, chance in found.items() if each not in besides}


def pays_if_loose(chance: float, *, correlation: float = LOOSE) -> float:
    """Return how probably a contract pays if the event happens, from their latent correlation.

    Both are as probable as the market says and move together by a Gaussian copula.

    Args:
        chance: Probability of the event, above 0.
        correlation: Latent, from 0 to under 1; at 1 the contract would pay exactly if it happens.

    Raises:
        ValueError: One of them lies outside.
    """
    groups = (Group(name="event", chances=(chance,)), Group(name="market", chances=(chance,)))
    found = joint_scenarios(groups, Loadings(correlation, correlation))
    if isinstance(found, Trouble):
        raise ValueError(found.text)  # noqa: TRY004 - a wrong number, not a wrong type
    return float(found.weights @ found.happens.prod(axis=1)) / chance


def _usd(usd: float | None) -> str:
    if usd is None:
        return "an unknown sum"
    return "0 USD" if abs(usd) < 0.5 else f"{usd:,.0f} USD"


def _fall(found: Stressed, before: Stressed) -> str:
    if found.unhedged_usd_est is None or before.unhedged_usd_est is None:
        return "What the portfolio loses is not known"
    change = found.unhedged_usd_est - before.unhedged_usd_est
    return f"The portfolio {'gains' if change > 0.0 else 'loses'} {_usd(abs(change))}"


def _say_today(found: Stressed, _: Stressed) -> str:
    return (
        f"Sold now, the hedges bring {_usd(found.brings_usd_est)}{_left(found)};"
        f" {_usd(found.uncovered_usd_est)} of what the events would cost have no hedge."
    )


def _say_happens(found: Stressed, before: Stressed) -> str:
    return (
        f"{_fall(found, before)}, the hedges are worth {_usd(found.brings_usd_est)};"
        f" {_usd(found.uncovered_usd_est)} of the loss have no hedge."
    )


def _say_jump(found: Stressed, before: Stressed) -> str:
    return (
        f"{_fall(found, before)} as far as the chances were priced in; sold then, the hedges bring"
        f" {_usd(found.brings_usd_est)} instead of {_usd(before.brings_usd_est)}."
    )


def _say_exit(found: Stressed, before: Stressed) -> str:
    return (
        f"Getting out brings {_usd(found.brings_usd_est)} instead of {_usd(before.brings_usd_est)}"
        f"{_left(found)}; hedges that are held to their end lose nothing by it."
    )


def _left(found: Stressed) -> str:
    unsold = found.unsold_shares
    return f", nobody bids for {unsold:,.0f} shares" if unsold > 0.0 else ""


def _say_loose(found: Stressed, _: Stressed) -> str:
    return (
        f"The hedges miss part of what they are for: on average they bring"
        f" {_usd(found.brings_usd_est)} and {_usd(found.uncovered_usd_est)} stay uncovered; if none"
        f" pays, {_usd(found.worst_usd_est)} are left in all."
    )


def _say_half(found: Stressed, _: Stressed) -> str:
    return (
        f"Each share pays 0.50 USD whatever happened: the hedges bring"
        f" {_usd(found.brings_usd_est)}, {_usd(found.uncovered_usd_est)} stay uncovered."
    )


def _say_late(found: Stressed, _: Stressed) -> str:
    return (
        f"{_usd(found.late_usd_est)} of payouts come ten days late: until then the loss is there"
        " and this money is not."
    )


def _say_down(today: Today, ending: int) -> Callable[[Stressed, Stressed], str]:
    """Return what to say of three days without the venue."""
    held, resting = len(today.hedges), len(today.view.account.orders)

    def say(found: Stressed, _: Stressed) -> str:
        text = (
            f"Nothing can be sold: {_usd(found.late_usd_est)} are stuck. {ending} of {held} hedges"
            f" end meanwhile and are not rolled: {_usd(found.uncovered_usd_est)} are uncovered then"
        )
        orders = f"; {resting} open orders cannot be cancelled" if resting else ""
        return f"{text}{orders}."

    return say
