"""Replays of the real recordings: config and strategies as a user writes them, and the run.

Nothing of the recordings stands here but ids that the venue publishes.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.app.replay import Summary, replay
from bot.config import Mode, Settings, load_settings
from bot.engine.cycle import CycleResult
from bot.strategy import load_strategies
from tests.engine.audit import Bounds


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What a replay left behind."""

    summary: Summary
    settings: Settings
    cycles: tuple[CycleResult, ...]
    """All of them, those that are not recorded because nothing is new included."""
    wrong: tuple[str, ...]
    """What was logged that must not happen in a replay."""

    @property
    def ledger(self) -> Path:
        """Where the ledger is."""
        return self.settings.ledger

    @property
    def bounds(self) -> Bounds:
        """The limits that the files set."""
        strategies, broken = load_strategies(self.settings.strategies)
        assert not broken
        budget, total = self.settings.premium_budget.usd, self.settings.max_total.usd
        assert budget is not None
        assert total is not None
        return Bounds(
            premium=budget,
            total=total,
            event={strategy.event: strategy.limits.max_premium_usd for strategy in strategies},
            order={strategy.event: strategy.limits.max_order_usd for strategy in strategies},
        )


def write_files(folder: Path, config: str, strategies: Mapping[str, str]) -> Path:
    """Write a config and its strategies; return where the config is."""
    (folder / "strategies").mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(config)
    for name, text in strategies.items():
        (folder / "strategies" / f"{name}.yaml").write_text(text)
    return folder / "config.yaml"


def run_replay(config: Path) -> Replayed:
    """Replay what the config names, as the command does."""
    settings = load_settings(config, {})
    settings = replace(settings, mode=Mode.REPLAY, ledger=config.parent / "replay.db")
    wrong: list[str] = []

    def report(name: str, /, **keys: Any) -> None:
        if name in ("cycle.skipped", "invariant.broken", "reconcile.mismatched", "source.failed"):
            wrong.append(f"{name} {keys}")

    cycles: list[CycleResult] = []
    summary = asyncio.run(replay(settings, report=report, seen=cycles.append))
    return Replayed(summary=summary, settings=settings, cycles=tuple(cycles), wrong=tuple(wrong))


L2_CONFIG = """
market_data: recorded
recorded: {{source: l2_books, path: {data}/polymarket_l2_books}}
portfolio: {{holdings: [{{symbol: BTC, value: 20000, asset_class: crypto}}]}}
premium_budget: 3000usd
max_total: 3000usd
max_quote_age: 20s
check_every: 10s
paper: {{cash_usd: 3000}}
"""
L2_STRATEGY = """
strategy: {name}
event:
  market: {{condition_id: {condition_id}}}
  adverse: {adverse}
  horizon: 1d
impact: {impact}
sizing: {{rule: coverage, target: {{1%: 20%, 30%: 40%, 60%: 70%, 80%: 90%}}, hysteresis: 5%}}
triggers:
  - probability: {{crosses: [30%, 60%, 80%], changes_by: 5%, hysteresis: 5%}}
costs: {{min_benefit_to_cost: 0.1, max_spread: 9c, max_share_of_depth: {depth}}}
limits: {{max_premium_usd: 600, max_order_usd: 300}}
close: {{when_probability_below: 0%}}
"""
L2_KINDS = (
    ("Up", "{basis: difference, symbol: {BTC: -800usd}}", "100%"),
    ("Down", "{basis: from_today, symbol: {BTC: -300usd}}", "100%"),
    ("Up", "{basis: from_today, symbol: {BTC: -300usd}}", "5%"),
    ("Down", "{basis: difference, symbol: {BTC: -800usd}}", "0.2%"),
)


def write_l2_books(data: Path, folder: Path) -> Path:
    """13 markets of 15 minutes: an owner of bitcoin, hedged now against up, now down."""
    listed = (data / "polymarket_l2_books" / "markets.csv").read_text().splitlines()[1:]
    strategies = {}
    for number, row in enumerate(listed):
        adverse, impact, depth = L2_KINDS[number % len(L2_KINDS)]
        strategies[f"btc-{number:02}"] = L2_STRATEGY.format(
            name=f"btc-{number:02}",
            condition_id=row.split(",")[0],
            adverse=adverse,
            impact=impact,
            depth=depth,
        )
    return write_files(folder, L2_CONFIG.format(data=data), strategies)


FED_CONFIG = """
market_data: recorded
recorded: {{source: fed_dec2025, path: {data}/polymarket_l1_liquidity}}
portfolio:
  holdings:
    - {{symbol: TLT, value: 60000, asset_class: bond}}
    - {{symbol: QQQ, value: 90000, asset_class: equity}}
premium_budget: 3000usd
max_total: 3000usd
max_quote_age: 1h
check_every: 1h
paper: {{cash_usd: 4000}}
"""
FED_STRATEGIES = {
    "fed-keeps": """
strategy: fed-keeps
why: Bonds and growth shares are priced for a cut.
event:
  market: {series: fed-decision, outcome: No change}
  adverse: "Yes"
  horizon: 60d
impact: {asset_class: {bond: -5%, equity: -4%}}
forecast: {signals: [market, own_view], own_view: {probability: 55%, weight: 20%}}
sizing: {rule: coverage, target: {1%: 40%, 30%: 60%, 50%: 80%}}
triggers:
  - probability: {crosses: [30%, 50%], changes_by: 8%}
  - review: {every: week}
costs: {min_benefit_to_cost: 0.5}
limits: {max_premium_usd: 1500, max_order_usd: 500}
roll: {before_end: 0d}
""",
    "fed-does-not-cut": """
strategy: fed-does-not-cut
why: The same fear, seen in the other market of the meeting.
event:
  market: {slug: fed-december-2025-25-bps-decrease}
  adverse: "No"
  horizon: 60d
impact: {asset_class: {bond: -5%}}
forecast: {signals: [market, own_view], own_view: {probability: 35%, weight: 20%}}
sizing: {rule: coverage, target: 60%}
triggers:
  - probability: {changes_by: 4%}
  - review: {every: week}
costs: {min_benefit_to_cost: 0.5}
limits: {max_premium_usd: 1000, max_order_usd: 300}
""",
}


