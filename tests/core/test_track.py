"""The track record in figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.track import SourceScore, score_track
from bot.model.signal import Scored

END = datetime(2026, 6, 1, tzinfo=UTC)


def scored(
    days: float,
    *,
    token: str = "t1",
    event: str = "fed",
    market: float = 0.5,
    pooled: float = 0.6,
    estimates: dict[str, float] | None = None,
    ends: bool = True,
    payout: float = 1.0,
) -> Scored:
    return Scored(
        event=event,
        token_id=token,
        category="",
        at=END - timedelta(days=days),
        ends_at=END if ends else None,
        market=market,
        probability=pooled,
        estimates=estimates or {},
        prior_weight=0.05,
        payout=payout,
    )


def find(scores: tuple[SourceScore, ...], horizon: int | None, source: str) -> SourceScore:
    (found,) = [s for s in scores if (s.horizon_days, s.source) == (horizon, source)]
    return found


def test_nothing_has_no_score() -> None:
    assert score_track([]) == ()


def test_one_forecast_counts_per_market_and_horizon() -> None:
    days = [scored(days, market=0.5 + 0.001 * (100 - days)) for days in (100, 40, 10, 9, 8, 2)]
    scores = score_track(days)
    assert {s.horizon_days for s in scores} == {None, 1, 7, 30, 90}
    assert all(s.markets == 1 for s in scores)
    # The last one that was made early enough; the first one for the market as a whole.
    assert find(scores, 7, "market").bins[0].said == pytest.approx(0.592)
    assert find(scores, 30, "market").bins[0].said == pytest.approx(0.56)
    assert find(scores, None, "market").bins[0].said == pytest.approx(0.5)


def test_a_source_is_held_against_the_market_at_the_same_instants() -> None:
    scores = score_track(
        [
            scored(8, token="a", market=0.5, estimates={"hazard": 0.8}),
            scored(8, token="b", market=0.01, event="other"),
        ]
    )
    hazard = find(scores, 7, "hazard")
    assert (hazard.markets, hazard.events) == (1, 1)
    assert hazard.gain.mean == pytest.approx(0.470, abs=1e-3)  # ln .8 - ln .5
    assert find(scores, 7, "market").gain == (0.0, 0.0, 0.0)
    assert find(scores, 7, "forecast").markets == 2


def test_a_market_without_an_end_has_only_a_first_forecast() -> None:
    scores = score_track([scored(8, ends=False)])
    assert {s.horizon_days for s in scores} == {None}
    assert find(scores, None, "forecast").brier == pytest.approx(0.16)
