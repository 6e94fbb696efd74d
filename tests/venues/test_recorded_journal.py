"""The recorder's journal: read back as written, torn ends left out, damage refused."""

import gzip
import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadData, ConfigError
from bot.model.market import (
    Book,
    FeeSchedule,
    Market,
    MarketChanged,
    MarketEvent,
    MarketKind,
    Print,
    Quote,
)
from bot.model.units import ConditionId, Price, Shares, TokenId
from bot.venues.recorded.journal import open_journal
from bot.venues.recorded.tape import Confirmation, TapeRow
from bot.venues.recorder import Recorder
from tests.fakes import START, YES, ManualClock, epoch_ms, make_book, make_market

BOOK = make_book(YES, bids=[("0.40", "100"), ("0.39", "7.5")], asks=[("0.43", "50")])
LISTED = MarketChanged(market=make_market(), at=START)
FIRST = f"000001-{START.date()}.jsonl.gz"

moments = st.integers(0, 10**15).map(lambda us: datetime.fromtimestamp(us / 10**6, UTC))
cents = st.integers(1, 999).map(lambda mills: mills * 1000)
sides = st.lists(cents, unique=True, max_size=5)
tokens = st.sampled_from(["1", "2", "7" * 77]).map(TokenId)


@st.composite
def books(draw: st.DrawFn) -> Book:
    bids, asks = sorted(draw(sides), reverse=True), sorted(draw(sides))
    sizes = st.integers(1, 10**12)
    return Book(
        draw(tokens),
        draw(st.integers(0, 2**42)),
        tuple(bids),
        tuple(draw(sizes) for _ in bids),
        tuple(asks),
        tuple(draw(sizes) for _ in asks),
    )


prints = st.builds(
    Print, tokens, st.integers(0, 2**42), cents, st.integers(1, 10**12), st.none() | st.booleans()
)
markets = st.builds(
    Market,
    condition_id=st.sampled_from(["0x" + "a1" * 32, "0x" + "02" * 31]).map(ConditionId),
    kind=st.sampled_from(MarketKind),
    question=st.text(),
    slug=st.text(),
    outcomes=st.tuples(st.text(), st.text()),
    token_ids=st.tuples(tokens, tokens),
    tick=st.sampled_from(["0.01", "0.0001"]).map(lambda text: Price(Decimal(text))),
    minimum_shares=st.just(Shares(Decimal(5))),
    neg_risk=st.booleans(),
    fee=st.just(FeeSchedule(rate=Decimal("0.07"), exponent=2)),
    ends_at=st.none() | moments,
    disputed=st.booleans(),
    payouts=st.none() | st.just((Decimal("0.5"), Decimal("0.5"))),
)
changes = st.builds(MarketChanged, market=markets, at=moments)
steps = st.lists(st.tuples(st.integers(0, 200_000), books() | prints | changes), max_size=20)


def recorder(folder: Path, clock: ManualClock) -> Recorder:
    return Recorder(folder=folder, clock=clock, source="a test")


def write(folder: Path, *events: MarketEvent) -> Path:
    """Write one closed file and return it."""
    writer = recorder(folder, ManualClock())
    for event in events:
        writer.tell(event)
    writer.close()
    return folder / FIRST


def read(path: Path) -> list[TapeRow]:
    return list(open_journal(path).rows())


