"""Price files and addresses: the latest row not after now, refused whole if one row is bad."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from bot.errors import BadData
from bot.model.portfolio import (
    Holding,
    PortfolioSource,
    PriceColumns,
    PriceFile,
    PriceFolder,
    PriceFormat,
    PriceSource,
    PriceUrl,
)
from bot.portfolio import open_portfolio
from bot.portfolio.prices import latest, parse_csv, parse_json
from bot.portfolio.sources import Answer, FileReader, FolderReader, UrlReader, connect

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COLUMNS = PriceColumns()
DAILY = (
    "as_of,symbol,price\n2026-11-18,QQQ,500\n2026-11-20,QQQ,510\n2026-11-21,QQQ,520\n"
    "2026-11-19,VIX,21.5\n"
)


def day(number: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC)


def numbers(answer: Answer) -> dict[str, float]:
    return {name: reading.number for name, reading in answer.readings.items()}


# --- tables -------------------------------------------------------------------------------------


def test_the_latest_row_that_is_not_after_now_counts() -> None:
    history = parse_csv(DAILY, name="p.csv", columns=COLUMNS)
    found = [latest(history, "QQQ", now=now) for now in (day(17), day(19), NOW, day(25))]
    assert [reading and reading.number for reading in found] == [None, 500.0, 510.0, 520.0]
    assert latest(history, "TLT", now=NOW) is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20", day(20)),
        ("2026-11-20T12:00:00Z", NOW),
        ("2026-11-20 07:00:00-05:00", NOW),
        ("1795176000", NOW),
        ("1795176000000", NOW),
    ],
)
def test_an_instant_is_read_as_sources_write_it(text: str, instant: datetime) -> None:
    history = parse_csv(f"price,as_of\n5,{text}\n", name="p", columns=COLUMNS, symbol="QQQ")
    assert history["QQQ"][0].as_of == instant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.csv: is empty; it must hold columns symbol, price, as_of"),
        (
            "symbol,close,as_of\n",
            "p.csv: has no column price; its columns are symbol, close, as_of. Name them under",
        ),
        ("symbol,price,as_of\nQQQ,,2026-11-20\n", "p.csv:2: price was ''"),
        ("symbol,price,as_of\nQQQ,0,2026-11-20\n", "p.csv:2: price was 0; it must be above 0"),
        ("symbol,price,as_of\nQQQ,nan,2026-11-20\n", "p.csv:2: price was 'nan'; it must be finite"),
        ("symbol,price,as_of\nQQQ,5,20.11.2026\n", "p.csv:2: time was '20.11.2026'; it must be a"),
        (
            "symbol,price,as_of\nQQQ,5,2026-11-20T10:00\n",
            "p.csv:2: time was '2026-11-20T10:00', which has no zone",
        ),
    ],
    ids=["empty", "column", "blank", "zero", "nan", "date", "zone"],
)
def test_a_table_with_one_bad_row_is_refused_whole(text: str, message: str) -> None:
    with pytest.raises(BadData) as caught:
        parse_csv(text, name="p.csv", columns=COLUMNS)
    assert str(caught.value).startswith(message)


def test_a_dotted_path_finds_its_way_through_json() -> None:
    columns = PriceColumns(symbol="-", price="result.0.last", as_of="result.0.time")
    text = '{"result": [{"last": 512.30, "time": 1795176000}]}'
    history = parse_json(text, name="u", columns=columns, symbol="QQQ")
    assert history["QQQ"][0].number == 512.3
    assert history["QQQ"][0].as_of == NOW


def test_a_list_in_json_holds_many_symbols() -> None:
    text = (
        '[{"symbol": "QQQ", "price": "5", "as_of": "2026-11-20"},'
        ' {"symbol": "VIX", "price": 6, "as_of": "2026-11-20"}]'
    )
    assert set(parse_json(text, name="u", columns=COLUMNS)) == {"QQQ", "VIX"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html>", "u: is no JSON"),
        ("[{}]", "u: item 0: has nothing at symbol; name where it stands"),
        ('{"symbol": "A", "price": true, "as_of": "2026-11-20"}', "u: price was True; it must be"),
        ('{"symbol": "A", "price": [1], "as_of": "2026-11-20"}', "u: price was ['1']; it must be"),
    ],
    ids=["html", "missing", "bool", "list"],
)
def test_json_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadData) as caught:
        parse_json(text, name="u", columns=COLUMNS)
    assert str(caught.value).startswith(message)


# --- files --------------------------------------------------------------------------------------


async def test_a_price_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(DAILY)
    reader = FileReader(source=PriceFile(path=path, columns=COLUMNS))
    assert numbers(await reader.read(["QQQ", "VIX", "TLT"], NOW)) == {"QQQ": 510.0, "VIX": 21.5}
    path.write_text(DAILY + "2026-11-20,TLT,90\n")
    assert numbers(await reader.read(["TLT"], NOW)) == {"TLT": 90.0}
    await reader.close()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read (No such file"), (b"symbol,price,as_of\nA,\xff,", "is not UTF-8 text")],
    ids=["missing", "encoding"],
)
async def test_a_price_file_that_fails_says_why(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "prices.csv"
    if content is not None:
        path.write_bytes(content)
    answer = await FileReader(source=PriceFile(path=path, columns=COLUMNS)).read(["QQQ"], NOW)
    assert answer.readings == {}
    assert answer.failures[str(path)].startswith(f"{path}: {message}")


async def test_one_bad_file_of_a_folder_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "QQQ.csv").write_text("Date,Close\n2026-11-19,500\n2026-11-20,510\n")
    (tmp_path / "TLT.csv").write_text("Date,Close\n2026-11-20,\n")
    columns = PriceColumns(price="close", as_of="date")
    reader = FolderReader(source=PriceFolder(path=tmp_path, columns=columns))
    answer = await reader.read(["QQQ", "TLT", "VIX", "BRK/B"], NOW)
    assert numbers(answer) == {"QQQ": 510.0}
    assert {Path(name).name for name in answer.failures} == {"TLT.csv", "VIX.csv", "B.csv"}
    assert "rename the symbol" in answer.failures[str(tmp_path / "BRK/B.csv")]
    await reader.close()


# --- addresses ----------------------------------------------------------------------------------


class Site:
    """Answers requests as a test wants, and counts them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda request: httpx.Response(
            200, text=f"price,as_of\n{len(self.asked)},2026-11-20T11:00:00Z\n"
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        return self.answer(request)

    def connect(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._handle))

    def reader(
        self,
        template: str = "https://prices.test/{symbol}.csv",
        answer: PriceFormat = PriceFormat.CSV,
    ) -> UrlReader:
        source = PriceUrl(
            template=template, answer=answer, columns=COLUMNS, poll=timedelta(hours=1)
        )
        return UrlReader(source=source, connect=self.connect)


