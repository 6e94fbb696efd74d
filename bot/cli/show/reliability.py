"""A reliability plot as SVG, without a library: what was said against what came of it."""

from collections.abc import Iterator, Sequence
from math import sqrt

from bot.core.scores import Bin
from bot.core.track import FORECAST, SourceScore
from bot.model.signal import MARKET

_SIZE, _EDGE = 440, 56
_SIDE = _SIZE - 2 * _EDGE
_LOOKS = {
    MARKET: 'fill="white" fill-opacity="0.6" stroke="#777777" stroke-width="1.5"',
    FORECAST: 'fill="#0b62c4" fill-opacity="0.6" stroke="#0b62c4" stroke-width="1.5"',
}
"""A ring and a disc: told apart without colours too."""
_LINES = {MARKET: "#777777", FORECAST: "#0b62c4"}
_Z = 1.96


def draw_reliability(scores: Sequence[SourceScore]) -> str:
    """Return the plot of the first forecast of each market; the axes alone without any score.

    A circle is a tenth of the scale; its area goes with the number of forecasts in it, and its
    line holds 95% of what chance alone would make of so few (Wilson's interval). On the diagonal,
    what was said is what came of it.
    """
    shown = [each for each in scores if each.source in _LOOKS and each.horizon_days is None]
    return "\n".join([*_frame(shown), *_circles(shown), "</svg>", ""])


def _frame(shown: Sequence[SourceScore]) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}"'
        f' width="{_SIZE}" height="{_SIZE}" font-family="sans-serif" font-size="12">'
    )
    yield f'<rect width="{_SIZE}" height="{_SIZE}" fill="white"/>'
    x0, y0, x1, y1 = _x(0.0), _y(0.0), _x(1.0), _y(1.0)
    for tenth in range(0, 11, 2):
        share = tenth / 10
        grid = f"M{_x(share)} {y0}V{y1}M{x0} {_y(share)}H{x1}"
        yield f'<path d="{grid}" fill="none" stroke="#e4e4e4"/>'
        yield f'<text x="{_x(share)}" y="{y0 + 22}" text-anchor="middle">{tenth * 10}%</text>'
        yield f'<text x="{x0 - 12}" y="{_y(share) + 4}" text-anchor="end">{tenth * 10}%</text>'
    yield f'<path d="M{x0} {y0}L{x1} {y1}" stroke="black" stroke-dasharray="4 4"/>'
    count = max((each.markets for each in shown), default=0)
    said = f"first forecasts of {count:,} markets" if count else "no market has resolved yet"
    yield f'<text x="{_SIZE / 2}" y="{_SIZE - 10}" text-anchor="middle">said ({said})</text>'
    yield f'<text x="{x0 - 40}" y="{y1 - 24}">happened</text>'
    yield from _legend()


def _legend() -> Iterator[str]:
    """Yield the names, above the plot: inside it they would hide what came true."""
    y = _EDGE - 28
    for place, (name, look) in enumerate(_LOOKS.items()):
        x = _SIZE - _EDGE - 150 + 80 * place
        yield f'<circle class="legend" cx="{x}" cy="{y}" r="6" {look}/>'
        yield f'<text x="{x + 12}" y="{y + 4}">{name}</text>'


def _circles(shown: Sequence[SourceScore]) -> Iterator[str]:
    for score in shown:
        for each in score.bins:
            x, (low, high) = _x(each.said), _chance(each)
            line = f'stroke="{_LINES[score.source]}" stroke-opacity="0.6"'
            yield f'<path d="M{x} {_y(low)}V{_y(high)}" {line}/>'
            radius = 3 + 9 * sqrt(each.events / score.markets)
            yield (
                f'<circle cx="{x}" cy="{_y(each.happened)}" r="{radius:.1f}"'
                f" {_LOOKS[score.source]}><title>{score.source}: said"
                f" {each.said:.1%}, happened {each.happened:.1%}, {each.events} times"
                "</title></circle>"
            )


def _chance(found: Bin) -> tuple[float, float]:
    """Return Wilson's interval of a share of so many."""
    n, share = found.events, found.happened
    scale = 1.0 + _Z**2 / n
    middle = (share + _Z**2 / (2 * n)) / scale
    half = _Z * sqrt(share * (1.0 - share) / n + _Z**2 / (4 * n * n)) / scale
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _x(share: float) -> float:
    return round(_EDGE + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_SIZE - _EDGE - share * _SIDE, 1)
