"""A file of holdings is read as people and brokers write it, or every wrong line is named."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.model.portfolio import Holding, Tags
from bot.portfolio.holdings import HoldingsFile, read_holdings


def read(tmp_path: Path, text: str | bytes, *, priced: bool = True) -> HoldingsFile:
    path = tmp_path / "holdings.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_holdings(path, priced=priced)


def refuse(tmp_path: Path, text: str | bytes, *, priced: bool = True) -> list[str]:
    """Return the lines of the message, without the folder."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, priced=priced)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def test_every_column_is_read(tmp_path: Path) -> None:
    text = (
        "symbol,quantity,currency,sector,region,asset_class,cluster,event:fed-hike\n"
        "SAP.DE,12.5,eur,technology,NO,equity,growth,-7%\n"
        "TLT,-3,,,,bond,,\n"
    )
    assert read(tmp_path, text).holdings == (
        Holding(
            symbol="SAP.DE",
            quantity=Decimal("12.5"),
            currency="EUR",
            tags=Tags(
                sector="technology",
                region="NO",
                asset_class="equity",
                cluster="growth",
                events={"fed-hike": -0.07},
            ),
            source=f"{tmp_path}/holdings.csv:2",
        ),
        Holding(
            symbol="TLT",
            quantity=Decimal(-3),
            tags=Tags(asset_class="bond"),
            source=f"{tmp_path}/holdings.csv:3",
        ),
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.50", "1234.50"),
        ('"$1,234.50"', "1234.50"),
        ('"(1,234.50)"', "-1234.50"),
        ("($5)", "-5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("$7.", "7"),
        (".5", "0.5"),
        ("0", "0"),
    ],
)
def test_numbers_are_read_as_brokers_write_them(tmp_path: Path, text: str, number: str) -> None:
    (holding,) = read(tmp_path, f"symbol,value\nQQQ,{text}\n").holdings
    assert holding.stated == Decimal(number)
    assert holding.quantity is None


@pytest.mark.parametrize("text", ['"1.234,50"', '"12,34"', "5 USD", "1e5", "NaN", "five", "(5"])
def test_a_number_that_may_mean_two_things_is_refused(tmp_path: Path, text: str) -> None:
    (message,) = refuse(tmp_path, f"symbol,value\nQQQ,{text}\n")
    shown = text.strip('"')
    assert message == (
        f"holdings.csv:2: value is {shown!r}; it must be a number, such as 1234.50 or -3."
    )


@pytest.mark.parametrize(("sign", "owner"), [("€", "EUR"), ("£", "GBP")])
def test_a_sign_of_another_currency_is_not_read_as_usd(
    tmp_path: Path, sign: str, owner: str
) -> None:
    assert refuse(tmp_path, f"symbol,value\nSAP,{sign}300\n") == [
        f"holdings.csv:2: value is '{sign}300', but its currency is USD. Write {owner} in a column"
        " currency."
    ]
    (holding,) = read(tmp_path, f"symbol,value,currency\nSAP,{sign}300,{owner}\n").holdings
    assert (holding.stated, holding.currency) == (Decimal(300), owner)


def test_another_currency_needs_a_place_for_its_rate(tmp_path: Path) -> None:
    assert refuse(tmp_path, "symbol,value,currency\nSAP,300,EUR\n", priced=False) == [
        "holdings.csv:2: its currency is EUR, but there is no portfolio.prices in config.yaml to"
        " take EURUSD from. Write prices there, or the value in USD here."
    ]


def test_an_export_of_a_broker_is_read(tmp_path: Path) -> None:
    text = (
        b"\xef\xbb\xbfSymbol,Description,Quantity,Last Price,Value,Asset Class,\r\n"
        b'QQQ,"Invesco QQQ, Series 1",10,$512.30,"$5,123.00",equity,\r\n'
        b"\r\n"
        b"TLT,20+ Year,-5,$90.00,($450.00),bond,\r\n"
        b",,,,,\r\n"
        b'Account Total,,,,"$4,673.00",,\r\n'
        b'"Date downloaded Nov-20-2026 4:05 p.m. ET"\r\n'
    )
    found = read(tmp_path, text)
    assert [(h.symbol, h.quantity, h.stated) for h in found.holdings] == [
        ("QQQ", Decimal(10), None),
        ("TLT", Decimal(-5), None),
    ]
    assert [h.source[-2:] for h in found.holdings] == [":2", ":4"]
    assert found.ignored == ("Description", "Last Price")


