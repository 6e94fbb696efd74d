"""One practice market from listing to payout, with its books and prints at any step."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model.market import Book, Market, MarketChanged, Print
from bot.model.units import MILLION, Price
from bot.venues.books import from_epoch_ms, mirror
from bot.venues.practice.chance import STEP_MS, generator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FINE = Price(Decimal("0.001"))
LOW, HIGH = 0.04, 0.96
"""Beyond these the venue makes the tick finer. **Source:** POLYMARKET 4.5, read 2026-11."""

_CENT_E6, _MILL_E6 = 10_000, 1_000
_BLOCK = 64
_LEVELS = 12
_NOISE = 8 + 2 * _LEVELS
_SHAPE = (0.5, 0.9, 1.2, 1.4, 1.5, 1.5, 1.4, 1.3, 1.2, 1.1, 1.0, 1.0)
"""Depth of each level, best first, against a market's usual depth."""
_LAST_HOURS = 24
"""Steps before the end in which a side may be missing."""
_LEAST_E6 = 5 * MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How a market ends; times are steps."""

    closes: int
    resolves: int
    payouts: tuple[Decimal, Decimal]
    disputed_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidity:
    """How well a market is quoted."""

    depth_shares: float
    """Usual size of a level."""
    extra_ticks: float
    """How much wider than a tick the spread tends to be."""


class Contract:
    """A market, all its life known to itself; whoever asks says up to which step.

    Args:
        market: As it is listed, with the coarse tick.
        seed: Of the simulation.
        first: Step at which it is listed.
        fair: Fair price of the first outcome at each step until it closes, (steps,).
        moved: Whether the book changes at each of these steps; it does at the first.
        resolution: How it ends.
        liquidity: How well it is quoted.
    """

    def __init__(
        self,
        *,
        market: Market,
        seed: int,
        first: int,
        fair: "NDArray[np.float64]",
        moved: "NDArray[np.bool_]",
        resolution: Resolution,
        liquidity: Liquidity,
    ) -> None:
        import numpy as np

        self.market = market
        self.first = first
        self.closes = resolution.closes
        self.fair = fair
        self._seed = seed
        self._liquidity = liquidity
        self._steps = first + np.flatnonzero(moved)
        beyond = np.flatnonzero((fair < LOW) | (fair > HIGH))
        fine_from = first + int(beyond[0]) if len(beyond) else resolution.closes
        self.changes = _list_changes(market, first, fine_from, resolution)
        # Each price has its usual depth, whatever the book around it does.
        self._depth_at = generator(seed, market.slug, "depth").lognormal(0.0, 0.5, 1000).tolist()
        self._made: tuple[int, tuple[Book, Book]] | None = None
        self._block = -1
        self._noise: list[list[float]] = []

    def market_at(self, at_ms: int) -> Market:
        """Return the market's state; it must be listed by then."""
        return [change.market for ms, change in self.changes if ms <= at_ms][-1]

    def next_step(self, step: int) -> int | None:
        """Return the first step after ``step`` at which the book changes; None if none is left."""
        index = int(self._steps.searchsorted(step, side="right"))
        return int(self._steps[index]) if index < len(self._steps) else None

    def last_step(self, step: int) -> int:
        """Return the step whose book stands at ``step``; it must be listed by then."""
        return int(self._steps[self._steps.searchsorted(step, side="right") - 1])

    def books_at(self, step: int) -> tuple[Book, Book]:
        """Return the books of both tokens made at a step at which the book changes."""
        if self._made is None or self._made[0] != step:
            yes = self._make_book(step)
            self._made = step, (yes, mirror(yes, self.market.token_ids[1]))
        return self._made[1]

    def events_at(self, step: int) -> tuple[Book | Print, ...]:
        """Return what is told at a step at which the book changes, prints first."""
        printed = () if step == self.first else self._prints(step)
        return (*printed, *self.books_at(step))

    def _make_book(self, step: int) -> Book:
        noise = self._noise_of(step)
        fair = float(self.fair[step - self.first])
        in_tail = not LOW <= fair <= HIGH
        grid = _MILL_E6 if in_tail else _CENT_E6
        wide = self._liquidity.extra_ticks * (3 if in_tail else 1)
        below = min(int(fair * MILLION), MILLION - 1) // grid * grid
        bid = below - int(noise[0] ** 2 * wide) * grid
        ask = below + grid + int(noise[1] ** 2 * wide) * grid
        count = _LEVELS - int(noise[2] * 5)
        bids = tuple(range(bid, max(0, bid - count * grid), -grid))
        asks = tuple(range(ask, min(MILLION, ask + count * grid), grid))
        if self.closes - step <= _LAST_HOURS and noise[3] < 0.15:
            bids, asks = (bids, ()) if noise[3] < 0.075 else ((), asks)
        sizes = noise[8:]
        return Book(
            self.market.token_ids[0],
            step * STEP_MS,
            bids,
            self._sizes(bids, sizes[:_LEVELS]),
            asks,
            self._sizes(asks, sizes[_LEVELS:]),
        )

    def _sizes(self, prices: tuple[int, ...], noise: list[float]) -> tuple[int, ...]:
        depth, depth_at = self._liquidity.depth_shares, self._depth_at
        # Whole cents of a share, as the venue's sizes are.
        return tuple(
            [
                max(
                    _LEAST_E6,
                    int(depth * shape * depth_at[price // _MILL_E6] * (75 + 50 * jitter)) * 10_000,
                )
                for price, shape, jitter in zip(prices, _SHAPE, noise, strict=False)
            ]
        )

    def _prints(self, step: int) -> tuple[Print, ...]:
        """Return a trade at the touch of the book that stood until ``step``, or nothing."""
        happens, which, buys, share = self._noise_of(step)[4:8]
        if happens > 0.4:
            return ()
        book = self.books_at(self.last_step(step - 1))[which < 0.5]
        prices, sizes = (
            (book.ask_prices, book.ask_sizes) if buys < 0.5 else (book.bid_prices, book.bid_sizes)
        )
        if not prices:
            return ()
        size = max(MILLION, int(sizes[0] * share) // 10_000 * 10_000)
        return (Print(book.token_id, step * STEP_MS, prices[0], size, buys < 0.5),)

    def _noise_of(self, step: int) -> list[float]:
        """Return this step's numbers in [0, 1), the same whenever they are asked for."""
        block, row = divmod(step, _BLOCK)
        if block != self._block:
            rng = generator(self._seed, self.market.slug, "noise", block)
            self._block, self._noise = block, rng.random((_BLOCK, _NOISE)).tolist()
        return self._noise[row]


def _list_changes(
    market: Market, first: int, fine_from: int, resolution: Resolution
) -> tuple[tuple[int, MarketChanged], ...]:
    """Return all states of a market and when each begins, epoch milliseconds."""
    if fine_from == first:
        market = replace(market, tick=FINE)
    states = [(first, market)]
    if first < fine_from < resolution.closes:
        market = replace(market, tick=FINE)
        states.append((fine_from, market))
    market = replace(market, accepting_orders=False, closed=True)
    states.append((resolution.closes, market))
    if resolution.disputed_from is not None:
        states.append((resolution.disputed_from, replace(market, disputed=True)))
    states.append((resolution.resolves, replace(market, payouts=resolution.payouts)))
    return tuple(
        (step * STEP_MS, MarketChanged(market=state, at=from_epoch_ms(step * STEP_MS)))
        for step, state in states
    )
