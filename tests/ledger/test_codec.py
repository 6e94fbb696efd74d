"""Views and decisions come back from JSON equal, and the same view gives the same bytes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from hypothesis import given
from hypothesis import strategies as st

from bot.ledger import codec
from bot.model.decision import Decision
from bot.model.market import Market
from bot.model.portfolio import Holding, Tags
from bot.model.view import EventMemory, View
from tests.ledger.make import make_decision, make_view

LEAVES: dict[object, st.SearchStrategy[object]] = {
    str: st.text(max_size=5),
    int: st.integers(0, 2**53),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
    Decimal: st.decimals(
        min_value=Decimal("-1e9"), max_value=Decimal("1e9"), allow_nan=False, places=6
    ),
    datetime: st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2040, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    timedelta: st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a type of the vocabulary; hypothesis' own is not told of ours."""
    origin, inner = get_origin(kind), get_args(kind)
    found: st.SearchStrategy[Any]
    if kind in LEAVES:
        found = LEAVES[kind]
    elif isinstance(kind, NewType):
        found = any_of(kind.__supertype__)
    elif origin in (Union, UnionType):
        found = st.one_of([any_of(part) for part in inner])
    elif origin is tuple and inner[-1] is ...:
        found = st.lists(any_of(inner[0]), max_size=2).map(tuple)
    elif origin is tuple:
        found = st.tuples(*(any_of(part) for part in inner))
    elif origin is Mapping:
        found = st.dictionaries(any_of(inner[0]), any_of(inner[1]), max_size=2)
    elif issubclass(kind, Enum):
        found = st.sampled_from(list(kind))
    else:
        fields = get_type_hints(kind).items()
        found = st.builds(kind, **{name: any_of(of) for name, of in fields})
    return found


class Shelf:
    """Parts in a list; their number is where they stand."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def intern(self, name: str, part: object, encoded: codec.Encoded) -> int:
        self.parts.append(encoded())
        return len(self.parts) - 1

    def load(self, number: int) -> bytes:
        return self.parts[number]


@given(any_of(View))
def test_a_view_comes_back_equal(view: View) -> None:
    shelf = Shelf()
    body = codec.unpack(codec.pack(codec.encode_view(view, shelf.intern)))
    back = codec.decode_view(body, shelf.load)
    assert back == view
    assert codec.encode(back) == codec.encode(view)
    assert codec.parts_of(body) == set(range(len(shelf.parts)))


def test_a_view_from_before_there_was_a_complement_is_read() -> None:
    shelf, view = Shelf(), make_view()
    body = codec.encode_view(view, shelf.intern)
    for text in (b'"complement_quote":null', b'"complement_levels":null', b'"can_merge":false'):
        assert text in body + b"".join(shelf.parts)
        body = body.replace(text + b",", b"").replace(b"," + text, b"")
        shelf.parts = [p.replace(text + b",", b"").replace(b"," + text, b"") for p in shelf.parts]
        assert text not in body + b"".join(shelf.parts)
    assert codec.decode_view(body, shelf.load) == view


@given(any_of(Decision))
def test_a_decision_comes_back_equal(decision: Decision) -> None:
    body = codec.encode_decision(decision)
    back = codec.decode(body, Decision)
    assert back == decision
    assert codec.encode_decision(back) == body


def test_the_order_of_a_mapping_does_not_change_the_bytes() -> None:
    one = make_decision(memory=EventMemory(rule_state={"a": 1.0, "b": 2.0}))
    other = make_decision(memory=EventMemory(rule_state={"b": 2.0, "a": 1.0}))
    assert codec.encode_decision(one) == codec.encode_decision(other)


def test_a_decimal_keeps_its_digits() -> None:
    market = make_view().events[0].markets[0].market
    for text in ("0.10", "0.001", "1E-3", "100"):
        tick = Decimal(text)
        back = codec.decode(codec.encode(replace(market, payouts=(tick, tick))), Market)
        assert str(back.payouts) == str((tick, tick))


def test_a_holding_comes_back_equal() -> None:
    holding = Holding(symbol="QQQ", quantity=Decimal("1.5"), tags=Tags(sector="technology"))
    assert codec.decode(codec.encode(holding), Holding) == holding
