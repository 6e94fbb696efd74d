"""The doctor's lines, and the table of public payloads."""

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from bot.cli.show.tables import Cell, make_table
from bot.owner.findings import Finding, State
from bot.owner.public import Seen, Verdict, broken_fields
from bot.owner.shapes import Fit

_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}
_MOST_FIELDS = 8
_COUNTED = (Fit.AS_EXPECTED, Fit.LEFT_OUT, Fit.NEW, Fit.MISSING, Fit.OTHER_KIND)


def render_findings(findings: Iterable[Finding]) -> Table:
    """Return a line for each finding, with what to do behind an arrow."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in findings:
        remedy = f" -> {each.remedy}" if each.remedy else ""
        state = Text(each.state, style=_STYLES[each.state])
        table.add_row(state, each.topic, Text(f"{each.text}{remedy}"))
    return table


def render_public(seen: Iterable[Seen], *, width: int) -> Table:
    """Return a line for each payload: what became of it and how its fields meet our model."""
    titles = ("payload", "verdict", *(str(fit) for fit in _COUNTED))
    rows: list[tuple[Cell, ...]] = [
        (each.name, _verdict(each), *(str(each.count(fit) or "-") for fit in _COUNTED))
        for each in seen
    ]
    return make_table(titles, rows, width=width, flexible="payload", left=("verdict",))


def _verdict(seen: Seen) -> Text:
    return Text(seen.verdict, style="green" if seen.verdict is Verdict.READ else "bold red")


def say_problems(seen: Iterable[Seen]) -> Iterator[str]:
    """Yield why a payload is not well, and which of its fields our model cannot do with."""
    for each in seen:
        if each.problem:
            yield f"{each.name}: {each.problem}"
        fields = broken_fields(each)
        if fields:
            words = [
                f"{field.path or 'all of it'} is {field.was or 'absent'}, must be {field.expected}"
                for field in fields[:_MOST_FIELDS]
            ]
            more = f", and {len(fields) - _MOST_FIELDS} more" if len(fields) > _MOST_FIELDS else ""
            yield f"{each.name}: {'; '.join(words)}{more}"