def write_fed(data: Path, folder: Path) -> Path:
    """Two markets of one meeting, whose end the recordings do not see."""
    return write_files(folder, FED_CONFIG.format(data=data), FED_STRATEGIES)


MEETINGS = Path(__file__).resolve().parents[2] / "docs" / "examples" / "meetings"
ELSEWHERE = "../../../../shared/data"
"""Where the examples look for the recordings."""


def write_fed_dates(data: Path, folder: Path) -> Path:
    """Four meetings from September 2024 to January 2025, a market each: will rates stay?"""
    return _write_meetings("dates", data, folder)


def write_fed_deadlines(data: Path, folder: Path) -> Path:
    """Four meetings from May to September 2024: will rates be cut by June, July or September?"""
    return _write_meetings("deadlines", data, folder)


def _write_meetings(name: str, data: Path, folder: Path) -> Path:
    """Write one of the examples that a person runs, with the recordings where they are here."""
    config = (MEETINGS / f"{name}.yaml").read_text()
    assert ELSEWHERE in config
    config = config.replace(ELSEWHERE, str(data)).replace(f"strategies: {name}\n", "")
    texts = {path.stem: path.read_text() for path in (MEETINGS / name).glob("*.yaml")}
    return write_files(folder, config, texts)


ELECTION_CONFIG = """
market_data: recorded
recorded:
  {{source: daily, path: {data}/polymarket_daily, since: 2024-09-01T00:00:00Z,
   until: 2024-11-30T23:59:00Z,
   half_spread: 1c, half_spread_below_5c: 0.5c, depth_per_cent_shares: 2000}}
portfolio:
  holdings:
    - {{symbol: SPY, quantity: 60, region: US, asset_class: equity}}
    - {{symbol: IWM, quantity: 40, region: US, asset_class: equity, cluster: small}}
    - {{symbol: XLE, quantity: 100, sector: energy, region: US, asset_class: equity}}
    - {{symbol: TLT, quantity: 300, region: US, asset_class: bond, cluster: rates}}
    - {{symbol: GLD, quantity: 40, asset_class: commodity, cluster: gold}}
  prices: {{folder: prices, columns: {{price: close, as_of: known_at}}}}
premium_budget: 3000usd
max_total: 3000usd
max_quote_age: 24h
check_every: 6h
paper: {{cash_usd: 4000}}
"""
ELECTION_STRATEGY = """
strategy: us-election
why: Long bonds were expected to fall on this result.
event:
  market: {slug: will-donald-trump-win-the-2024-us-presidential-election}
  adverse: "Yes"
  horizon: 120d
impact:
  symbol: {TLT: -9%, GLD: -2%}
sizing: {rule: coverage, target: {30%: 40%, 50%: 60%, 60%: 80%}}
triggers:
  - probability: {crosses: [50%, 60%], changes_by: 4%}
  - exposure: {changes_by: 3%}
  - review: {every: week}
  - resolution: {}
costs: {min_benefit_to_cost: 0.2}
limits: {max_premium_usd: 2500, max_order_usd: 600}
expires: 2024-11-05T12:00:00Z
"""
HELD = ("SPY", "IWM", "XLE", "TLT", "GLD")
CLOSE_UTC = "T21:00:00Z"
"""By then New York has closed, in summer (20:00 UTC) and in winter (21:00)."""


def read_closes(data: Path) -> Mapping[str, Mapping[str, float]]:
    """Return symbol -> day -> close of the real prices."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: the data are Parquet")
    table = parquet.ParquetFile(data / "prices" / "etf_index_crypto_ohlcv.parquet").read()
    rows = zip(*(table[name].to_pylist() for name in ("ticker", "date", "close")), strict=True)
    closes: dict[str, dict[str, float]] = {symbol: {} for symbol in HELD}
    for symbol, day, close in rows:
        if symbol in closes:
            closes[symbol][str(day)[:10]] = close
    return closes


def write_election(data: Path, folder: Path) -> Path:
    """Three months of daily prices, and a portfolio at real closes, each known after its close."""
    (folder / "prices").mkdir(parents=True, exist_ok=True)
    closes = read_closes(data)
    for symbol in HELD:
        lines = [f"{day}{CLOSE_UTC},{close}" for day, close in closes[symbol].items()]
        text = "\n".join(["known_at,close", *lines])
        (folder / "prices" / f"{symbol}.csv").write_text(text + "\n")
    config = ELECTION_CONFIG.format(data=data)
    return write_files(folder, config, {"us-election": ELECTION_STRATEGY})
