"""What is known of each event for the picture of all: its chance, its loss, its market."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.core.case import Case, open_case
from bot.core.exposure import measure_impacts
from bot.model.decision import Reason
from bot.model.market import Market
from bot.model.strategy import Strategy
from bot.model.units import EventId, TokenId
from bot.model.view import EventView, View


class Known(NamedTuple):
    """One event as the outlook takes it."""

    event: EventId
    chance: float
    """Our forecast."""
    priced_in: float
    """The market's probability."""
    loss: float
    """USD lost if it happens against if it does not."""
    unsure: float
    """Standard deviation of that by not knowing it, USD."""
    impacts: Sequence[float]
    """On each holding, a fraction; empty if only the loss is known."""
    tokens: tuple[TokenId, TokenId]
    """That pays if it happens, and that pays if not; empty for none."""
    market: str
    """Strategies of one market look at one outcome, from one side or from both."""
    is_first: bool
    """Whether its token is the market's first, the one that exclusive outcomes go by."""
    group: str
    """Markets of one name exclude each other; empty for a market of its own."""
    cluster: str
    missed: float
    stray: float


def know_all(view: View, strategies: Mapping[EventId, Strategy]) -> list[Known]:
    """Return what is known of every event; one that never was known is left out."""
    known: list[Known] = []
    for event in view.events:
        if event.event in strategies:
            strategy = strategies[event.event]
            case = open_case(view, event, strategy)
            each = _from_memory(event, strategy) if isinstance(case, Reason) else _from_case(case)
            known += [] if each is None else [each]
    return known


def _from_case(case: Case) -> Known:
    """Return what is known of an event that can be decided."""
    mid = case.forecast.market
    impacts = measure_impacts(
        case.view.portfolio.holdings,
        event=case.event.event,
        impact=case.strategy.impact,
        probability=mid,
    )
    return _known(
        case.event,
        case.strategy,
        case.market.market,
        token=case.market.token_id,
        chance=case.forecast.probability,
        priced_in=mid,
        loss=case.exposure_usd_est,
        impacts=impacts,
    )


def _from_memory(event: EventView, strategy: Strategy) -> Known | None:
    """Return what the last plan knew of an event that is frozen now; None if there was none."""
    memory = event.memory
    if memory.run_at is None or not 0.0 < memory.probability < 1.0:
        return None
    shown = (view.market for view in event.markets)
    market = next((each for each in shown if memory.token_id in each.token_ids), None)
    return _known(
        event,
        strategy,
        market,
        token=memory.token_id,
        chance=memory.probability,
        priced_in=memory.probability,
        loss=memory.exposure_usd_est,
        impacts=(),
    )


def _known(
    event: EventView,
    strategy: Strategy,
    market: Market | None,
    *,
    token: TokenId,
    chance: float,
    priced_in: float,
    loss: float,
    impacts: Sequence[float],
) -> Known:
    in_group = market is not None and market.neg_risk
    return Known(
        event=event.event,
        chance=chance,
        priced_in=priced_in,
        loss=loss,
        unsure=strategy.impact.uncertainty * abs(loss),
        impacts=impacts,
        tokens=(token, market.complement_of(token) if market is not None else TokenId("")),
        market=market.condition_id if market is not None else f"event {event.event}",
        is_first=market is None or token == market.token_ids[0],
        group=market.event_slug if market is not None and in_group else "",
        cluster=strategy.cluster,
        missed=strategy.market.missed,
        stray=strategy.market.stray,
    )
