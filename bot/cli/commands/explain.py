"""`polyhedge explain`: what a cycle decided and why, and whether it would decide the same again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json, read_settings
from bot.errors import LedgerError, StrategyError

if TYPE_CHECKING:
    from bot.engine.explain import Explained
    from bot.ledger import Recorded


@click.command("explain")
@click.argument("cycle", type=int, required=False)
@config_option
@json_option
def command(cycle: int | None, config: Path, *, as_json: bool) -> None:
    """Show a recorded decision (the latest without CYCLE) and decide it again."""
    from bot.app.build import program_version
    from bot.engine.explain import explain
    from bot.ledger import LedgerReader

    settings = read_settings(config)
    reader = LedgerReader.open(settings.ledger)
    try:
        recorded = reader.decision(_pick(reader.last_decision_cycle(), cycle))
    finally:
        reader.close()
    explained: Explained | None = None
    problem = ""
    try:
        explained = explain(recorded)
    except (LedgerError, StrategyError) as error:
        problem = str(error)
    if as_json:
        _print_json(recorded, explained, problem, version=program_version())
    else:
        _print(recorded, explained, problem, version=program_version())


def _pick(last: int | None, wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    if last is None:
        raise LedgerError("no cycle has decided anything yet; `polyhedge run` makes the first")
    return last


def _print_json(
    recorded: "Recorded", explained: "Explained | None", problem: str, *, version: str
) -> None:
    print_json(
        {
            "cycle": recorded.decision.cycle,
            "version": recorded.version,
            "version_now": version,
            "decision": recorded.decision,
            "again": explained.again if explained else None,
            "same_bytes": explained.same_bytes if explained else None,
            "difference": explained.difference if explained else (),
            "problem": problem,
        }
    )


def _print(
    recorded: "Recorded", explained: "Explained | None", problem: str, *, version: str
) -> None:
    from rich.text import Text

    from bot.app.sheet import sheets_of
    from bot.cli.show.explain import render_again, render_recorded
    from bot.cli.show.sheet import render_sheet
    from bot.cli.show.terminal import make_console

    console = make_console()
    console.print(render_recorded(recorded))
    for sheet in sheets_of(recorded):
        console.print(Text())
        for part in render_sheet(sheet, firings=True):
            console.print(part)
    console.print(Text())
    if explained is None:
        console.print(Text(f"It cannot be decided again: {problem}", "yellow"))
        return
    for part in render_again(explained, version=version):
        console.print(part)
