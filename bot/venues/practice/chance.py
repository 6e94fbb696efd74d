"""What happens and what is believed before: latent paths whose probabilities are honest.

An event happens if a Brownian motion ends below a threshold; its probability on the way is the
chance of that, given the path so far. Such a probability is a martingale, so a price equal to it
comes true as often as it says (the Brownian-threshold model of HEDGING 8).
"""

import math
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP_MS = 30 * 60_000
"""Everything happens on the half hour. A step is a number of them since 1970."""

_ACTIVE_STEPS = 10
"""Mean length of an active spell, 5 hours."""
_QUIET_STEPS = 7
"""Mean length of a quiet one, in which no book changes."""
_JUMPS = 2.0
"""Mean number of jumps in a path."""
_JUMP_SHARE = 0.3
"""Share of the variance known before the end that comes in jumps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """One hidden path with variance 1 in all, from step ``first`` on, (steps,)."""

    first: int
    position: "NDArray[np.float64]"
    left: "NDArray[np.float64]"
    """Standard deviation of what is still to come, above 0."""
    moved: "NDArray[np.bool_]"
    """Whether the position changed at this step; the first one counts as a change."""
    draw: float
    """Uniform in (0, 1): decides where the path ends, given its last position."""

    def probability(self, low: float, high: float) -> "NDArray[np.float64]":
        """Return the chance of ending between two thresholds, at each step, (steps,)."""
        return self._below(high) - self._below(low)

    def end(self) -> float:
        """Return where the path ends."""
        return float(self.position[-1] + self.left[-1] * normal_quantile(self.draw))

    def _below(self, threshold: float) -> "NDArray[np.float64]":
        import numpy as np

        if math.isinf(threshold):
            return np.full(len(self.position), 1.0 if threshold > 0 else 0.0)
        scaled = (self.position - threshold) / (self.left * math.sqrt(2))
        return np.fromiter(map(math.erfc, scaled.tolist()), np.float64, len(scaled)) / 2


def normal_quantile(probability: float) -> float:
    """Return where the standard normal distribution has this much below it."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)


def generator(seed: int, *names: object) -> "np.random.Generator":
    """Return a generator of its own for each seed and names, whatever else was drawn before."""
    import numpy as np

    digest = sha256("/".join(map(str, names)).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8])])


def draw_latent(rng: "np.random.Generator", *, first: int, stop: int, known: float) -> Latent:
    """Draw a path over the steps from ``first`` to before ``stop``.

    Args:
        rng: Where the chance comes from.
        first: First step.
        stop: Step at which the outcome is decided.
        known: Share of the variance that is known just before; the rest decides at the end.
    """
    import numpy as np

    steps = stop - first
    active = _draw_spells(rng, steps)
    # Most is learnt late: 45% of it in the last quarter.
    variance = active * rng.lognormal(0.0, 0.7, steps) * (0.2 + np.linspace(0.0, 1.0, steps) ** 2)
    variance[0] = 0.0
    variance /= variance.sum() or 1.0
    jumps = rng.integers(1, steps, rng.poisson(_JUMPS)) if steps > 1 else np.empty(0, np.int64)
    if len(jumps):
        variance *= 1 - _JUMP_SHARE
        np.add.at(variance, jumps, _JUMP_SHARE / len(jumps))
    variance *= known
    moved = variance > 0
    moved[0] = True
    return Latent(
        first=first,
        position=np.cumsum(np.sqrt(variance) * rng.standard_normal(steps)),
        left=np.sqrt(1 - np.cumsum(variance)),
        moved=moved,
        draw=float(rng.uniform(1e-9, 1 - 1e-9)),
    )


def _draw_spells(rng: "np.random.Generator", steps: int) -> "NDArray[np.bool_]":
    """Return which steps lie in an active spell, (steps,)."""
    import numpy as np

    pairs = 2 * steps // (_ACTIVE_STEPS + _QUIET_STEPS) + 20
    lengths = np.empty(2 * pairs, dtype=np.int64)
    lengths[0::2] = rng.geometric(1 / _ACTIVE_STEPS, pairs)
    lengths[1::2] = rng.geometric(1 / _QUIET_STEPS, pairs)
    kinds = np.arange(2 * pairs) % 2 == int(rng.integers(2))
    spells = np.repeat(kinds, lengths)[:steps]
    # Too few were drawn about never; the rest would be active.
    return np.pad(spells, (0, steps - len(spells)), constant_values=True)
