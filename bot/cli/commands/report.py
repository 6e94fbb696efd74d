"""`polyhedge report`: what hedging did, measured and drawn, with what it does not show."""

from pathlib import Path

import click

from bot.cli.options import config_option, json_option, print_json, read_settings
from bot.errors import ConfigError, LedgerError


@click.command("report")
@config_option
@json_option
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="Of a backtest, or another one; else that of the config.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    help="The page to write; one that is there is replaced.",
)
@click.option(
    "--variants",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many sets of options were tried before this one was chosen, itself included.",
)
def command(
    config: Path, ledger: Path | None, output: Path, variants: int, *, as_json: bool
) -> None:
    """Report what the hedges of a ledger did: backtest, paper and live alike."""
    from bot.ledger import LedgerReader
    from bot.report.evidence import gather, last_instant
    from bot.report.findings import measure
    from bot.report.page import draw_page

    path = ledger or read_settings(config).ledger
    reader = LedgerReader.open(path)
    try:
        now = last_instant(reader)
        if now is None:
            raise LedgerError(f"ledger {path} holds no cycle yet; `polyhedge run` makes them")
        evidence = gather(reader, now=now)
    finally:
        reader.close()
    found = measure(evidence, variants=variants)
    _write(output, draw_page(evidence, found, now=now))
    if as_json:
        print_json({"findings": found, "refusals": evidence.refusals, "lives": evidence.lives})
        return
    from bot.cli.show.report import render_report
    from bot.cli.show.terminal import make_console

    console = make_console()
    for part in render_report(evidence, found, width=console.width):
        console.print(part)
    console.print(f"\nThe page is {output}", soft_wrap=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written ({error.strerror}). Name another file with --output."
        ) from None
