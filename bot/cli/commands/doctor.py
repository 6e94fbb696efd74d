"""`polyhedge doctor`: is everything ready to trade live? It never trades and signs no transaction.

``--public`` needs no key: it asks whether the venue still speaks the way we learned it.
"""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import config_option, json_option, print_json, read_settings
from bot.cli.owner import keystore_option

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.model.units import OrderId, Usd
    from bot.owner.findings import Finding
    from bot.owner.public_report import PublicReport
    from bot.venues.polymarket.settings import Endpoints

_LISTEN_S = 10.0


@click.command("doctor")
@config_option
@json_option
@keystore_option
@click.option("--public", is_flag=True, help="Read public payloads only: no key, no orders.")
@click.option("--address", help="With --public: an address whose positions are read too.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("polyhedge-public.json"),
    show_default=True,
    help="With --public: the file to write for us.",
)
@click.option(
    "--listen", type=float, default=_LISTEN_S, show_default=True,
    help="With --public: seconds to listen to the stream.",
)  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    config: Path,
    *,
    keystore: Path | None,
    address: str | None,
    report: Path,
    listen: float,
    as_json: bool,
    public: bool,
) -> None:
    """Look at all that live trading needs, and say what to do where it is not there."""
    if public:
        found = _look_at_public(_endpoints(config), address=address, listen=listen)
        _tell_public(found, report, as_json=as_json)
        ctx.exit(0 if found.is_well else 3)
    findings = _examine(config, keystore)
    _tell(findings, as_json=as_json)
    from bot.owner.doctor import exit_code

    ctx.exit(exit_code(findings))


def _examine(config: Path, keystore: Path | None) -> "tuple[Finding, ...]":
    from bot.cli.owner import owner_of, world_of
    from bot.errors import CredentialError
    from bot.owner.doctor import examine, examine_world
    from bot.owner.examined import Examined
    from bot.owner.findings import fail
    from bot.owner.private import log_in
    from bot.owner.setup import make_chain

    settings = read_settings(config)
    world, setup, problem = world_of(settings), None, ""
    try:
        setup = owner_of(settings, keystore)
    except CredentialError as error:
        problem = str(error)
    need, known = _need(settings), _known_orders(settings)

    async def act() -> "tuple[Finding, ...]":
        chain = make_chain(world)
        try:
            if setup is None:
                nothing = fail("key", problem, "then look again: the rest needs it")
                return (nothing, *await examine_world(world, chain))
            examined = Examined(setup=setup, chain=chain, need_usd=need, known_orders=known)
            return await examine(examined, login=lambda: log_in(setup))
        finally:
            await chain.close()

    return asyncio.run(act())


def _need(settings: "Settings") -> "Usd":
    """Return the most that the strategies may stake, USD, within the bounds of live mode."""
    from bot.model.units import Usd
    from bot.strategy import load_strategies

    strategies, _ = load_strategies(settings.strategies)
    premiums = sum((each.limits.max_premium_usd for each in strategies), Decimal(0))
    return Usd(min(settings.live.max_total_usd, premiums or settings.live.max_total_usd))


def _known_orders(settings: "Settings") -> "frozenset[OrderId]":
    """Return every order of the ledger; a ledger that is not there yet knows none."""
    from bot.ledger import LedgerReader

    if not settings.ledger.exists():
        return frozenset()
    ledger = LedgerReader.open(settings.ledger)
    try:
        return frozenset(order.order_id for order in ledger.orders())
    finally:
        ledger.close()


def _tell(findings: "tuple[Finding, ...]", *, as_json: bool) -> None:
    if as_json:
        print_json(findings)
        return
    from bot.cli.show.doctor import render_findings
    from bot.cli.show.terminal import make_console

    make_console().print(render_findings(findings))


def _look_at_public(
    endpoints: "Endpoints", *, address: str | None, listen: float
) -> "PublicReport":
    from bot.clock import SystemClock
    from bot.owner.public_report import look_at_public
    from bot.venues.polymarket.settings import Pace

    return asyncio.run(
        look_at_public(
            endpoints=endpoints, clock=SystemClock(), pace=Pace(), address=address, listen_s=listen
        )
    )


def _endpoints(config: Path) -> "Endpoints":
    """Return the addresses of the config; the venue's own where there is none yet."""
    if not config.exists():
        from bot.venues.polymarket.settings import PRODUCTION

        return PRODUCTION
    from bot.app.sources import endpoints

    return endpoints(read_settings(config))


def _tell_public(found: "PublicReport", path: Path, *, as_json: bool) -> None:
    from bot.owner.public_report import write_report

    write_report(found, path)
    if as_json:
        print_json(found)
        return
    from bot.cli.show.doctor import render_public, say_problems
    from bot.cli.show.terminal import make_console

    console = make_console()
    console.print(render_public(found.seen, width=console.width))
    problems = list(say_problems(found.seen))
    click.echo("".join(f"\n{line}" for line in problems))
    click.echo(
        f"\nWritten to {path}: the fields and the beginning of each public payload. It holds no"
        "\nkey, no address and nothing of yours. Send it to us, well or not: production was out of"
        "\nreach where this program was written."
    )
