"""`polyhedge forecast`: what is forecast now, and how good forecasts were so far."""

from pathlib import Path

import click

from bot.cli.options import config_option, json_option, print_json, read_settings
from bot.errors import ConfigError


@click.command("forecast")
@config_option
@json_option
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a reliability plot as SVG: what was said against what came of it.",
)
def command(config: Path, plot: Path | None, *, as_json: bool) -> None:
    """Show the track record: each signal against the market at the same instants."""
    from bot.app.track import read_track
    from bot.ledger import LedgerReader

    settings = read_settings(config)
    reader = LedgerReader.open(settings.ledger)
    try:
        track = read_track(reader)
    finally:
        reader.close()
    if plot is not None:
        from bot.cli.show.reliability import draw_reliability

        _write(plot, draw_reliability(track.scores))
    if as_json:
        print_json(
            {
                "awaited": track.awaited,
                "weaknesses": track.weaknesses,
                "resolved": track.resolved,
                "scores": track.scores,
                "learned": track.learned,
            }
        )
        return
    from bot.cli.show.forecast import render_track
    from bot.cli.show.terminal import make_console

    console = make_console()
    for part in render_track(track, width=console.width):
        console.print(part)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written ({error.strerror}). Name another file with --plot."
        ) from None
