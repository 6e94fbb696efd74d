"""Scores of probabilities, against published numbers and identities."""

from __future__ import annotations

import math

import pytest

from bot.core.scores import brier, log_scores, murphy_parts, paired_gain, reliability_bins


def test_brier_of_the_textbook_example() -> None:
    # HEDGING 9 no. 17 (scikit-learn's documentation).
    assert brier([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0]) == pytest.approx(0.0375)


def test_the_parts_of_brier_add_up() -> None:
    # HEDGING 9 no. 18.
    said = [0.1] * 10 + [0.5] * 10 + [0.9] * 10
    happened = [1.0] * 1 + [0.0] * 9 + [1.0] * 5 + [0.0] * 5 + [1.0] * 8 + [0.0] * 2
    parts = murphy_parts(reliability_bins(said, happened))
    assert parts.reliability == pytest.approx(0.0033333, abs=1e-7)
    assert parts.resolution == pytest.approx(0.0822222, abs=1e-7)
    assert parts.uncertainty == pytest.approx(0.2488889, abs=1e-7)
    assert parts.reliability - parts.resolution + parts.uncertainty == pytest.approx(
        brier(said, happened)
    )
    assert brier(said, happened) == pytest.approx(0.17)


def test_log_scores_stay_finite() -> None:
    found = log_scores([0.5, 0.0, 1.0], [1.0, 1.0, 1.0])
    assert found[0] == pytest.approx(-math.log(2))
    assert found[1] == pytest.approx(math.log(1e-4))
    assert found[2] == pytest.approx(math.log1p(-1e-4))


def test_bins_hold_both_ends() -> None:
    bins = reliability_bins([0.0, 0.04, 1.0], [0.0, 1.0, 1.0])
    assert [each.events for each in bins] == [2, 1]
    assert bins[0].said == pytest.approx(0.02)
    assert bins[0].happened == 0.5


def test_whole_groups_are_drawn_anew() -> None:
    # One group speaks a hundred times: alone it proves nothing.
    differences = [0.5] * 100 + [-0.1] * 3
    groups = ["loud"] * 100 + ["a", "b", "c"]
    gain = paired_gain(differences, groups)
    assert gain.mean == pytest.approx(0.4825, abs=1e-4)
    assert gain.low < 0.0 < gain.high
    alone = paired_gain(differences, [str(place) for place in range(103)])
    assert alone.low > 0.4


def test_a_difference_that_is_always_the_same_is_certain() -> None:
    assert paired_gain([0.2, 0.2], ["a", "b"]) == pytest.approx((0.2, 0.2, 0.2))
