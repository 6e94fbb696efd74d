"""The hedge engine: closed form, joint programme beside cvxpy with Clarabel, a whole decision.

Medians, one BLAS thread, imports excluded. cvxpy and Clarabel are development tools: where they
are not installed their column is empty. The decision is on 200 books that were confirmed anew since
the last one, a tenth of them changed; on disk means in a real ledger, committed to the platter.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.joint_programme
"""

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bot.core.decide import decide
from bot.core.hedge import plan_buy
from bot.core.programme import Offer, Programme, Trouble, solve
from bot.core.utility import TwoState
from bot.ledger import Ledger
from bot.model.decision import Verdict
from bot.model.market import Quote
from bot.model.strategy import Strategy
from bot.model.view import EventView, MarketView, View
from bot.rules.sizing.utility import Utility
from tests.core.builders import (
    make_account,
    make_event,
    make_holding,
    make_line,
    make_market_view,
    make_portfolio,
    make_strategy,
    make_view,
)
from tests.core.programmes import fee, many_events, one_event
from tests.fakes import make_book, make_market

CLOCK = time.process_time if "--cpu" in sys.argv else time.perf_counter
"""With ``--cpu`` the time of this process alone is measured, on a machine that others use too."""
MOST_MS = {"1 event": 2.0, "10 x 4,096": 7.0, "50 x 4,096": 110.0}
MOST_LADDER_US, MOST_DECIDE_MS, MOST_DISK_MS = 20.0, 15.0, 20.0
REPO = Path(__file__).resolve().parents[1]
RUNS = 41


class Times(NamedTuple):
    """Of several runs."""

    median: float
    best: float
    """Tells how much others on the machine took part."""


def main() -> int:
    """Print all medians; return 1 if one is longer than it may be."""
    missed = [measure_ladder(), *measure_decide()]
    ladder = (Offer(0, 1, fee(0.2 + 0.003 * level), 1_000.0) for level in range(10))
    programmes = {
        "1 event": one_event(*ladder),
        "10 x 4,096": many_events(10, scenarios=4096),
        "50 x 4,096": many_events(50, scenarios=4096),
    }
    missed += [measure_programme(name, programme) for name, programme in programmes.items()]
    return int(any(missed))


def time_ms(work: Callable[[], object], *, runs: int, each: int = 1) -> Times:
    """Return the times of one call, after one that is not counted."""
    work()
    times = []
    gc.collect()
    for _ in range(runs):
        began = CLOCK()
        for _ in range(each):
            work()
        times.append((CLOCK() - began) / each * 1e3)
    return Times(statistics.median(times), min(times))


def report(name: str, took: Times, most: float, *, unit: str = "ms", beside: str = "") -> bool:
    """Print a line; return whether it took longer than it may."""
    took = Times(*(each * (1e3 if unit == "us" else 1.0) for each in took))
    text = f"{took.median:>9.2f} {unit} (best {took.best:.2f}), must be under {most:g}{beside}"
    print(f"  {name:<34}{text}", flush=True)
    return took.median > most


def measure_ladder() -> bool:
    """Measure the closed form over 20 levels of asks, reservation price and limit included."""
    asks = tuple((f"{0.210 + 0.001 * level:.3f}", "500") for level in range(20))
    book = make_book(bids=(("0.20", "9000"),), asks=asks)
    state = TwoState(0.2, 60_000.0, 100_000.0, 3.0)

    def work() -> object:
        return plan_buy(state, book, most=1e9, max_share_of_depth=1e9, highest=1.0, fee_at=taker)

    took = time_ms(work, runs=31, each=500)
    return report("closed form, 20 levels", took, MOST_LADDER_US, unit="us")


def taker(price: float) -> float:
    """Return the fee of a share, USD."""
    return 0.04 * price * (1.0 - price)


