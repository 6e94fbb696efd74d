"""What a person says yes to before the daemon first trades with their money."""

import sys
from typing import TYPE_CHECKING

import click

from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.app.build import Daemon
    from bot.model.account import TradingAccount


async def confirm_first_run(daemon: "Daemon", *, is_sure: bool) -> None:
    """Show wallet, bounds and worst case, and ask.

    Raises:
        ConfigError: There is nobody to ask, and no ``--yes``.
        click.Abort: No.
    """
    click.echo(await _say(daemon), err=True)
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{daemon.settings.path}: the first live run on {daemon.settings.ledger} needs a yes,"
            " and there is no terminal to ask on. Nothing was sent. Start it once by hand, or add"
            " --yes."
        )
    click.confirm("Trade with this wallet?", abort=True, err=True)


async def _say(daemon: "Daemon") -> str:
    settings, ports = daemon.settings, daemon.ports
    portfolio = await ports.portfolio.read(ports.clock.now())
    limits = ports.terms.limits(portfolio)
    cash = (await ports.venue.balances()).cash_usd
    names = ", ".join(sorted(s.event for s in ports.strategies.reload().strategies))
    return "\n".join(
        (
            "This is live trading with real money.",
            "",
            f"  wallet      {_name(daemon.account)}",
            f"  money       {cash:,.2f} pUSD",
            f"  venue       {settings.polymarket.clob_url}",
            f"  strategies  {names or 'none'} ({settings.strategies})",
            f"  bounds      at most {limits.max_total_usd:,.2f} USD in all hedges at once,"
            f" {limits.premium_budget_usd:,.2f} USD of premium in 365 days;",
            "              trading halts once more than"
            f" {settings.live.max_premium_per_day_usd:,.2f} USD were spent in 24 hours",
            f"  worst case  all hedges expire worthless: {limits.premium_budget_usd:,.2f} USD lost"
            " in a year. Hedges cost money on average.",
            f'  to stop     polyhedge halt "why", or make a file named {settings.halt_file}',
            "",
        )
    )


def _name(account: "TradingAccount | None") -> str:
    if account is None:
        return "none"
    kind = account.kind.name.lower()
    if account.is_session:
        return f"{kind} wallet {account.wallet}, by session key {account.signer}"
    return f"{account.wallet} ({kind}), by key {account.signer}"
