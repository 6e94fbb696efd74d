"""What is wrong with a recording is named; nothing is repaired in silence."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import BadData, ConfigError
from bot.history.archive import Archive
from bot.history.fees import FeeRegime
from bot.history.open import VenueName, open_archive
from bot.history.series import find_series
from tests.history.worlds import Bars, Recorded, at, days, make_row


def open_recorded(folder: Path, recorded: Recorded) -> Archive:
    return open_archive(recorded.write(folder), VenueName.POLYMARKET, fees=FeeRegime.DATED)


GOOD: Bars = [(1, day, 0.2) for day in days("2024-03-01", 5)]


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        (
            [*GOOD, (1, "2024-03-06", 1.2), (1, "2024-03-07", -0.1)],
            "market 'will-it-happen-1' has a price of 1.2 on 2024-03-06; a price lies from 0 to 1."
            " 2 rows are like that: remove them",
        ),
        (
            [*GOOD, (1, "2024-03-03", 0.3)],
            "market 'will-it-happen-1' has two prices on 2024-03-03: 0.2 and 0.3. Remove the one"
            " that is not true",
        ),
        ([*GOOD, (7, "2024-03-03", 0.3)], "mkt 7 is not in markets.csv.gz"),
        ([*GOOD, (1, "2024-03-06", float("nan"))], "p is not a number in some row"),
    ],
)
def test_bar_that_cannot_be_right_is_refused(tmp_path: Path, bars: Bars, message: str) -> None:
    with pytest.raises(BadData, match=re.escape(message)):
        open_recorded(tmp_path, Recorded(bars=bars))


def test_recording_without_faults_has_none(tmp_path: Path) -> None:
    assert open_recorded(tmp_path, Recorded()).faults == ()


def test_bars_that_stand_there_twice_count_once(tmp_path: Path) -> None:
    archive = open_recorded(tmp_path, Recorded(bars=[*GOOD, *GOOD[:2]]))
    assert archive.known_bars(0, at("03-10")) == 5
    assert archive.faults == ("2 bars were there twice and are counted once",)


def test_gap_is_named_with_its_length(tmp_path: Path) -> None:
    bars = [(1, "2024-03-01", 0.2), (1, "2024-03-02", 0.2), (1, "2024-03-09", 0.2)]
    (fault,) = open_recorded(tmp_path, Recorded(bars=bars)).faults
    assert fault == "1 gaps between bars, the longest of 7 days; no price is carried over them"


@pytest.mark.parametrize("missing", ["payout0", "resolved_at"])
def test_market_without_resolution_stays_open_and_is_named(tmp_path: Path, missing: str) -> None:
    archive = open_recorded(tmp_path, Recorded(rows=[make_row() | {missing: ""}]))
    assert archive.faults == ("1 markets have no recorded resolution and stay open",)
    assert archive.listings[0].resolved_ms is None
    assert archive.listings[0].payouts is None


@pytest.mark.parametrize(
    ("since", "until"),
    [("05-01", "06-01"), ("02-01", "02-20"), ("03-10", "03-05")],
)
def test_span_without_prices_is_refused_with_what_there_is(
    tmp_path: Path, since: str, until: str
) -> None:
    archive = open_recorded(tmp_path, Recorded())
    with pytest.raises(ConfigError, match=r"it has prices from 2024-03-01 to 2024-03-19\. Ch"):
        archive.instants(at(since), at(until))


def test_recording_of_nothing_says_so(tmp_path: Path) -> None:
    archive = open_recorded(tmp_path, Recorded(bars=[(1, "2024-01-01", 0.2)]))
    with pytest.raises(ConfigError, match="it has none at all"):
        archive.instants(at("03-01"), at("04-01"))


def test_every_day_of_the_span_has_an_instant_also_one_without_bars(tmp_path: Path) -> None:
    bars = [(1, "2024-03-01", 0.2), (1, "2024-03-09", 0.2)]
    archive = open_recorded(tmp_path, Recorded(bars=bars))
    found = archive.instants(at("03-05T08:00"), at("03-10"))
    assert found == tuple(at(f"03-{day:02}") for day in range(6, 11))


def _drop_prices(data: Path) -> None:
    (data / "polymarket_daily" / "prices.parquet").unlink()


def _drop_markets(data: Path) -> None:
    (data / "polymarket_daily" / "markets.csv.gz").unlink()


def _drop_column(data: Path) -> None:
    path = data / "polymarket_daily" / "markets.csv.gz"
    text = gzip.decompress(path.read_bytes()).decode().replace("sched_end", "shed_end", 1)
    path.write_bytes(gzip.compress(text.encode()))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (_drop_prices, "prices.parquet does not exist"),
        (_drop_markets, "markets.csv.gz does not exist"),
        (_drop_column, "markets.csv.gz has no column 'sched_end'"),
    ],
)
def test_missing_part_is_named(tmp_path: Path, harm: Callable[[Path], None], message: str) -> None:
    data = Recorded().write(tmp_path)
    harm(data)
    with pytest.raises((ConfigError, BadData), match=message):
        open_archive(data, VenueName.POLYMARKET, fees=FeeRegime.DATED)


def test_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not a folder\. Name the one that holds"):
        open_archive(tmp_path / "nowhere", VenueName.POLYMARKET, fees=FeeRegime.DATED)


@pytest.mark.parametrize(
    ("question", "series", "label"),
    [
        ("Fed increases interest rates by 25+ bps after June 2025 meeting?", "fed-decision",
         "25 bps increase"),
        ("Fed decreases interest rates by 50+ bps after June 2025 meeting?", "fed-decision",
         "50+ bps decrease"),
        ("Will Bitcoin dip to $65,000 by December 31, 2026?", "btc-price", "BTC below 65k"),
        ("Will Bitcoin dip below $100k before 2026?", "btc-price", "BTC below 100k"),
        ("US recession in 2025?", "us-recession", "Recession"),
        ("Will somebody win the cup?", "", ""),
    ],
)  # fmt: skip
def test_series_is_told_from_the_question(question: str, series: str, label: str) -> None:
    assert find_series(question) == (series, label)
