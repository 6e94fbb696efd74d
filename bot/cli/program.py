"""The command `polyhedge`: finds the subcommand, and turns errors into messages and exit codes.

0 done, 1 our fault, 2 the user's files, 3 the world. A command's module is imported when the
command is used, so that `check` does not wait for what `run` needs.
"""

from importlib import import_module

import click

from bot import __version__
from bot.errors import BotError, DataError, LedgerError, SourceDown, UserError, VenueError

COMMANDS = (
    "init", "check", "exposure", "markets", "plan", "run", "status", "health", "explain",
    "forecast", "report", "stress", "replay", "data", "backtest", "sweep", "record", "halt",
    "resume", "reconcile", "adopt", "wallet", "doctor", "owner", "sandbox", "rehearse",
)  # fmt: skip
"""In the order in which a newcomer meets them."""

USER_FAULT, WORLD_FAULT, OUR_FAULT = 2, 3, 1
INTERRUPTED = 130
"""Ctrl-C where nothing was begun that must be ended, as shells have it: 128 and SIGINT's 2."""


class Commands(click.Group):
    """The subcommands, each in the module of its name under ``bot/cli/commands``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command; None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"bot.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with the closest name."""
        name = args[0]
        if not name.startswith("-") and name not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(name, COMMANDS, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"There are: {', '.join(COMMANDS)}."
            ctx.fail(f"'{name}' is not a command. {hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of ours becomes a message and an exit code."""
        try:
            return super().invoke(ctx)
        except BotError as error:
            remedy = ". Is the network up? Starting again is safe"
            click.echo(f"{error}{remedy if isinstance(error, SourceDown) else ''}", err=True)
            ctx.exit(exit_code(error))
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            ctx.exit(INTERRUPTED)


def exit_code(error: BotError) -> int:
    """Return the exit code of an error."""
    if isinstance(error, UserError):
        return USER_FAULT
    if isinstance(error, LedgerError | DataError | VenueError):
        return WORLD_FAULT
    return OUR_FAULT


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="polyhedge")
def main() -> None:
    """Hedge what you own against real-world events, with Polymarket positions.

    Start with: polyhedge init
    """