@given(steps=steps, stops=st.sets(st.integers(0, 20)))
def test_a_replayed_journal_is_the_recorded_sequence(
    steps: list[tuple[int, Book | Print | MarketChanged]],
    stops: set[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder, clock = tmp_path_factory.mktemp("journal"), ManualClock()
    writer, told = recorder(folder, clock), []
    for index, (seconds, event) in enumerate(steps):
        clock.advance(seconds)
        writer.tell(event)
        told.append((epoch_ms(clock.now()), event))
        if index in stops:
            writer.close()
    writer.close()
    assert not told or read(folder) == told


def test_a_new_day_begins_a_file_that_can_be_read_alone(tmp_path: Path) -> None:
    clock = ManualClock()
    writer = recorder(tmp_path, clock)
    writer.list_markets([make_market()])
    writer.tell(BOOK)
    clock.advance(86_400)
    later = BOOK._replace(as_of_ms=BOOK.as_of_ms + 1)
    writer.tell(later)
    writer.close()
    now_ms = epoch_ms(clock.now())
    second = tmp_path / f"000002-{clock.now().date()}.jsonl.gz"
    assert read(second) == [(now_ms, LISTED), (now_ms, BOOK), (now_ms, later)]
    started_ms = epoch_ms(START)
    assert read(tmp_path) == [(started_ms, LISTED), (started_ms, BOOK), (now_ms, later)]


def test_a_confirmation_is_written_once_per_instant(tmp_path: Path) -> None:
    clock = ManualClock()
    writer = recorder(tmp_path, clock)
    writer.confirm([])
    writer.tell(BOOK)
    quote = Quote(BOOK, START + timedelta(seconds=3))
    clock.advance(5)
    writer.confirm([quote])
    writer.confirm([quote])
    writer.close()
    seen = Confirmation((TokenId(YES),), epoch_ms(quote.confirmed_at))
    assert read(tmp_path) == [(epoch_ms(START), BOOK), (epoch_ms(clock.now()), seen)]


def test_rows_are_safe_from_a_kill_after_a_confirmation(tmp_path: Path) -> None:
    clock = ManualClock()
    writer = recorder(tmp_path, clock)
    writer.tell(BOOK)
    clock.advance(61)
    writer.confirm([Quote(BOOK, clock.now())])
    with structlog.testing.capture_logs():
        assert len(read(tmp_path)) == 2
    writer.close()


def test_rows_never_go_back_when_the_clock_does(tmp_path: Path) -> None:
    clock = ManualClock()
    writer = recorder(tmp_path, clock)
    writer.tell(BOOK)
    clock.advance(-3600)
    writer.tell(BOOK)
    writer.close()
    assert [at_ms for at_ms, _ in read(tmp_path)] == [epoch_ms(START)] * 2


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.999])
def test_a_torn_end_is_left_out_with_a_warning(tmp_path: Path, kept: float) -> None:
    books = [BOOK._replace(as_of_ms=index * 977, bid_sizes=(index + 1, 9)) for index in range(500)]
    path = write(tmp_path, *books)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with structlog.testing.capture_logs() as logs:
        rows = read(tmp_path)
    assert [event for _, event in rows] == books[: len(rows)]
    assert 0 < len(rows) < 500 or kept == 0.999
    assert {(log["event"], log["log_level"]) for log in logs} == {("source.failed", "warning")}


def test_a_recorder_goes_on_in_a_new_file_after_a_torn_one(tmp_path: Path) -> None:
    path = write(tmp_path, LISTED, BOOK)
    path.write_bytes(path.read_bytes()[:-9])
    writer = recorder(tmp_path, ManualClock())
    writer.tell(BOOK)
    writer.close()
    with structlog.testing.capture_logs():
        assert [event for _, event in read(tmp_path)][-1] == BOOK
    assert len(list(tmp_path.iterdir())) == 2


