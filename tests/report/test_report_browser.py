"""The hedge report in a real browser: offline, without scripts, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Typed, here, type_in
from tests.report.chromium import Tab, open_tab
from tests.report.test_report import folder

__all__ = ["folder", "here", "type_in"]

pytestmark = pytest.mark.browser

WIDTHS = {"desk": 1280, "phone": 390}
CHARTS = """[...document.querySelectorAll('svg')].map(svg => {
  const box = node => { const r = node.getBoundingClientRect();
    return [r.left, r.top, r.right, r.bottom]; };
  return {
    says: svg.getAttribute('aria-label'), box: box(svg),
    marks: [...svg.querySelectorAll('g[id^=line2d] > path, g[id*=Collection] path, use')].filter(
      node => { const r = node.getBoundingClientRect(); return r.width + r.height > 0; }).length,
    words: [...svg.querySelectorAll('text')].map(
      node => ({text: node.textContent, box: box(node),
                size: node.getBoundingClientRect().height})),
  };
})"""
Box = tuple[float, float, float, float]


@pytest.fixture(params=tuple(WIDTHS.values()), ids=tuple(WIDTHS))
def tab(
    folder: Path, type_in: Typed, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Tab]:
    """The report of a finished backtest, open."""
    answer = type_in("report", "--ledger", "new.db", "--output", "page.html")
    assert answer.exit_code == 0, answer.output
    with open_tab(tmp_path / "profile") as opened:
        opened.open(folder / "page.html", width=request.param, height=900)
        yield opened


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share more than the rounding of a pixel."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > 1.0 and high > 1.0


def test_the_report_can_be_read_in_a_browser(tab: Tab) -> None:
    assert tab.complaints == []
    assert [url[:5] for url in tab.requests] == ["file:"]
    assert tab.find("document.body.innerText").startswith("Hedge report: a backtest")
    root = "document.documentElement"
    assert tab.find(f"{root}.scrollWidth") <= tab.find("innerWidth")
    charts = tab.find(CHARTS)
    assert len(charts) == 5
    for chart in charts:
        left, top, right, bottom = chart["box"]
        assert right - left > 300, chart["says"]
        assert bottom - top > 80, chart["says"]
        assert chart["marks"] > 0, chart["says"]
        words = chart["words"]
        assert len(words) > 3, chart["says"]
        for number, word in enumerate(words):
            box = word["box"]
            assert box[0] >= left - 1, (chart["says"], word)
            assert box[2] <= right + 1, (chart["says"], word)
            assert box[1] >= top - 1, (chart["says"], word)
            assert box[3] <= bottom + 1, (chart["says"], word)
            assert word["size"] >= 10, (chart["says"], word)
            over = [each["text"] for each in words[:number] if overlap(box, each["box"])]
            assert over == [], (chart["says"], word)
    # What is folded away opens by the keyboard alone.
    assert tab.find("document.querySelector('details').open") is False
    tab.find("document.querySelector('summary').focus()")
    tab.press("Enter", 13, "\r")
    assert tab.find("document.querySelector('details').open") is True
