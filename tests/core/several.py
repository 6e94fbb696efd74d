"""Several events at once, each with a market, a sector and a strategy of its own."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.model.decision import Decision
from bot.model.market import FeeSchedule
from bot.model.strategy import Strategy
from bot.model.view import EventView, MarketView, View
from tests.core.builders import (
    All,
    Cover,
    make_account,
    make_event,
    make_holding,
    make_limits,
    make_line,
    make_market_view,
    make_portfolio,
    make_strategy,
    make_view,
)
from tests.fakes import Levels, make_market

FAIR: Levels = (("0.12", "50000"), ("0.13", "90000"))


def several(
    count: int,
    *,
    sizings: Sequence[Cover | All] | None = None,
    fraction: float = 0.1,
    series: str = "",
    **limits: object,
) -> tuple[View, tuple[Strategy, ...]]:
    """Return events that each cost ``fraction`` of 20,000 USD of a sector of their own."""
    views: list[EventView] = []
    strategies: list[Strategy] = []
    for index in range(1, count + 1):
        market = make_market(
            condition_id=f"0x{index:064x}", token_ids=(f"{index}01", f"{index}02"), slug=f"m{index}"
        )
        if series:
            market = replace(market, neg_risk=True, event_slug=series)
        sizing = sizings[index - 1] if sizings else All()
        strategy = make_strategy(
            event=f"event-{index}",
            lines=(make_line(f"sector-{index}", -fraction),),
            sizing=sizing,
            min_benefit_to_cost=0.0,
        )
        strategies.append(strategy)
        views.append(make_event(make_market_view(market, asks=FAIR), event=strategy.event))
    holdings = [make_holding(f"S{i}", 20_000.0, sector=f"sector-{i}") for i in range(1, count + 1)]
    view = make_view(
        *views,
        portfolio=make_portfolio(*holdings, make_holding("REST", 50_000.0, sector="rest")),
        account=make_account(cash_usd="20000"),
        limits=make_limits(**limits),  # type: ignore[arg-type]
    )
    return view, tuple(strategies)


def narrow() -> MarketView:
    """Return a market on a fine tick, deep, at 11.4c to 11.5c and without a fee."""
    market = replace(make_market(tick="0.001"), fee=FeeSchedule(rate=Decimal(0)))
    return make_market_view(market, bids=(("0.114", "90000"),), asks=(("0.115", "90000"),))


def planned(decision: Decision) -> dict[str, float]:
    return {each.event: each.planned_shares for each in decision.events}
