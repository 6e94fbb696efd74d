"""Levels of a book as offers: limits where a ladder ends, the complement, carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.offers import Ladder, ask_ladder, bid_ladder
from bot.core.programme import Cap, Programme
from tests.core.programmes import solved
from tests.fakes import make_book

BOOK = make_book(
    "1",
    bids=(("0.19", "3000"), ("0.18", "40000")),
    asks=(("0.20", "2000"), ("0.21", "5000"), ("0.23", "40000")),
)
EVENT = Programme(
    wealth=np.array([[80_000.0], [100_000.0]]),
    weights=np.array([0.2, 0.8]),
    node_weights=np.ones(1),
    payoffs=np.array([[1.0], [0.0]]),
    gamma=4.3,
    offers=(),
)


def asks(*, most: float = 1e6, most_usd: float = 1e6, carry: float = 0.0) -> Ladder:
    return ask_ladder(
        BOOK,
        most=most,
        ends="target",
        most_usd=most_usd,
        highest=1.0,
        multiplier=1.5,
        carry=carry,
        fee_at=lambda price: 0.04 * price * (1.0 - price),
    )


def taken(ladder: Ladder, *caps: Cap, is_complement: bool = False) -> tuple[Programme, list[float]]:
    offers = ladder.offers(0, is_complement=is_complement, charged=True)
    payoffs = 1.0 - EVENT.payoffs if is_complement else EVENT.payoffs
    programme = replace(EVENT, offers=tuple(offers), caps=caps, payoffs=payoffs)
    return programme, list(solved(programme).shares)


@given(most=st.floats(100.0, 30_000.0), most_usd=st.floats(20.0, 6_000.0))
def test_where_a_ladder_ends_is_as_good_as_a_limit_of_the_programme(
    most: float, most_usd: float
) -> None:
    whole = asks()
    caps = (
        Cap("shares", dict.fromkeys(range(len(whole.levels)), 1.0), most),
        Cap("usd", {index: level.unit for index, level in enumerate(whole.levels)}, most_usd),
    )

    _, cut = taken(asks(most=most, most_usd=most_usd))
    _, capped = taken(whole, *caps)

    assert sum(cut) == pytest.approx(sum(capped), rel=1e-3, abs=1.0)
    units = [level.unit for level in whole.levels]
    for found in (cut, capped):
        spent = sum(n * unit for n, unit in zip(found, units, strict=False))
        assert sum(found) <= most * (1.0 + 1e-9)
        assert spent <= most_usd * (1.0 + 1e-9)


def test_the_complement_is_the_other_side_of_the_same_column() -> None:
    _, plain = taken(asks())
    _, turned = taken(asks(), is_complement=True)

    assert turned == pytest.approx(plain, abs=0.5)


def test_selling_the_complement_is_too() -> None:
    bids = bid_ladder(BOOK, most=5_000.0, multiplier=1.5, carry=0.1, fee_at=lambda _: 0.0)
    rich = replace(EVENT, wealth=np.array([[140_000.0], [100_000.0]]))

    sold = []
    for is_complement in (False, True):
        offers = bids.offers(0, is_complement=is_complement, charged=True)
        payoffs = 1.0 - EVENT.payoffs if is_complement else EVENT.payoffs
        sold.append(solved(replace(rich, offers=tuple(offers), payoffs=payoffs)).shares)

    assert sum(sold[0]) == pytest.approx(5_000.0)
    assert sold[1] == pytest.approx(sold[0], abs=0.5)


def test_carry_is_charged_on_what_is_paid() -> None:
    free, dear = asks().levels[0], asks(carry=0.1).levels[0]

    assert dear.unit == free.unit
    assert dear.charge == pytest.approx(free.charge + 0.1 * free.unit)
    (paid, *_) = asks(carry=0.1).offers(0, is_complement=False, charged=False)
    assert paid.charge == pytest.approx(1.1 * free.unit)
