"""The contest's default policy by the real ``decide``: a view with a book when an event begins.

The portfolio, its impact and its noise are told to the program as they are; what the closed form
leaves out (lots, cents, the programme's nodes) is what the two may differ by.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from benchmarks.contest_policies import PREMIUM_CAP, RISK_AVERSION
from benchmarks.contest_scores import Bought, Outcome, follow
from benchmarks.contest_world import DAYS, TICK, Floats, History, World
from bot.core.decide import decide
from bot.core.matching import match_order
from bot.model.signal import Estimate
from bot.model.strategy import Strategy
from bot.model.units import Usd, from_e6, to_e6
from bot.model.view import Account, EventMemory, MarketView, View
from bot.rules.sizing.utility import Utility
from tests.core.builders import (
    make_event,
    make_holding,
    make_limits,
    make_line,
    make_market_view,
    make_portfolio,
    make_strategy,
    make_view,
)
from tests.fakes import START, make_market

WEALTH = 1_000_000.0
"""USD that each path begins with; a lot is nothing beside it."""
IN_CASH = 0.2
"""Part of the worth that lies on the venue: more than any hedge costs."""
_DEPTH = "10000000"
_SIGNAL = "model"


class _Money(NamedTuple):
    worth: float
    used: float
    """Premium of the last 365 days."""
    budget: float


class _Bet(NamedTuple):
    """One event's `Bets`."""

    theta: float
    mid: float
    half: float
    model: float
    truth: float


def play_decide(world: World, history: History, *, told: bool = True) -> Outcome:
    """Return what comes of the program's own decisions.

    Args:
        world: Whose noise the limits name.
        history: Of as many paths as there is time for: 3 ms an event.
        told: Whether it is told that impacts are known, markets pay exactly when it happens, and
            how noisy the portfolio is; else it doubts as it does by default.
    """

    def buy(event: int, worth: Floats, used: Floats) -> Bought:
        found = []
        for path, (has, spent) in enumerate(zip(worth * WEALTH, used * WEALTH, strict=True)):
            bet = _Bet(*(float(each[path, event]) for each in history.bets))
            money = _Money(float(has), float(spent), PREMIUM_CAP * float(has))
            view, strategy = _view(_market(event, bet), money), _strategy(bet.theta)
            if told:
                view, strategy = _tell(world, view, strategy)
            found.append(_buy_one(view, strategy))
        shares, cash = np.array(found).T / WEALTH
        return shares, cash

    return follow(history, buy)


def _buy_one(view: View, strategy: Strategy) -> tuple[float, float]:
    """Return shares and what they cost, USD."""
    decision = decide(view, (strategy,))
    shares, cost = Decimal(0), Decimal(0)
    for intent in decision.approved:
        market = view.events[0].markets[0]
        assert market.quote is not None
        match = match_order(
            side=intent.side,
            size_e6=to_e6(intent.size),
            limit_e6=to_e6(intent.limit),
            book=market.quote.book,
            fee=market.market.fee,
        )
        shares += from_e6(sum(fill.size_e6 for fill in match.fills))
        cost += from_e6(match.notional_e6 + match.fee_e6)
    return float(shares), float(cost)


def _strategy(theta: float) -> Strategy:
    line = make_line("all", -theta / (1.0 - IN_CASH))
    return make_strategy(
        lines=(line,), sizing=Utility(), max_premium_usd="1e12", max_order_usd="1e12"
    )


def _tell(world: World, view: View, strategy: Strategy) -> tuple[View, Strategy]:
    """Return both, told what the world is like."""
    noise = world.sigma / (1.0 - IN_CASH)
    told = replace(
        strategy,
        impact=replace(strategy.impact, uncertainty=0.0),
        market=replace(strategy.market, missed=0.0, stray=0.0),
    )
    return replace(view, limits=replace(view.limits, volatility=noise)), told


def _market(event: int, bet: _Bet) -> MarketView:
    now = START + timedelta(days=DAYS * event)
    market = make_market(tick=f"{TICK:g}", ends_at=now + timedelta(days=DAYS))
    view = make_market_view(
        market,
        bids=((f"{bet.mid - bet.half:.3f}", _DEPTH),),
        asks=((f"{bet.mid + bet.half:.3f}", _DEPTH),),
        confirmed_at=now,
    )
    estimate = Estimate(signal=_SIGNAL, probability=bet.model, as_of=now, source=_SIGNAL, note="")
    return replace(view, estimates=(estimate,))


def _view(market: MarketView, money: _Money) -> View:
    assert market.quote is not None
    now = market.quote.confirmed_at
    held = money.worth * (1.0 - IN_CASH)
    holding = replace(make_holding("ALL", held, sector="all"), as_of=now)
    limits = make_limits(
        risk_aversion=RISK_AVERSION,
        premium_budget_usd=f"{money.budget:.6f}",
        max_total_usd="1e12",
    )
    # Each event is decided once: what its signal asks for was asked for the day before as well.
    asked = {"signal.way": 1.0, "signal.since": (now - timedelta(days=1)).timestamp()}
    return make_view(
        make_event(market, memory=EventMemory(rule_state=asked)),
        now=now,
        portfolio=make_portfolio(holding, as_of=now),
        account=Account(
            cash_usd=Usd(Decimal(f"{money.worth * IN_CASH:.6f}")),
            premium_used_usd=Usd(Decimal(f"{money.used:.6f}")),
        ),
        limits=limits,
    )
