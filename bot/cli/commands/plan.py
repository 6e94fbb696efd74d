"""`polyhedge plan`: one cycle with all its reasons, and no order sent."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json, read_settings, warn_of_source

if TYPE_CHECKING:
    from bot.app.preview import Preview


@click.command("plan")
@config_option
@json_option
@click.option(
    "--alternatives", is_flag=True, help="Compare other instruments for the same losses instead."
)
@click.pass_context
def command(ctx: click.Context, config: Path, *, as_json: bool, alternatives: bool) -> None:
    """Show what would be traded now, and why; sends nothing."""
    from bot.app.preview import preview
    from bot.app.sheet import make_sheets
    from bot.core.tail import measure_tail

    settings = read_settings(config)
    seen = asyncio.run(preview(settings, report=warn_of_source))
    for problem in seen.broken.values():
        click.echo(problem, err=True)
    if as_json:
        sheets = make_sheets(seen.view, seen.decision, seen.strategies, instruments=alternatives)
        decision, view = seen.decision, seen.view
        print_json(
            {
                "at": view.now,
                "portfolio_usd_est": view.portfolio.usd_est,
                "cash_usd": view.account.cash_usd,
                "limits": view.limits,
                "halted": view.halted,
                "notes": decision.notes,
                "events": sheets,
                "worst_5_percent": measure_tail(view, seen.strategies, decision),
                "cancels": decision.cancels,
                "orders": decision.approved,
                "denials": decision.denials,
            }
        )
    else:
        _print(seen, alternatives=alternatives)
    if seen.broken:
        ctx.exit(2)


def _print(seen: "Preview", *, alternatives: bool) -> None:
    from rich.text import Text

    from bot.app.sheet import make_sheets
    from bot.cli.show.instruments import render_instruments
    from bot.cli.show.plan import render_glance, render_head, render_orders, render_tail
    from bot.cli.show.sheet import render_sheet
    from bot.cli.show.terminal import make_console
    from bot.core.tail import measure_tail

    console = make_console()
    sheets = make_sheets(seen.view, seen.decision, seen.strategies, instruments=alternatives)
    console.print(render_head(seen.view))
    if alternatives:
        for part in render_instruments(sheets, width=console.width):
            console.print(part)
        return
    console.print(Text())
    console.print(render_glance(sheets, width=console.width))
    tail = measure_tail(seen.view, seen.strategies, seen.decision)
    if tail is not None:
        console.print(render_tail(tail))
    for sheet in sheets:
        console.print(Text())
        for part in render_sheet(sheet, firings=False):
            console.print(part)
    console.print(Text())
    for part in render_orders(seen.view, seen.decision):
        console.print(part)
