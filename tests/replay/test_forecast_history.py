"""The pooled forecast on real history is never worse than the market beyond noise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import forecast_history

pytestmark = pytest.mark.simulation


def test_it_is_not_worse_than_the_market_out_of_sample(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shared_data.is_dir()
    pytest.importorskip("pyarrow")

    assert forecast_history.main() == 0

    printed = capsys.readouterr().out
    counts = [int(n) for n in re.findall(r"all, one weight each: (\d+) forecasts", printed)]
    assert len(counts) == 2
    assert min(counts) > 500
    gains = re.findall(r"pooled as shipped.*?: ([-+.\d]+) \(([-+.\d]+) to ([-+.\d]+)\)", printed)
    for mean, low, high in gains:
        assert float(low) <= float(mean) <= float(high)


def test_without_recorded_data_it_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(forecast_history, "DATA", tmp_path)
    assert forecast_history.main() == 0
    assert "skipped" in capsys.readouterr().out
