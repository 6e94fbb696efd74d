"""Makes the contracts of a series, member by member, with all that will happen to them."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.chain.token_ids import v2_token_ids
from bot.model.market import FeeSchedule, Market, MarketKind
from bot.model.units import ConditionId, Price, Shares, TokenId
from bot.venues.books import epoch_ms, from_epoch_ms
from bot.venues.practice.calendar import last_day
from bot.venues.practice.chance import (
    STEP_MS,
    Latent,
    draw_latent,
    generator,
    normal_quantile,
)
from bot.venues.practice.contract import Contract, Resolution
from bot.venues.practice.series import Outcome, Series, Tail
from bot.venues.tokens import ctf_condition_id, ctf_token_ids, v2_condition_id

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WINDOW = 4
"""Members of a deadline series listed at once."""
_DISPUTED = 1 / 12
_AMBIGUOUS = 0.4
"""A deadline pays 50/50 if the draw that decides it lies closer to its probability than this
fraction of the rarer outcome's. Both outcomes lose alike, so the price stays fair."""
_YES, _NO = (Decimal(1), Decimal(0)), (Decimal(0), Decimal(1))
_HALF = (Decimal("0.5"), Decimal("0.5"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hazard:
    """Whether something happens in the time between two deadlines."""

    latent: Latent
    chance: "NDArray[np.float64]"
    """Probability at each step of the latent path, (steps,)."""
    happens: bool
    ambiguous: bool


class Members:
    """One series from the simulation's start on.

    A deadline market covers all the time from its listing to its day. When the thing happens
    early, every market that covers it ends, and a new one is listed for the rest of the time.

    Args:
        series: Which.
        number: Its place among the series; decides which members are of which kind.
        seed: Of the simulation.
        start: Of the simulation, aware UTC.
    """

    def __init__(self, *, series: Series, number: int, seed: int, start: datetime) -> None:
        self._series = series
        self._number = number
        self._seed = seed
        self._start = start
        self._hazards: dict[int, _Hazard] = {}

    def listed_at(self, n: int) -> int:
        """Return the step at which the n-th member is listed."""
        if self._series.life is None:
            return self._end(n - _WINDOW)
        return self._end(n) - int(self._series.life.total_seconds()) * 1000 // STEP_MS

    def contracts_of(self, n: int) -> Iterator[Contract]:
        """Return the contracts of the n-th member, those that will be listed later included."""
        return self._deadlines(n) if self._series.life is None else self._outcomes(n)

    def _outcomes(self, n: int) -> Iterator[Contract]:
        rng = generator(self._seed, self._series.slug, n)
        latent = self._draw(rng, n)
        intervals = _draw_intervals(rng, self._series.outcomes)
        resolves, disputed_from = _draw_times(rng, self._end(n))
        end = latent.end()
        for outcome, (low, high) in zip(self._series.outcomes, intervals, strict=True):
            yield Contract(
                market=self._market(n, outcome),
                seed=self._seed,
                first=latent.first,
                fair=latent.probability(low, high),
                moved=latent.moved,
                resolution=Resolution(
                    closes=self._end(n),
                    resolves=resolves,
                    payouts=_YES if low < end <= high else _NO,
                    disputed_from=disputed_from,
                ),
                liquidity=self._series.liquidity,
            )

    def _deadlines(self, n: int) -> Iterator[Contract]:
        first, covered, edition = self.listed_at(n), max(0, n - _WINDOW + 1), 1
        for last in range(covered, n + 1):
            hazard = self._hazard(last)
            if last < n and not hazard.happens:
                continue
            yield self._deadline(n, first=first, covered=covered, last=last, edition=edition)
            first, covered, edition = self._end(last), last + 1, edition + 1

    def _deadline(self, n: int, *, first: int, covered: int, last: int, edition: int) -> Contract:
        """Return one edition: listed at ``first``, ended by the deadline ``last``, n at most."""
        import numpy as np

        closes = self._end(last)
        unharmed = np.ones(closes - first)
        moved = np.zeros(closes - first, dtype=np.bool_)
        moved[0] = True
        for j in range(covered, n + 1):
            # After its deadline a hazard is over; until then nobody knows how it ends.
            steps, over = min(self._end(j), closes) - first, self._end(j) - first
            skip = first - self._hazard(j).latent.first
            unharmed[:steps] *= 1 - self._hazard(j).chance[skip : skip + steps]
            moved[:steps] |= self._hazard(j).latent.moved[skip : skip + steps]
            moved[over : over + 1] = True
        hazard = self._hazard(last)
        paid = _YES if hazard.happens else _NO
        resolves, disputed_from = _draw_times(
            generator(self._seed, self._series.slug, n, edition), closes
        )
        return Contract(
            market=self._market(n, self._series.outcomes[0], edition=edition),
            seed=self._seed,
            first=first,
            fair=1 - unharmed,
            moved=moved,
            resolution=Resolution(
                closes=closes,
                resolves=resolves,
                payouts=_HALF if hazard.ambiguous and last == n else paid,
                disputed_from=disputed_from,
            ),
            liquidity=self._series.liquidity,
        )

    def _hazard(self, n: int) -> _Hazard:
        if n not in self._hazards:
            rng = generator(self._seed, self._series.slug, n)
            ((low, high),) = _draw_intervals(rng, self._series.outcomes)
            latent = self._draw(rng, n)
            chance = latent.probability(low, high)
            at_end = float(chance[-1])
            margin = _AMBIGUOUS * min(at_end, 1 - at_end)
            self._hazards[n] = _Hazard(
                latent=latent,
                chance=chance,
                happens=latent.draw < at_end,
                ambiguous=abs(latent.draw - at_end) < margin,
            )
        return self._hazards[n]

    def _draw(self, rng: "np.random.Generator", n: int) -> Latent:
        return draw_latent(
            rng, first=self.listed_at(n), stop=self._end(n), known=self._series.known
        )

    def _end(self, n: int) -> int:
        return epoch_ms(self._series.ends(self._start, n)) // STEP_MS

    def _market(self, n: int, outcome: Outcome, *, edition: int = 1) -> Market:
        ends_at = from_epoch_ms(self._end(n) * STEP_MS)
        day = last_day(ends_at)
        suffix = "" if edition == 1 else f"-{edition}"
        question = outcome.question.format(day=day)
        slug = _slug(question) + suffix
        kind = (MarketKind.CTF, MarketKind.V2)[(n + self._number) % 2]
        condition_id, token_ids = _ids(f"{self._seed}/{slug}", kind, self._series)
        return Market(
            condition_id=condition_id,
            kind=kind,
            question=question,
            slug=slug,
            outcomes=("Yes", "No"),
            token_ids=token_ids,
            tick=Price(Decimal("0.01")),
            minimum_shares=Shares(Decimal(5)),
            neg_risk=self._series.neg_risk,
            fee=FeeSchedule(rate=Decimal(self._series.fee_rate)),
            group_title=outcome.label,
            event_slug=f"{self._series.slug}-{_slug(day)}{suffix}",
            group_size=len(self._series.outcomes) if self._series.neg_risk else 0,
            series_slug=self._series.slug,
            ends_at=ends_at,
        )


def _draw_intervals(
    rng: "np.random.Generator", outcomes: tuple[Outcome, ...]
) -> list[tuple[float, float]]:
    """Return between which thresholds the path must end for each outcome."""
    low, high = -math.inf, math.inf
    for outcome in outcomes:
        if outcome.tail is Tail.LOW:
            low = normal_quantile(rng.uniform(*outcome.prior))
        elif outcome.tail is Tail.HIGH:
            high = normal_quantile(1 - rng.uniform(*outcome.prior))
    intervals = {Tail.LOW: (-math.inf, low), Tail.HIGH: (high, math.inf), Tail.REST: (low, high)}
    return [intervals[outcome.tail] for outcome in outcomes]


def _draw_times(rng: "np.random.Generator", closes: int) -> tuple[int, int | None]:
    """Return the steps of the payout, 4 to 10 hours after closing, and of a dispute, if any.

    **Source:** POLYMARKET 8.6: two hours to challenge, two days for a vote; read 2026-11.
    """
    resolves = closes + int(rng.integers(8, 21))
    if rng.random() >= _DISPUTED:
        return resolves, None
    return closes + 4 + 96, closes + 4


def _ids(
    name: str, kind: MarketKind, series: Series
) -> tuple[ConditionId, tuple[TokenId, TokenId]]:
    if kind is MarketKind.CTF:
        condition_id = ctf_condition_id(name)
        return condition_id, ctf_token_ids(condition_id)
    condition_id = v2_condition_id(name, neg_risk=series.neg_risk)
    return condition_id, v2_token_ids(condition_id)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold().replace(",", "")).strip("-")
