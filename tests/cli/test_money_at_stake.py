"""What a person is shown before money is staked, and at the end of a rehearsal."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from bot.app.build import open_daemon
from bot.app.rehearsal.agreement import Row
from bot.cli.confirm import confirm_first_run
from bot.cli.options import read_settings
from bot.cli.show.rehearsal import render_agreement
from bot.errors import ConfigError
from bot.model.account import Secret, TradingAccount, WalletKind

WALLET, SIGNER = "0x" + "8b" * 20, "0x" + "7a" * 20


def account(*, is_session: bool) -> TradingAccount:
    return TradingAccount(
        signer=SIGNER, wallet=WALLET, kind=WalletKind.DEPOSIT, is_session=is_session
    )


@pytest.mark.parametrize(
    ("is_session", "named"),
    [
        (True, f"deposit wallet {WALLET}, by session key {SIGNER}"),
        (False, f"{WALLET} (deposit), by key {SIGNER}"),
    ],
)
async def test_the_first_run_shows_wallet_bounds_and_worst_case(
    started: Path, capsys: pytest.CaptureFixture[str], is_session: bool, named: str
) -> None:
    settings = read_settings(started / "config.yaml")
    async with open_daemon(settings, report=_ignore, decided=_ignore) as daemon:
        funded = replace(daemon, account=account(is_session=is_session))
        await confirm_first_run(funded, is_sure=True)
    shown = capsys.readouterr().err
    assert named in shown
    assert "3,000.00 pUSD" in shown
    assert "trading halts once more than 100.00 USD were spent in 24 hours" in shown
    assert "USD a day" not in shown  # no order is held back by it, so it bounds nothing
    assert "worst case  all hedges expire worthless: 2,52" in shown
    assert "Hedges cost money on average." in shown


async def test_where_nobody_can_say_yes_nothing_begins(started: Path) -> None:
    settings = read_settings(started / "config.yaml")
    async with open_daemon(settings, report=_ignore, decided=_ignore) as daemon:
        with pytest.raises(ConfigError, match="needs a yes"):
            await confirm_first_run(daemon, is_sure=False)


def row(what: str, *, chain: str = "1.5") -> Row:
    return Row(
        actor="plain key",
        what=what,
        ledger=Decimal("1.5"),
        venue=Decimal("1.5"),
        chain=Decimal(chain),
    )


def test_a_rehearsal_ends_in_a_table_of_three_truths() -> None:
    nothing = Row(
        actor="plain key", what="other", ledger=Decimal(0), venue=Decimal(0), chain=Decimal(0)
    )
    console = Console(file=io.StringIO(), width=100)
    console.print(render_agreement([row("pUSD"), row("fed Yes", chain="2"), nothing]))
    assert isinstance(console.file, io.StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert lines[1][-4:] == ["1.500000", "1.500000", "1.500000", "agree"]
    assert lines[2][-4:] == ["1.500000", "1.500000", "2.000000", "DIFFER"]
    assert len(lines) == 3


def test_a_secret_is_found_again_and_never_shown() -> None:
    assert {Secret("a"): 1}[Secret("a")] == 1
    assert Secret("a") != Secret("b")
    assert f"{Secret('a')!r} {Secret('a')}" == "*** ***"


def _ignore(*_: object, **__: object) -> None:
    """Log nothing."""
