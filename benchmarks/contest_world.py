"""The worlds of the policy contest: portfolios, events and their markets, drawn by a seed.

**Source:** HEDGING section 8: a portfolio's return is its diffusion plus ``-theta dp`` for each
event, ``p`` being the true probability (events are priced in); a market's log-odds are the truth's
divided by ``bias``, and noisy; our model's are noisier. What that section does not say is ours:
``drift`` is what makes not hedging grow by about its 5.4% a year, ``p`` what one would hedge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WEEKS = 13
"""Of an event: the next one begins where it ends."""
EVENTS_A_YEAR = 4
DAYS = 365.25 / EVENTS_A_YEAR
FEE_RATE = 0.04
TICK = 0.001
_CHUNK = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What portfolios, events and markets are like."""

    name: str
    least_theta: float
    most_theta: float
    """Of the worth of all, lost if an event happens against if it does not."""
    sigma: float
    """Of everything else, a year."""
    drift: float = 0.059
    least_p: float = 0.05
    most_p: float = 0.35
    bias: float = 1.1
    market_noise: float = 0.2
    model_noise: float = 0.6
    years: int = 10

    @property
    def events(self) -> int:
        """Events on each path."""
        return self.years * EVENTS_A_YEAR


BASE = World(name="base", least_theta=0.03, most_theta=0.15, sigma=0.08)
SMALL = World(name="small exposures", least_theta=0.01, most_theta=0.04, sigma=0.15)


class Bets(NamedTuple):
    """What is known when an event begins; each (paths, events)."""

    theta: Floats
    mid: Floats
    half: Floats
    """Half of the spread, USD."""
    model: Floats
    """Our model's probability."""
    truth: Floats

    @property
    def ask(self) -> Floats:
        """USD per share."""
        return self.mid + self.half

    @property
    def cost(self) -> Floats:
        """The same with the taker's fee."""
        return self.ask + FEE_RATE * self.ask * (1.0 - self.ask)


class History(NamedTuple):
    """What came of everything, by the week."""

    bets: Bets
    growth: Floats
    """Worth without hedges, as a multiple of that when the event began: (paths, events, weeks)."""
    bid: Floats
    """Of a share; in an event's last week what it pays: (paths, events, weeks)."""


def logit(p: Floats) -> Floats:
    """Return log-odds."""
    return np.log(p / (1.0 - p))


def chance(log_odds: Floats) -> Floats:
    """Undo ``logit``."""
    return 1.0 / (1.0 + np.exp(-log_odds))


def draw(world: World, *, paths: int, seed: int = 1) -> Iterator[History]:
    """Yield the history of all paths, some at a time: they need a GB at once."""
    seeds = np.random.SeedSequence(seed).spawn(-(-paths // _CHUNK))
    for index, each in enumerate(seeds):
        some = min(_CHUNK, paths - index * _CHUNK)
        yield _draw(world, np.random.default_rng(each), some)


def _draw(world: World, rng: np.random.Generator, paths: int) -> History:
    shape = (paths, world.events)
    theta = rng.uniform(world.least_theta, world.most_theta, shape)
    start = rng.uniform(world.least_p, world.most_p, shape)
    truth = _probabilities(rng, start)
    wrong = world.market_noise * rng.standard_normal(shape)
    model = chance(logit(start) + world.model_noise * rng.standard_normal(shape))
    mid = np.clip(np.round(chance(logit(start) / world.bias + wrong), 3), 0.01, 0.95)
    half = np.where(mid <= 0.05, 0.005, 0.01)
    steps = (world.drift - world.sigma**2 / 2.0) / (EVENTS_A_YEAR * WEEKS) + world.sigma / np.sqrt(
        EVENTS_A_YEAR * WEEKS
    ) * rng.standard_normal((*shape, WEEKS))
    growth = np.exp(np.cumsum(steps, axis=2))
    growth *= 1.0 - theta[:, :, None] * (truth - start[:, :, None])
    with np.errstate(divide="ignore"):  # in the last week it is 0 or 1, and its log-odds infinite
        later = chance(logit(truth) / world.bias + wrong[:, :, None])
    bid = np.maximum(later - half[:, :, None], 0.0)
    bid[:, :, -1] = truth[:, :, -1]
    return History(Bets(theta, mid, half, model, start), growth, bid)


def _probabilities(rng: np.random.Generator, start: Floats) -> Floats:
    """Return a martingale that ends at 0 or 1: whether Brownian motion is above 0 at the end."""
    from scipy.special import ndtr, ndtri

    level = ndtri(start)[:, :, None] + np.cumsum(
        rng.standard_normal((*start.shape, WEEKS)) / np.sqrt(WEEKS), axis=2
    )
    left = 1.0 - np.arange(1, WEEKS) / WEEKS
    inside = ndtr(level[:, :, :-1] / np.sqrt(left))
    return np.concatenate((inside, (level[:, :, -1:] > 0.0).astype(float)), axis=2)