def rows_of(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines()


def fault_of(folder: Path, old: bytes, new: bytes, *, row: int = 1) -> str:
    """Replace something in one row of a good journal; return why it is refused."""
    path = write(folder, LISTED, BOOK, Print(TokenId(YES), 1, 400_000, 1, None))
    rows = rows_of(path)
    assert old in rows[row]
    rows[row] = rows[row].replace(old, new)
    path.write_bytes(gzip.compress(b"\n".join(rows) + b"\n"))
    with pytest.raises(BadData) as caught:
        read(path)
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("row", "old", "new", "says"),
    [
        (0, b'"journal",', b'"journal",7,', ":1: the row cannot be read"),
        (0, b",1,", b",2,", ": the journal's format is 2; this program reads 1"),
        (1, b'"0.01"', b'"cheap"', ":2: the row cannot be read"),
        (1, b'"event"', b'"rumour"', ":2: the row cannot be read"),
        (2, b"[400000,390000]", b"[390000,400000]", ":3: a book's prices stand best first"),
        (2, b"[400000,390000]", b"[400000,400000]", ":3: a book's prices stand best first"),
        (2, b"[430000]", b"[1000000]", ":3: a book's prices lie strictly between"),
        (2, b"[430000]", b"[430000,440000]", ":3: a book has one size"),
        (2, b"[50000000]", b"[0]", ":3: a book has one size"),
        (2, b"[50000000]", b"[5.5]", ":3: the row cannot be read"),
        (3, b"400000,1", b"400000,0", ":4: a print's price"),
        (3, b"400000,1", b"1400000,1", ":4: a print's price"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(
    tmp_path: Path, row: int, old: bytes, new: bytes, says: str
) -> None:
    assert fault_of(tmp_path, old, new, row=row).startswith(says)


def test_a_header_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, BOOK)
    rows = rows_of(path)
    path.write_bytes(gzip.compress(b"\n".join([*rows, rows[0], b""])))
    with pytest.raises(BadData, match=":3: a journal has one header"):
        read(path)


def test_damage_in_the_middle_is_refused(tmp_path: Path) -> None:
    books = [BOOK._replace(as_of_ms=index * 977) for index in range(500)]
    path = write(tmp_path, *books)
    packed = bytearray(path.read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(BadData, match=f"{FIRST}"):
        read(path)


@pytest.mark.parametrize(
    "tail", [b"more", gzip.compress(b'["journal",1,1,"x"]\n')], ids=["text", "a journal"]
)
def test_something_appended_is_refused(tmp_path: Path, tail: bytes) -> None:
    path = write(tmp_path, BOOK)
    path.write_bytes(path.read_bytes() + tail)
    with pytest.raises(BadData, match="something was appended"):
        read(path)


def test_a_closed_file_with_half_a_row_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, BOOK)
    path.write_bytes(gzip.compress(b"\n".join(rows_of(path))))
    with pytest.raises(BadData, match="something was appended"):
        read(path)


def test_a_journal_without_rows_says_so(tmp_path: Path) -> None:
    zipped = zlib.compressobj(wbits=31)
    header = msgspec.json.encode(["journal", 1, 1, "x"]) + b"\n"
    (tmp_path / FIRST).write_bytes(zipped.compress(header) + zipped.flush())
    with pytest.raises(BadData, match="no complete row"):
        open_journal(tmp_path)


def test_a_journal_knows_when_it_starts_and_assumes_nothing(tmp_path: Path) -> None:
    journal = open_journal(write(tmp_path, BOOK))
    assert journal.starts_at == START
    assert journal.note == ""


def test_a_folder_without_a_journal_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="polyhedge record"):
        open_journal(tmp_path)
    with pytest.raises(ConfigError, match="polyhedge record"):
        open_journal(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_used_is_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be used"):
        recorder(tmp_path / "taken", ManualClock()).tell(BOOK)
    (tmp_path / "mine.jsonl.gz").write_text("not a journal")
    with pytest.raises(ConfigError, match="hold no other files"):
        recorder(tmp_path, ManualClock()).tell(BOOK)


def test_a_full_disk_is_the_users_error() -> None:
    class FullDisk:
        """A file on a full disk."""

        closed = False

        def write(self, packed: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            raise OSError(28, "No space left on device")

    writer = recorder(Path("nowhere"), ManualClock())
    with pytest.raises(ConfigError, match="No space left on device"):
        writer._put(FullDisk(), b"row")  # type: ignore[arg-type]
