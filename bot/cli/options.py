"""Options that several commands have, and what they read."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_option(command: _Command) -> _Command:
    """Add ``--config``."""
    return click.option(
        "--config",
        "config",
        type=click.Path(path_type=Path),
        default=Path("config.yaml"),
        show_default=True,
        help="The settings to use.",
    )(command)


def json_option(command: _Command) -> _Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(command)


class DurationType(click.ParamType[timedelta]):
    """``90s``, ``5m``, ``4h`` or ``2d``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read the text; a bare number fails with its likely readings."""
        from bot.model.text import read_duration

        if isinstance(value, timedelta):
            return value
        try:
            return read_duration(value)
        except ValueError as error:
            self.fail(f"it {error}", param, ctx)


class InstantType(click.ParamType["datetime"]):
    """``2024-09-01T13:30:00Z``, or ``2024-09-01`` for its first instant."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "datetime":
        """Read the text as aware UTC."""
        from bot.model.text import read_instant

        try:
            return read_instant(value if "T" in value else f"{value}T00:00:00Z")
        except ValueError as error:
            self.fail(f"it {error}", param, ctx)


def read_settings(config: Path) -> "Settings":
    """Read the config file.

    Raises:
        ConfigError: There is none, or it cannot be used.
    """
    from bot.config import load_settings

    if not config.exists():
        raise ConfigError(
            f"There is no {config} here. `polyhedge init` writes one with examples to start from;"
            " --config names another file."
        )
    return load_settings(config, os.environ)


def print_json(record: object) -> None:
    """Print any record of ours as JSON: money as text, estimates as numbers, times in UTC."""
    import msgspec

    body = msgspec.json.encode(record, order="deterministic")
    click.echo(msgspec.json.format(body, indent=1).decode())


def history_options(command: _Command) -> _Command:
    """Add ``--data``, ``--from``, ``--to``, ``--venue`` and ``--fees``: which history is run."""
    options = (
        click.option(
            "--data",
            "folder",
            type=click.Path(path_type=Path),
            required=True,
            help="The folder of recordings: polymarket_daily, predictit, prices.",
        ),
        click.option(
            "--from",
            "since",
            type=InstantType(),
            required=True,
            help="Begin here: 2024-01-01.",
        ),
        click.option(
            "--to", "until", type=InstantType(), required=True, help="End here: 2026-03-31."
        ),
        click.option(
            "--venue",
            type=click.Choice(("polymarket", "predictit")),
            default="polymarket",
            show_default=True,
            help="Whose history; PredictIt is another venue and is never pooled with Polymarket.",
        ),
        click.option(
            "--fees",
            type=click.Choice(("dated", "today", "none")),
            default="dated",
            show_default=True,
            help="Fees of each day, today's on every day, or none.",
        ),
    )
    for option in reversed(options):  # the last one added stands first in the help
        command = option(command)
    return command


def read_reason(ctx: click.Context, param: click.Parameter, reason: str) -> str:  # noqa: ARG001
    """Return a reason; an empty one fails, because somebody will want to know it later."""
    if not reason.strip():
        raise click.BadParameter('it is empty. Write why, such as "checked by hand".')
    return reason.strip()


def warn_of_source(event: str, **keys: object) -> None:
    """Tell on stderr of a source that fails; what it leaves out is shown as not known."""
    if event == "source.failed":
        from bot.cli.show.words import about

        why = keys.get("error") or keys.get("problem")
        click.echo(about(str(keys.get("source")), str(why)), err=True)
