"""Nothing after an instant changes a decision before it: real data, fifty random instants.

A run goes from instant to instant. Up to each one it sees recordings in which all that became
known later is shuffled, deleted or made up; a second run sees the true ones. Both must decide,
see and trade the same, byte for byte: no decision can have looked past the next instant.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.config import Settings
from tests.history.real import Spoil, change, delete, read_real, shuffle
from tests.history.worlds import Recorded, run, write_config
from tests.replay.rows import read_decisions, read_rows

if TYPE_CHECKING:
    import numpy as np

REPO = Path(__file__).resolve().parents[2]
SINCE, UNTIL = datetime(2024, 1, 2, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
INSTANTS = 50
SPOILS: tuple[Spoil, ...] = (shuffle, delete, change)
CONFIG = """
ledger: unused.db
strategies: strategies
portfolio:
  holdings:
    - {symbol: SPY, quantity: 400, asset_class: equity}
    - {symbol: XLK, quantity: 400, asset_class: equity, sector: technology, cluster: growth}
    - {symbol: XLI, quantity: 400, asset_class: equity, sector: industrials}
    - {symbol: TLT, quantity: 1500, asset_class: bond, cluster: rates}
    - {symbol: BTC, quantity: 3, asset_class: crypto}
  prices: {stated: {SPY: 1, XLK: 1, XLI: 1, TLT: 1, BTC: 1}, as_of: always}
premium_budget: 9000usd
max_total: 9000usd
paper: {cash_usd: 12000}
"""


def make_chance(number: int) -> "np.random.Generator":
    numpy = pytest.importorskip("numpy")
    chance: np.random.Generator = numpy.random.default_rng([2024, number])
    return chance


def pick_instants() -> list[datetime]:
    """Return random midnights, oldest first; the last one is the end."""
    days = (UNTIL - SINCE).days
    picked = make_chance(0).choice(range(1, days), size=INSTANTS - 1, replace=False)
    return [*sorted(SINCE + timedelta(days=int(day)) for day in picked), UNTIL]


def read_examples() -> list[tuple[str, str]]:
    """Return the ten strategies that the documentation runs; some listen to signals, and learn."""
    folder = REPO / "docs/examples/backtest/strategies"
    examples = [(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.yaml"))]
    return [
        (name, text + SIGNALS if number % 2 else text)
        for number, (name, text) in enumerate(examples)
    ]


def most_premium(ledger: Path) -> int:
    """Return the most that the buys of any 365 days cost, less what was sold, millionths."""
    fills = read_rows(ledger, "SELECT at, cash_e6 FROM journal WHERE kind = 'fill' ORDER BY at")
    moves = [(datetime.fromisoformat(row["at"]), -int(row["cash_e6"])) for row in fills]
    year = timedelta(days=365)
    return max(sum(e6 for then, e6 in moves if at - year < then <= at) for at, _ in moves)


def run_through(settings: Settings, folders: Sequence[tuple[datetime, Path]], ledger: Path) -> Path:
    """Run from instant to instant, up to each over a recording of its own."""
    since = SINCE
    for until, folder in folders:
        run(folder, settings, since=since, until=until, ledger=ledger)
        since = until + timedelta(days=1)
    return ledger


def traces(ledger: Path) -> list[tuple[str, bytes]]:
    """Return what each decision saw and what it concluded."""
    return [(each.view_digest, each.decision_bytes) for each in read_decisions(ledger)]


SIGNALS = "forecast: {signals: [market, {hazard: {happened: 1, years: 10}}]}\n"
MONEY = "SELECT at, kind, token_id, shares_e6, cash_e6, fee_e6 FROM journal ORDER BY id"


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> Recorded:
    return read_real(shared_data, ("SPY", "XLK", "XLI", "TLT", "BTC_USD"), every=16)


@pytest.mark.simulation
def test_nothing_after_an_instant_changes_a_decision_before_it(
    recorded: Recorded, tmp_path: Path
) -> None:
    settings = write_config(tmp_path, CONFIG, read_examples())
    true = recorded.write(tmp_path / "true")
    spoilt = []
    for number, instant in enumerate(pick_instants()):
        made = SPOILS[number % len(SPOILS)](recorded, instant, make_chance(number + 1))
        spoilt.append((instant, made.write(tmp_path / f"spoilt-{number}")))
    base = run_through(settings, [(instant, true) for instant, _ in spoilt], tmp_path / "base.db")
    other = run_through(settings, spoilt, tmp_path / "other.db")
    assert len(traces(base)) > 700
    assert traces(other) == traces(base)
    money = [tuple(row) for row in read_rows(base, MONEY)]
    assert [tuple(row) for row in read_rows(other, MONEY)] == money
    assert {row[1] for row in money} >= {"fill", "settlement"}
    learned = read_rows(base, "SELECT count(*) FROM forecasts JOIN outcomes USING (token_id)")
    assert learned[0][0] > 100
    budget = settings.premium_budget.usd
    assert budget is not None
    assert 0 < most_premium(base) <= budget * 10**6


@pytest.mark.soak
@pytest.mark.parametrize("number", range(INSTANTS))
def test_a_whole_run_up_to_an_instant_is_the_same(
    recorded: Recorded, tmp_path: Path, number: int
) -> None:
    """The same said in the plainest way: from the first day to the instant, fifty times."""
    settings = write_config(tmp_path, CONFIG, read_examples())
    instant = pick_instants()[number]
    spoilt = SPOILS[number % len(SPOILS)](recorded, instant, make_chance(number + 1))
    seen = []
    for name, world in (("true", recorded), ("spoilt", spoilt)):
        data, ledger = world.write(tmp_path / name), tmp_path / f"{name}.db"
        run(data, settings, since=SINCE, until=instant, ledger=ledger)
        seen.append((traces(ledger), [tuple(row) for row in read_rows(ledger, MONEY)]))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("spoil", SPOILS)
def test_spoiling_changes_what_comes_after(
    recorded: Recorded, tmp_path: Path, spoil: Spoil
) -> None:
    """The proof above would prove nothing if the spoilt recordings were the true ones."""
    settings = write_config(tmp_path, CONFIG)
    instant, until = datetime(2025, 1, 10, tzinfo=UTC), datetime(2025, 1, 20, tzinfo=UTC)
    worlds = (recorded, spoil(recorded, instant, make_chance(1)))
    seen = []
    for number, world in enumerate(worlds):
        ledger = tmp_path / f"{number}.db"
        data = world.write(tmp_path / f"data-{number}")
        run(data, settings, since=instant - timedelta(days=5), until=until, ledger=ledger)
        seen.append([each for each, _ in traces(ledger)])
    assert seen[0][:5] == seen[1][:5]
    assert seen[0] != seen[1]
