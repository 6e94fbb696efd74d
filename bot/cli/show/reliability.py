"""A reliability plot as SVG, without a library: what was said against what came of it."""

from collections.abc import Iterator, Sequence
from math import sqrt

from bot.core.track import FORECAST, SourceScore
from bot.model.signal import MARKET

_SIZE, _EDGE = 420, 50
_SIDE = _SIZE - 2 * _EDGE
_COLOURS = {MARKET: "#888888", FORECAST: "#0b62c4"}


def draw_reliability(scores: Sequence[SourceScore]) -> str:
    """Return the plot of the first forecast of each market; the axes alone without any score.

    A circle is a tenth of the scale; its area goes with the number of forecasts in it. On the
    diagonal, what was said is what came of it.
    """
    return "\n".join([*_frame(), *_circles(scores), *_legend(), "</svg>", ""])


def _frame() -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}"'
        f' width="{_SIZE}" height="{_SIZE}" font-family="sans-serif" font-size="12">'
    )
    yield f'<rect width="{_SIZE}" height="{_SIZE}" fill="white"/>'
    x0, y0, x1, y1 = _x(0.0), _y(0.0), _x(1.0), _y(1.0)
    yield f'<path d="M{x0} {y1}V{y0}H{x1}" fill="none" stroke="black"/>'
    yield f'<path d="M{x0} {y0}L{x1} {y1}" stroke="black" stroke-dasharray="4 4"/>'
    for tenth in range(0, 11, 2):
        share = tenth / 10
        yield f'<text x="{_x(share)}" y="{y0 + 16}" text-anchor="middle">{tenth * 10}%</text>'
        yield f'<text x="{x0 - 6}" y="{_y(share) + 4}" text-anchor="end">{tenth * 10}%</text>'
    yield f'<text x="{_SIZE / 2}" y="{_SIZE - 12}" text-anchor="middle">said</text>'
    yield f'<text x="14" y="{_EDGE - 20}">happened</text>'


def _circles(scores: Sequence[SourceScore]) -> Iterator[str]:
    for score in scores:
        colour = _COLOURS.get(score.source)
        if colour is None or score.horizon_days is not None:
            continue
        for each in score.bins:
            radius = 3 + 12 * sqrt(each.events / score.markets)
            yield (
                f'<circle cx="{_x(each.said)}" cy="{_y(each.happened)}" r="{radius:.1f}"'
                f' fill="{colour}" fill-opacity="0.5"><title>{score.source}: said'
                f" {each.said:.1%}, happened {each.happened:.1%}, {each.events} times"
                "</title></circle>"
            )


def _legend() -> Iterator[str]:
    for place, (name, colour) in enumerate(_COLOURS.items()):
        y = _EDGE + 6 + 18 * place
        yield f'<circle cx="{_EDGE + 16}" cy="{y}" r="6" fill="{colour}" fill-opacity="0.5"/>'
        yield f'<text x="{_EDGE + 28}" y="{y + 4}">{name}</text>'


def _x(share: float) -> float:
    return round(_EDGE + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_SIZE - _EDGE - share * _SIDE, 1)
