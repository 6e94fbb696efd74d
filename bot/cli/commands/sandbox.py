"""`polyhedge sandbox`: a local exchange with a chain behind it, to try everything without money."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import read_settings

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.clock import Clock
    from bot.sandbox.chain import LocalChain
    from bot.sandbox.server import Sandbox
    from bot.venues.polymarket.settings import Endpoints
    from bot.venues.ports import MarketData

_USD = 1_000
_SEED = 1


@click.command("sandbox")
@click.option(
    "--market-data",
    "quotes",
    type=click.Choice(["practice", "recorded"]),
    default="practice",
    show_default=True,
    help="Whose books stand on it.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    help="Where the recording is named.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_533),
    default=0,
    show_default=True,
    help="Of REST; the two streams take the next two. 0: free ones.",
)
def command(quotes: str, config: Path, port: int) -> None:
    """Run a local Polymarket on 127.0.0.1 until Ctrl-C: nothing on it is worth anything."""
    asyncio.run(_run(quotes, config, port))


async def _run(quotes: str, config: Path, port: int) -> None:
    from bot.app.signals import stop_on_signals
    from bot.clock import SystemClock
    from bot.sandbox.chain import LocalChain
    from bot.sandbox.feed import Feed
    from bot.sandbox.server import Sandbox

    clock, stop = SystemClock(), asyncio.Event()
    stop_on_signals(stop)
    source, ahead = _source(quotes, config, clock)
    async with (
        LocalChain(clock=clock, starts_at=clock.now()) as chain,
        Sandbox(markets=(), clock=clock, chain=chain, port=port) as sandbox,
    ):
        feed = Feed(source=source, sandbox=sandbox, chain=chain, clock=clock, ahead=ahead)
        try:
            await feed.start()
            lines = [*_addresses(sandbox.endpoints), "", *await _accounts(chain, sandbox)]
            click.echo("\n".join(lines))
            click.echo(f"\n{len(sandbox.exchange.markets)} markets stand on it; Ctrl-C ends it")
            await feed.run(stop)
        finally:
            await source.close()


def _source(quotes: str, config: Path, clock: "Clock") -> "tuple[MarketData, timedelta]":
    """Return where books come from, and how far its time is behind ours."""
    from datetime import timedelta

    if quotes == "practice":
        from bot.venues.practice.source import PracticeMarketData

        source = PracticeMarketData(clock=clock, seed=_SEED, start=clock.now())
        return source, timedelta(0)
    from bot.app.sources import first_instant, open_tape
    from bot.sandbox.feed import ShiftedClock
    from bot.venues.recorded.source import RecordedMarketData

    settings = read_settings(config)
    ahead = clock.now() - first_instant(settings)
    shifted = ShiftedClock(clock=clock, by=-ahead)
    return RecordedMarketData(clock=shifted, tape=open_tape(settings)), ahead


def _addresses(endpoints: "Endpoints") -> list[str]:
    """Return the settings that turn the program to the sandbox."""
    return [
        "polymarket:",
        f"  gamma_url: {endpoints.gamma}",
        f"  clob_url: {endpoints.clob}",
        f"  data_url: {endpoints.data}",
        f"  market_ws_url: {endpoints.market_stream}",
        f"  user_ws_url: {endpoints.user_stream}",
        f"  relayer_url: {endpoints.relayer}",
        f"  rpc_url: {endpoints.rpc}",
        f"  geoblock_url: {endpoints.geoblock}",
    ]


async def _accounts(chain: "LocalChain", sandbox: "Sandbox") -> list[str]:
    """Set up an EOA and a deposit wallet, and return what must be known to use them."""
    from decimal import Decimal

    from bot.model.units import Usd
    from bot.sandbox.chain.orders import address_of

    plain, owner = chain.accounts[2], chain.accounts[3]
    eoa, wallet = address_of(plain), await chain.deploy_wallet(address_of(owner))
    for each in (eoa, wallet):
        await chain.mint(each, Usd(Decimal(_USD)))
        await chain.approve_all(each)
    builder = sandbox.accounts.builder_key(address_of(owner))
    return [
        "# two accounts with money and approvals; their keys are known to all the world",
        f"# EOA {eoa}",
        f"#   key {plain.reveal()}",
        f"# deposit wallet {wallet} of {address_of(owner)}",
        f"#   key {owner.reveal()}",
        f"#   builder key {builder.key}",
        f"#   secret {builder.secret}",
        f"#   passphrase {builder.passphrase}",
        "# any relayer key is good",
    ]