def test_value_counts_where_there_are_no_prices(tmp_path: Path) -> None:
    text = "symbol,quantity,value\nQQQ,10,5123\n"
    (holding,) = read(tmp_path, text, priced=False).holdings
    assert (holding.quantity, holding.stated) == (None, Decimal(5123))


def test_each_lot_of_a_symbol_is_a_holding(tmp_path: Path) -> None:
    found = read(tmp_path, "symbol,quantity\nQQQ,1\nQQQ,2\n")
    assert [holding.quantity for holding in found.holdings] == [1, 2]


def test_a_total_between_holdings_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path, "symbol,value\nQQQ,1\nTotal,1\nTLT,2\n") == [
        "holdings.csv:3: 'Total' looks like a total, but holdings follow it. Remove the line."
    ]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "symbol,quantity,currency,event:fed-hike\n"
        "QQQ,ten,USD,\n"
        ",5,USD,\n"
        "TLT,,USD,\n"
        "JPM,5,dollars,\n"
        "XLK,5,USD,-7\n"
        "XLF,5,USD,,oops\n"
    )
    assert refuse(tmp_path, text) == [
        "holdings.csv:2: quantity is 'ten'; it must be a number, such as 1234.50 or -3.",
        "holdings.csv:3: has no symbol. Write one, or remove the line.",
        "holdings.csv:4: TLT has neither quantity nor value. Write one of them.",
        "holdings.csv:5: currency is 'dollars'; it must be three letters, such as EUR.",
        "holdings.csv:6: event:fed-hike is -7, which has no unit. Write -7% or -7bp.",
        "holdings.csv:7: has 1 cells more than the header. Quote the commas.",
    ]


def test_a_last_line_of_which_only_the_surplus_says_something_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path, "symbol,quantity\nQQQ,1\n,,x\n") == [
        "holdings.csv:3: has 1 cells more than the header. Quote the commas."
    ]


def test_a_symbol_alone_is_no_footer(tmp_path: Path) -> None:
    assert refuse(tmp_path, "symbol,quantity\nQQQ,1\nBRK B\n") == [
        "holdings.csv:3: BRK B has neither quantity nor value. Write one of them."
    ]


def test_a_quantity_without_prices_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path, "symbol,quantity\nQQQ,1\n", priced=False) == [
        "holdings.csv:2: QQQ is given by quantity, but there is no portfolio.prices in config.yaml."
        " Write prices there, or the holding's value here."
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("symbol,quantity,sektor", "column sektor is not known. Did you mean 'sector'?"),
        ("symbol,quantity,events:x", "column events:x is not known. Did you mean 'event:'?"),
        ("symbol,quantity,Quantity", "column Quantity stands there twice. Remove one."),
        (
            "ticker,shares",
            "has no column symbol; its columns are ticker, shares. The first line must name them.",
        ),
        (
            "symbol,weight",
            "has neither a column quantity nor value; its columns are symbol, weight. Add one of"
            " them.",
        ),
    ],
    ids=["misspelt", "event", "twice", "no symbol", "no measure"],
)
def test_a_header_that_cannot_be_used_says_why(tmp_path: Path, header: str, message: str) -> None:
    assert refuse(tmp_path, f"{header}\nQQQ,1,1\n") == [f"holdings.csv:1: {message}"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holdings.csv: is empty. Its first line must name the columns, such as"),
        (b"symbol,quantity\n", "holdings.csv: has a header and no holding below it."),
        (b"symbol,quantity\nQQQ,\xff\n", "holdings.csv: is not UTF-8 text"),
    ],
    ids=["empty", "header only", "encoding"],
)
def test_a_file_without_holdings_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (line,) = refuse(tmp_path, content)
    assert line.startswith(message)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.csv: cannot be read \(No such file.*config"):
        read_holdings(tmp_path / "nowhere.csv", priced=True)
