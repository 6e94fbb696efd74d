"""`polyhedge rehearse`: live mode from key to payout, at a venue and a chain of this machine."""

import asyncio
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.app.rehearsal.agreement import Row


@click.command("rehearse")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write all files into this new folder and leave them there.",
)
@click.pass_context
def command(ctx: click.Context, keep: Path | None) -> None:
    """Rehearse live trading without money: nothing leaves this machine."""
    if keep is not None and keep.exists():
        raise click.BadParameter(f"{keep} exists. Name a new folder.", param_hint="--keep")
    with nullcontext(keep) if keep else tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(_rehearse(Path(folder)))
    from bot.cli.show.rehearsal import render_agreement
    from bot.cli.show.terminal import make_console

    console = make_console()
    console.print(render_agreement(rows))
    if not all(row.agrees for row in rows):
        click.echo("ledger, venue and chain do not agree", err=True)
        ctx.exit(1)
    click.echo("ledger, venue and chain agree to the last unit")


async def _rehearse(folder: Path) -> "tuple[Row, ...]":
    from bot.app.rehearsal.scenery import open_scenery
    from bot.app.rehearsal.story import Story
    from bot.clock import SystemClock

    clock = SystemClock()
    began = clock.monotonic()

    def tell(text: str) -> None:
        click.echo(f"{clock.monotonic() - began:5.1f} s  {text}")

    async with open_scenery(clock) as scenery:
        tell("a local venue and a local chain are up; every address leads to this machine")
        return await Story(scenery=scenery, folder=folder, tell=tell).play()
