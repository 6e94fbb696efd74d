"""The exposure map for people: the portfolio by tag, then each event by holding."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.app.exposure_map import GROUPS, EventMap, ExposureMap, Part
from bot.cli.show.tables import make_table
from bot.cli.show.words import instant, percent, usd

_UNKNOWN = "not known"


def render_map(drawn: ExposureMap, *, width: int) -> Iterator[RenderableType]:
    """Yield the map from the whole to the single figure."""
    yield Text(
        f"portfolio {usd(drawn.portfolio_usd_est)} · oldest price {instant(drawn.prices_as_of)}"
        if drawn.parts
        else f"portfolio {_UNKNOWN}"
    )
    if drawn.unpriced:
        names = ", ".join(drawn.unpriced)
        yield Text(f"left out, no price: {names}. No new premium is spent until then.", "yellow")
    yield Text()
    yield _render_parts(drawn.parts, whole=drawn.portfolio_usd_est)
    yield Text()
    yield _render_events(drawn.events, width=width)
    for event in drawn.events:
        yield Text()
        yield from _render_event(event, width=width, has_unpriced=bool(drawn.unpriced))


def _render_parts(parts: Iterable[Part], *, whole: float | None) -> Table:
    """Return one line for each group of tags; with shares of ``whole`` if it is given."""
    listed = tuple(parts)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style="" if whole else "dim")
    for group in GROUPS:
        said = [_say_part(part, whole) for part in listed if part.group == group]
        grid.add_row(f"by {group}", ", ".join(said))
    return grid


def _say_part(part: Part, whole: float | None) -> str:
    share = f" ({part.usd_est / whole:.0%})" if whole else ""
    return f"{part.name} {usd(part.usd_est)}{share}"


def _render_events(events: Iterable[EventMap], *, width: int) -> RenderableType:
    rows = [
        (
            event.event,
            _usd(event.difference_usd_est),
            _UNKNOWN if event.probability is None else percent(event.probability),
            _usd(event.if_it_happens_usd_est),
            _usd(event.if_it_does_not_usd_est),
            event.adverse,
        )
        for event in events
    ]
    titles = ("event", "difference", "market", "if it happens", "if it does not", "outcome")
    return make_table(titles, rows, width=width, flexible="outcome")


def _render_event(event: EventMap, *, width: int, has_unpriced: bool) -> Iterator[RenderableType]:
    yield Text.assemble((event.event, "bold"), f"  {_usd(event.difference_usd_est)}  ", event.why)
    if event.problem:
        yield Text(f"the market's probability is not known: {event.problem}", "yellow")
    if not event.lines:
        touched = "no holding is touched: look at impact in its file"
        yield Text("no holding with a price is touched" if has_unpriced else touched, "yellow")
        return
    rows = [
        (line.symbol, usd(line.worth_usd_est), usd(line.change_usd_est), line.because)
        for line in event.lines
    ]
    yield make_table(("holding", "worth", "changes by", "because"), rows, width=width,
                     flexible="because")  # fmt: skip
    yield _render_parts(event.parts, whole=None)


def _usd(number: float | None) -> str:
    return _UNKNOWN if number is None else usd(number)