def measure_programme(name: str, programme: Programme) -> bool:
    """Measure one size, and what cvxpy with Clarabel takes for the same."""
    runs = 9 if programme.payoffs.shape[1] > 20 else 41
    took = time_ms(lambda: certified(programme), runs=runs)
    beside = ""
    if find_spec("cvxpy") is not None:
        from tests.core.oracle import by_cvxpy

        other = time_ms(lambda: by_cvxpy(programme), runs=3)
        beside = f"; cvxpy + Clarabel {other.median:,.0f} ms"
    return report(name, took, MOST_MS[name], beside=beside)


def certified(programme: Programme) -> None:
    """Solve it, and fail if there is no certified answer."""
    answer = solve(programme)
    assert not isinstance(answer, Trouble), answer


def measure_decide() -> tuple[bool, bool]:
    """Measure a decision on 10 strategies of 20 markets each, planned jointly; then recorded."""
    first, strategies = ten_strategies()
    decision = decide(first, strategies)
    assert {each.verdict for each in decision.events} == {Verdict.OPEN}
    views = iter(list(later_views(first, 2 * RUNS + 2)))
    took = time_ms(lambda: decide(next(views), strategies), runs=RUNS)
    with tempfile.TemporaryDirectory(dir=REPO) as folder:
        ledger = Ledger.open(Path(folder) / "ledger.db", mode="paper")
        ledger.record_decision(first, decision, strategies)

        def record() -> None:
            view = next(views)
            ledger.record_decision(view, decide(view, strategies), strategies)

        on_disk = time_ms(record, runs=RUNS)
        ledger.close()
    return (
        report("decide, 10 strategies, 200 markets", took, MOST_DECIDE_MS),
        report("the same, on disk", on_disk, MOST_DISK_MS),
    )


def later_views(first: View, count: int) -> Iterator[View]:
    """Yield what later cycles see: every book confirmed anew, another tenth of them changed."""
    view = first
    for cycle in range(first.cycle + 1, first.cycle + 1 + count):
        now = view.now + timedelta(seconds=1)
        events = tuple(
            replace(event, markets=tuple(later_market(each, now, cycle) for each in event.markets))
            for event in view.events
        )
        view = replace(view, cycle=cycle, now=now, events=events)
        yield view


def later_market(each: MarketView, now: datetime, cycle: int) -> MarketView:
    """Return a market a second later."""
    assert each.quote is not None
    book = each.quote.book
    if int(each.market.slug[1:]) % 10 == cycle % 10:
        book = book._replace(ask_sizes=(book.ask_sizes[0] - 10_000, *book.ask_sizes[1:]))
    return replace(each, quote=Quote(book, now))


def ten_strategies() -> tuple[View, tuple[Strategy, ...]]:
    """Return events that each cost 30% of a sector, with 20 candidate markets each."""
    events: list[EventView] = []
    strategies: list[Strategy] = []
    for index in range(1, 11):
        markets: list[MarketView] = []
        for other in range(20):
            number = 100 * index + other
            market = make_market(
                condition_id=f"0x{number:064x}",
                token_ids=(f"{number}1", f"{number}2"),
                slug=f"m{number}",
                tick="0.001",
            )
            bids = tuple((f"{0.110 - 0.001 * i:.3f}", "9000") for i in range(20))
            asks = tuple((f"{0.115 + 0.001 * i:.3f}", "9000") for i in range(20))
            markets.append(make_market_view(market, bids=bids, asks=asks))
        strategy = make_strategy(
            event=f"event-{index}", lines=(make_line(f"s{index}", -0.3),), sizing=Utility()
        )
        strategies.append(replace(strategy, digest=f"d{index}"))
        events.append(make_event(*markets, event=strategy.event))
    holdings = [make_holding(f"S{index}", 20_000.0, sector=f"s{index}") for index in range(1, 11)]
    holdings += [make_holding(f"R{index}", 2_000.0, sector="rest") for index in range(20)]
    view = make_view(
        *events, portfolio=make_portfolio(*holdings), account=make_account(cash_usd="50000")
    )
    return view, tuple(strategies)


if __name__ == "__main__":
    sys.exit(main())