async def test_an_address_with_a_symbol_is_asked_for_each() -> None:
    site = Site()
    reader = site.reader()
    answer = await reader.read(["BRK/B", "QQQ"], NOW)
    assert site.asked == ["https://prices.test/BRK%2FB.csv", "https://prices.test/QQQ.csv"]
    assert set(answer.readings) == {"BRK/B", "QQQ"}
    assert answer.failures == {}
    await reader.close()
    await reader.close()


async def test_an_address_without_a_symbol_is_asked_once() -> None:
    site = Site()
    site.answer = lambda request: httpx.Response(
        200, json=[{"symbol": "QQQ", "price": 5.5, "as_of": "2026-11-20"}]
    )
    reader = site.reader("https://prices.test/all", PriceFormat.JSON)
    assert numbers(await reader.read(["QQQ", "VIX"], NOW)) == {"QQQ": 5.5}
    assert site.asked == ["https://prices.test/all"]
    await reader.close()


async def test_an_address_is_asked_again_when_polling_is_due() -> None:
    site = Site()
    reader = site.reader()
    for minutes, price in ((0, 1.0), (59, 1.0), (60, 2.0)):
        answer = await reader.read(["QQQ"], NOW + timedelta(minutes=minutes))
        assert numbers(answer) == {"QQQ": price}
    await reader.close()


async def test_a_failing_address_keeps_its_last_answer_and_is_asked_again_soon() -> None:
    site = Site()
    reader = site.reader()
    await reader.read(["QQQ"], NOW)
    site.answer = lambda request: httpx.Response(503)
    failed = await reader.read(["QQQ"], NOW + timedelta(hours=1))
    assert numbers(failed) == {"QQQ": 1.0}
    assert failed.readings["QQQ"].as_of == NOW - timedelta(hours=1)
    assert failed.failures == {
        "https://prices.test/QQQ.csv": "https://prices.test/QQQ.csv: answered with status 503"
    }
    await reader.read(["QQQ"], NOW + timedelta(hours=1, seconds=59))
    assert len(site.asked) == 2
    await reader.read(["QQQ"], NOW + timedelta(hours=1, seconds=60))
    assert len(site.asked) == 3
    await reader.close()


def _refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectTimeout("too slow", request=request)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (_refuse, "no answer (ConnectTimeout)"),
        (lambda request: httpx.Response(200, content=b"\xff\xff"), "is not UTF-8 text"),
        (lambda request: httpx.Response(200, text="<html>"), "has no column price"),
    ],
    ids=["silent", "encoding", "html"],
)
async def test_an_answer_that_cannot_be_read_is_a_failure_without_secrets(
    answer: Callable[[httpx.Request], httpx.Response], message: str
) -> None:
    site = Site()
    site.answer = answer
    reader = site.reader("https://me:pw@prices.test:8443/{symbol}.csv?apikey=s3cret")
    failures = (await reader.read(["QQQ"], NOW)).failures
    (text,) = failures.values()
    assert list(failures) == ["https://prices.test:8443/QQQ.csv"]
    assert text.startswith(f"https://prices.test:8443/QQQ.csv: {message}")
    assert "s3cret" not in text
    await reader.close()


async def test_an_answer_from_the_future_is_as_of_now() -> None:
    site = Site()
    reader = site.reader()
    answer = await reader.read(["QQQ"], day(20))
    assert answer.readings["QQQ"].as_of == day(20)
    await reader.close()


async def test_the_client_gives_up_after_ten_seconds() -> None:
    client = connect()
    assert client.timeout == httpx.Timeout(10.0)
    await client.aclose()


@pytest.mark.parametrize("kind", ["file", "folder", "url"])
async def test_every_source_of_the_config_can_be_opened(tmp_path: Path, kind: str) -> None:
    sources: dict[str, PriceSource] = {
        "file": PriceFile(path=tmp_path / "p.csv", columns=COLUMNS),
        "folder": PriceFolder(path=tmp_path, columns=COLUMNS),
        "url": PriceUrl(
            template="http://127.0.0.1:9/{symbol}",
            answer=PriceFormat.CSV,
            columns=COLUMNS,
            poll=timedelta(hours=1),
        ),
    }
    told: list[str] = []

    def report(event: str, **about: str) -> None:
        told.append(event)

    source = PortfolioSource(
        holdings=(Holding(symbol="QQQ", quantity=Decimal(1)),), prices=sources[kind]
    )
    reader = open_portfolio(source, report=report)
    assert (await reader.read(NOW)).unpriced == ("QQQ",)
    assert told == ["source.failed"]
    await reader.close()
