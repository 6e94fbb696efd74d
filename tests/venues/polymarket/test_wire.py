"""Numbers, times and markets from the wire: exact or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadData
from bot.model.market import MarketKind
from bot.model.units import MILLION
from bot.venues.polymarket import clob, gamma, stream_rows, wire
from tests.venues.polymarket.rig import CTF_IDS, V2_IDS


@given(st.integers(min_value=0, max_value=10**13), st.integers(min_value=0, max_value=3))
def test_text_becomes_the_millionths_it_says(number: int, zeros: int) -> None:
    text = f"{number // MILLION}.{number % MILLION:06d}" + "0" * zeros

    assert wire.Millionths()[text] == number


@pytest.mark.parametrize(
    "text", ["", ".5", "5.", "-1", "+1", "1e5", "1_000", " 1", "1 ", "0.1234567", "NaN", "0x1", "٣"]
)
def test_text_that_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(BadData):
        wire.Millionths()[text]


@pytest.mark.parametrize("text", ["0", "1", "1.5", "0.0"])
def test_price_outside_0_and_1_is_refused(text: str) -> None:
    with pytest.raises(BadData, match="strictly between"):
        wire.Millionths(below=MILLION)[text]


def test_converter_does_not_grow_without_bound() -> None:
    read = wire.Millionths()
    for number in range(50_000):
        read[str(number)]

    assert len(read) <= 20_000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (1795424700, datetime(2026, 11, 23, 9, 5, tzinfo=UTC)),
        ("1795424760", datetime(2026, 11, 23, 9, 6, tzinfo=UTC)),
        ("1795424700500", datetime(2026, 11, 23, 9, 5, 0, 500_000, tzinfo=UTC)),
        ("2026-11-23T09:05:00Z", datetime(2026, 11, 23, 9, 5, tzinfo=UTC)),
        ("2026-11-23 10:05:00+01", datetime(2026, 11, 23, 9, 5, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_instants(raw: wire.Moment, expected: datetime | None) -> None:
    assert wire.instant(raw, name="t") == expected


@pytest.mark.parametrize("raw", ["soon", 10**20, "99999999999999999"])
def test_other_instants_are_refused(raw: wire.Moment) -> None:
    with pytest.raises(BadData, match="t was"):
        wire.instant(raw, name="t")


def test_millis_need_a_time() -> None:
    assert wire.millis("1795424700", name="t") == 1_795_424_700_000
    with pytest.raises(BadData, match="must be a time"):
        wire.millis(None, name="t")


def market(**changes: object) -> bytes:
    row: dict[str, object] = {
        "id": "703257",
        "question": "Will the Fed cut rates in December?",
        "conditionId": "0x" + "74" * 32,
        "slug": "fed-cut-december",
        "version": "v1",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.52", "0.48"]',
        "clobTokenIds": json.dumps(CTF_IDS),
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "endDate": "2026-12-10T19:00:00Z",
        "closed": False,
        "acceptingOrders": True,
        "enableOrderBook": True,
        "negRisk": True,
        "feesEnabled": True,
        "feeSchedule": {"exponent": 1, "rate": 0.04, "takerOnly": True},
    }
    return json.dumps(row | changes).encode()


def test_market_is_read() -> None:
    found = gamma.read_market(market(), what="market")

    assert found is not None
    assert (found.tick, found.minimum_shares) == (Decimal("0.01"), Decimal(5))
    assert (found.fee.rate, found.neg_risk, found.kind) == (Decimal("0.04"), True, MarketKind.CTF)


def test_v2_market_takes_position_ids_and_a_padded_condition() -> None:
    body = market(version="v2", positionIds=list(V2_IDS), conditionId="0x" + "0a" * 31 + "00")
    found = gamma.read_market(body, what="market")

    assert found is not None
    assert found.token_ids == V2_IDS
    assert found.condition_id == "0x" + "0a" * 31


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "v3"}, "version was 'v3'"),
        ({"version": "v2"}, "positionIds is absent"),
        ({"version": "v2", "positionIds": list(CTF_IDS)}, "id of the other kind"),
        ({"clobTokenIds": json.dumps(V2_IDS)}, "id of the other kind"),
        ({"clobTokenIds": '["1"'}, "clobTokenIds cannot be read"),
        ({"clobTokenIds": '["", ""]'}, "a token id is a decimal string"),
        ({"outcomes": '["Yes"]'}, "outcomes has 1 entries"),
        ({"conditionId": "0x12"}, "conditionId was '0x12'"),
        ({"orderPriceMinTickSize": None}, "orderPriceMinTickSize is absent"),
        ({"orderPriceMinTickSize": 0}, "orderPriceMinTickSize was 0"),
        ({"orderMinSize": "NaN"}, "orderMinSize was NaN"),
        ({"feeSchedule": None}, "feeSchedule is absent"),
        ({"feeSchedule": {"rate": 4}}, "rate was 4"),
        ({"feeSchedule": {"rate": 0.04, "exponent": 1.5}}, "exponent was 1.5"),
        ({"endDate": "soon"}, "endDate was 'soon'"),
        ({"closed": "no"}, "Expected `bool`"),
    ],
)
def test_market_that_cannot_be_mapped_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(BadData, match=message):
        gamma.read_market(market(**changes), what="market")


def test_one_bad_row_refuses_the_page() -> None:
    page = b'{"markets":[' + market() + b"," + market(version="v9") + b"]}"

    with pytest.raises(BadData, match=r"markets\[1\].version"):
        gamma.read_markets(page, what="page")


@pytest.mark.parametrize(
    ("changes", "payouts"),
    [
        ({"outcomePrices": '["1", "0"]', "umaResolutionStatus": "resolved"}, ("1", "0")),
        ({"outcomePrices": '["0.5", "0.5"]', "resolutionStatus": "resolved"}, ("0.5", "0.5")),
        ({"outcomePrices": '["0.99", "0.01"]', "umaResolutionStatus": "resolved"}, None),
        ({"outcomePrices": '["1", "0"]', "umaResolutionStatus": "disputed"}, None),
        ({"outcomePrices": '["1", "0"]'}, None),
    ],
)
def test_only_resolved_markets_have_payouts(
    changes: dict[str, object], payouts: tuple[str, str] | None
) -> None:
    found = gamma.read_market(market(closed=True, **changes), what="market")

    assert found is not None
    assert found.payouts == (None if payouts is None else tuple(map(Decimal, payouts)))
    assert found.disputed is (changes.get("umaResolutionStatus") == "disputed")
    assert not found.accepting_orders


def test_silence_about_accepting_orders_means_no() -> None:
    found = gamma.read_market(market(acceptingOrders=None), what="market")

    assert found is not None
    assert not found.accepting_orders


def test_list_of_two_is_not_one_market() -> None:
    with pytest.raises(BadData, match="has 2 markets"):
        gamma.read_market(b"[" + market() + b"," + market() + b"]", what="market")


def test_series_and_tags_are_read() -> None:
    body = b'[{"id":"3","slug":"fed","label":"Fed","title":"Fed","recurrence":null}]'

    assert gamma.read_series(body, what="series")[0].slug == "fed"
    assert gamma.read_tags(body, what="tags")[0].label == "Fed"


BOOK = {
    "market": "0x" + "11" * 32,
    "asset_id": "1",
    "timestamp": "1795000000000",
    "hash": "h",
    "bids": [{"price": "0.01", "size": "10"}, {"price": "0.50", "size": "40"}],
    "asks": [{"price": "0.99", "size": "10"}, {"price": "0.54", "size": "30"}],
    "tick_size": "0.01",
}


def book(**changes: object) -> bytes:
    return json.dumps(BOOK | changes).encode()


def test_worst_first_becomes_best_first() -> None:
    shot = clob.read_book(book(), clob.numbers(), what="book")

    assert shot.book.bid_prices == (500_000, 10_000)
    assert shot.book.ask_prices == (540_000, 990_000)
    assert shot.book.ask_sizes == (30_000_000, 10_000_000)
    assert shot.tick == Decimal("0.01")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bids": [{"price": 0.5, "size": "1"}]}, r"Expected `str`, got `float` - at `\$.bids"),
        ({"bids": [{"price": "0.5", "size": "-1"}]}, "'-1' must be a plain decimal number"),
        ({"bids": [{"price": "1.0", "size": "1"}]}, "strictly between 0 and 1"),
        ({"bids": [{"price": "0.5", "size": "1"}] * 2}, "names a price twice"),
        ({"timestamp": "soon"}, "timestamp was 'soon'"),
        ({"asset_id": "yes"}, "asset_id was 'yes'"),
    ],
)
def test_book_that_cannot_be_read_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(BadData, match=message):
        clob.read_book(book(**changes), clob.numbers(), what="book")


def test_level_without_size_is_no_level() -> None:
    shot = clob.read_book(book(bids=[{"price": "0.5", "size": "0"}]), clob.numbers(), what="book")

    assert shot.book.bid_prices == ()


def test_terms_leave_false_booleans_out() -> None:
    body = (
        b'{"c":"0x1","t":[{"t":"7","o":"Yes"},{"t":"8","o":"No"}],'
        b'"mos":5,"mts":0.01,"fd":{"r":0.04,"e":1}}'
    )
    terms = clob.read_terms(body, what="terms")

    assert (terms.tick, terms.fee.rate) == (Decimal("0.01"), Decimal("0.04"))
    assert terms.token_ids == ("7", "8")
    assert not terms.accepting_orders


@pytest.mark.parametrize(
    ("winners", "is_half", "payouts"),
    [
        ((True, False), False, (1, 0)),
        ((False, True), False, (0, 1)),
        ((False, False), True, (Decimal("0.5"), Decimal("0.5"))),
        ((False, False), False, None),
    ],
)
def test_winner_flags_are_payouts(
    winners: tuple[bool, bool], is_half: bool, payouts: tuple[Decimal, Decimal] | None
) -> None:
    tokens = [{"token_id": "1", "outcome": "Yes", "winner": won} for won in winners]
    body = {"condition_id": "0x1", "tokens": tokens, "closed": True, "is_50_50_outcome": is_half}

    assert clob.read_clob_market(json.dumps(body).encode(), what="m").payouts() == payouts


def test_open_market_has_no_payouts() -> None:
    body = b'{"condition_id":"0x1","tokens":[],"closed":false}'

    assert clob.read_clob_market(body, what="m").payouts() is None


def test_base_fee_must_be_whole() -> None:
    with pytest.raises(BadData, match=r"base_fee was '1\.5'"):
        clob.read_base_fee(b'{"base_fee":"1.5"}', what="fee")


def test_messages_of_a_kind_not_known_are_left_out() -> None:
    known = json.dumps(BOOK | {"event_type": "book"})
    frames = stream_rows.FrameReader()

    assert len(frames.read(f'[{known},{{"event_type":"market_paused"}}]')) == 1
    assert frames.read('{"event_type":"market_paused"}') == []


@pytest.mark.parametrize("frame", ["nonsense", '{"a":1}', '[{"event_type":"book"}]', "[", "7"])
def test_frame_that_cannot_be_read_is_refused(frame: str) -> None:
    with pytest.raises(BadData, match="market channel"):
        stream_rows.FrameReader().read(frame)
