"""The practice market's chances: honest prices, and the endings that are rare."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from bot.venues.practice.calendar import election, every, last_day, month_end
from bot.venues.practice.chance import STEP_MS, draw_latent, generator, normal_quantile
from bot.venues.practice.contract import Contract
from bot.venues.practice.members import Members
from bot.venues.practice.series import SERIES

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = 48
HALF = (Decimal("0.5"), Decimal("0.5"))


def members_of(slug: str, seed: int) -> Members:
    (number,) = [index for index, series in enumerate(SERIES) if series.slug == slug]
    return Members(series=SERIES[number], number=number, seed=seed, start=START)


def contracts_of(slug: str, *, seeds: range, members: range) -> Iterator[Contract]:
    for seed in seeds:
        source = members_of(slug, seed)
        for n in members:
            yield from source.contracts_of(n)


def payout_of(contract: Contract) -> float:
    payouts = contract.changes[-1][1].market.payouts
    assert payouts is not None
    assert sum(payouts) == 1
    return float(payouts[0])


@pytest.mark.parametrize(
    ("slug", "days"),
    [
        ("fed-decision", (1, 30, 50)),
        ("us-recession", (1, 60, 100)),
        ("government-shutdown", (1, 60, 100)),
        ("btc-price", (1, 45, 85)),
    ],
)
def test_prices_come_true_as_often_as_they_say(slug: str, days: tuple[int, ...]) -> None:
    # Asked on fixed days of those still open: an early end must not choose the day.
    asked: dict[int, list[tuple[float, float]]] = {day: [] for day in days}
    for seed in range(60):
        source = members_of(slug, seed)
        for n in (3, 7):  # these share no part of their time
            contract = next(source.contracts_of(n))
            for day in days:
                if day * DAY < len(contract.fair):
                    asked[day].append((float(contract.fair[day * DAY]), payout_of(contract)))
    for pairs in asked.values():
        prices, payouts = np.array(pairs).T
        expected = math.sqrt(float((prices * (1 - prices)).sum()))
        assert len(pairs) >= 50
        assert abs(float((payouts - prices).sum())) < 3.5 * expected


def test_low_and_high_prices_are_as_honest_as_the_others() -> None:
    pairs = np.array(
        [
            (float(contract.fair[len(contract.fair) // 2]), payout_of(contract))
            for slug in ("fed-decision", "btc-price")
            for contract in contracts_of(slug, seeds=range(100, 130), members=range(3, 8))
        ]
    )
    for low, high in ((0.0, 0.05), (0.05, 0.2), (0.2, 0.6), (0.6, 1.0)):
        prices, payouts = pairs[(pairs[:, 0] >= low) & (pairs[:, 0] < high)].T
        spread = math.sqrt(float((prices * (1 - prices)).sum()))
        assert len(prices) > 40
        assert abs(float((payouts - prices).sum())) < 3.5 * spread + 0.5


def test_a_probability_is_what_the_rest_of_the_path_makes_it() -> None:
    threshold = normal_quantile(0.3)
    below = 0
    for seed in range(400):
        latent = draw_latent(generator(seed, "x"), first=10, stop=300, known=0.6)
        chance = latent.probability(-math.inf, threshold)
        assert chance[0] == pytest.approx(0.3)
        assert (latent.end() < threshold) == (latent.draw < chance[-1])
        assert latent.left[-1] == pytest.approx(math.sqrt(0.4))
        below += latent.end() < threshold
    assert abs(below - 120) < 3.5 * math.sqrt(400 * 0.3 * 0.7)


def test_the_shortest_path_is_drawn_too() -> None:
    latent = draw_latent(generator(1, "short"), first=10, stop=11, known=0.5)
    assert latent.moved.tolist() == [True]
    assert latent.probability(-math.inf, math.inf).tolist() == [1.0]


def test_exactly_one_outcome_of_a_meeting_happens_and_prices_add_up() -> None:
    for seed in range(10):
        meeting = list(members_of("fed-decision", seed).contracts_of(2))
        total = sum(contract.fair for contract in meeting)
        assert np.allclose(total, 1)
        assert sum(payout_of(contract) for contract in meeting) == 1
        assert {contract.market.neg_risk for contract in meeting} == {True}


def test_a_later_deadline_is_never_less_likely() -> None:
    for slug in ("us-recession", "government-shutdown", "tariff-increase"):
        source = members_of(slug, 8)
        open_now = [
            next(c for c in source.contracts_of(n) if c.first == source.listed_at(n))
            for n in range(4)
        ]
        step = max(contract.first for contract in open_now)
        closes = min(contract.closes for contract in open_now)
        for at in range(step, closes, 7):
            prices = [float(c.fair[at - c.first]) for c in open_now]
            assert prices == sorted(prices)


def test_a_deadline_is_priced_at_the_chance_that_one_of_its_parts_happens() -> None:
    source = members_of("government-shutdown", 8)
    contract = list(source.contracts_of(5))[-1]
    parts = [source._hazard(n) for n in range(2, 6)]
    ends = [part.latent.first + len(part.chance) for part in parts]
    assert [part.happens for part in parts[:3]] == [False] * 3
    for step in range(contract.first, contract.closes, 97):
        quiet = 1.0
        for part, end in zip(parts, ends, strict=True):
            if step < end:
                quiet *= 1 - float(part.chance[step - part.latent.first])
        assert contract.fair[step - contract.first] == pytest.approx(1 - quiet)
    assert ends[-1] == contract.closes


def test_what_happens_early_ends_all_that_cover_it_and_lists_the_rest_anew() -> None:
    seen = 0
    for seed in range(6):
        source = members_of("government-shutdown", seed)
        for n in range(4, 9):
            editions = list(source.contracts_of(n))
            for early, following in pairwise(editions):
                seen += 1
                assert payout_of(early) == 1
                assert following.first == early.closes
                assert early.market.ends_at == following.market.ends_at
                assert early.market.condition_id != following.market.condition_id
                assert early.market.slug != following.market.slug
            scheduled = editions[-1].market.ends_at
            assert scheduled is not None
            assert editions[-1].closes == scheduled.timestamp() * 1000 / STEP_MS
    assert seen >= 3


def test_some_pay_half_and_some_are_disputed_for_two_days() -> None:
    half = disputed = count = 0
    for contract in contracts_of("government-shutdown", seeds=range(25), members=range(4)):
        count += 1
        half += contract.changes[-1][1].market.payouts == HALF
        states = [change for _, change in contract.changes]
        contested = [state for state in states if state.market.disputed]
        if contested:
            disputed += 1
            assert contested[0].market.closed
            assert contested[0].market.payouts is None
            assert states[-1].at - contested[0].at == timedelta(days=2)
            assert not states[-1].market.disputed
    assert 0 < half < count / 5
    assert 0 < disputed < count / 3


def test_changes_of_a_market_come_in_order() -> None:
    for contract in contracts_of("btc-price", seeds=range(3), members=range(4)):
        times = [at_ms for at_ms, _ in contract.changes]
        assert times == sorted(times)
        assert [change.at.timestamp() * 1000 for _, change in contract.changes] == times


def test_the_fair_price_lies_between_bid_and_ask() -> None:
    for contract in contracts_of("fed-decision", seeds=range(2), members=range(1)):
        step: int | None = contract.first
        while step is not None:
            fair = float(contract.fair[step - contract.first])
            book, _ = contract.books_at(step)
            assert not book.bid_prices or book.bid_prices[0] / 1e6 <= fair
            assert not book.ask_prices or book.ask_prices[0] / 1e6 >= fair
            step = contract.next_step(step)


def test_a_price_of_almost_one_has_no_seller_and_no_price_of_one() -> None:
    contract = next(contracts_of("fed-decision", seeds=range(1), members=range(1)))
    contract.fair[:] = 1.0
    book, mirrored = contract.books_at(contract.first)
    assert book.ask_prices == ()
    assert book.bid_prices[0] <= 999_000
    assert mirrored.bid_prices == ()


def test_a_side_is_missing_now_and_then_near_the_end() -> None:
    early = late = 0
    for contract in contracts_of("fed-decision", seeds=range(6), members=range(2)):
        if not 0.1 < contract.fair[-1] < 0.9:
            continue
        for step in range(contract.closes - 200, contract.closes):
            book, _ = contract.books_at(step)
            if 0.1 < contract.fair[step - contract.first] < 0.9 and book.spread is None:
                early += step < contract.closes - 24
                late += step >= contract.closes - 24
    assert early == 0
    assert late > 0


def test_calendars() -> None:
    assert [month_end(START, n).date().isoformat() for n in (-1, 0, 1)] == [
        "2026-11-01",
        "2026-12-01",
        "2027-01-01",
    ]
    assert last_day(month_end(START, 0)) == "November 30, 2026"
    assert last_day(election(START, 0)) == "November 7, 2028"
    assert last_day(election(START, -1)) == "November 3, 2026"
    assert last_day(election(datetime(2028, 9, 20, tzinfo=UTC), 0)) == "November 5, 2030"
    assert last_day(election(datetime(2028, 9, 1, tzinfo=UTC), 0)) == "November 7, 2028"
    weekly = every(timedelta(days=7), first=timedelta(days=2, hours=5))
    assert weekly(START, 1) == datetime(2026, 12, 2, 5, tzinfo=UTC)
