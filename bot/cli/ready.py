"""Whether everything is ready to trade live: for `doctor`, and before the first hedge is bought."""

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.cli.owner import setup_of, world_of
from bot.errors import BotError, ConfigError, SourceDown
from bot.owner.doctor import examine, examine_world, exit_code
from bot.owner.examined import Examined
from bot.owner.findings import Finding, State, fail
from bot.owner.private import log_in
from bot.owner.setup import make_chain

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.ledger import LedgerReader
    from bot.model.account import Secret
    from bot.model.units import Usd
    from bot.owner.setup import Setup


async def check_ready(settings: "Settings", key: "Secret") -> tuple[Finding, ...]:
    """Refuse to begin where the doctor finds a fault, as long as nothing is held yet.

    Once something is held the daemon always starts, as exits must go on: what fails is returned,
    to be told.

    Raises:
        ConfigError: The user has something to do.
        SourceDown: Only the world fails.
    """
    is_begun = _is_begun(settings)
    try:
        findings = await look_at_account(settings, setup_of(settings, settings.keystore, key))
    except BotError as error:
        if not is_begun:
            raise
        return (fail("doctor", str(error), "type: polyhedge doctor"),)
    bad = tuple(each for each in findings if each.state is State.FAIL)
    if not bad or is_begun:
        return bad
    lines = "\n".join(f"  {each.topic}: {each.text} -> {each.remedy}" for each in bad)
    text = f"{settings.path}: nothing was sent, because `polyhedge doctor` finds:\n{lines}"
    raise ConfigError(text) if exit_code(bad) == 2 else SourceDown(text)


async def look_at_account(settings: "Settings", setup: "Setup") -> tuple[Finding, ...]:
    """Return what the doctor says of an account and its surroundings."""
    chain = make_chain(setup.world)
    ledger = _open_ledger(settings)
    try:
        examined = Examined(
            setup=setup,
            chain=chain,
            need_usd=_need(settings, ledger),
            known_orders=frozenset(
                () if ledger is None else (order.order_id for order in ledger.orders())
            ),
        )
        return await examine(examined, login=lambda: log_in(setup))
    finally:
        await chain.close()
        if ledger is not None:
            ledger.close()


async def look_at_world(settings: "Settings", problem: str) -> tuple[Finding, ...]:
    """Return what can be said without a key, after why there is none."""
    world = world_of(settings)
    chain = make_chain(world)
    try:
        nothing = fail("key", problem, "then look again: the rest needs it")
        return (nothing, *await examine_world(world, chain))
    finally:
        await chain.close()


def _open_ledger(settings: "Settings") -> "LedgerReader | None":
    from bot.ledger import LedgerReader, is_made

    return LedgerReader.open(settings.ledger) if is_made(settings.ledger) else None


def _is_begun(settings: "Settings") -> bool:
    """Whether the ledger holds a position or an order that may still live."""
    ledger = _open_ledger(settings)
    if ledger is None:
        return False
    try:
        account = ledger.account(world_of(settings).clock.now())
        return bool(account.positions or account.orders)
    finally:
        ledger.close()


def _need(settings: "Settings", ledger: "LedgerReader | None") -> "Usd":
    """Return the most that the strategies may still stake, USD, within the bounds of live mode."""
    from bot.model.units import Usd
    from bot.strategy import load_strategies

    strategies, _ = load_strategies(settings.strategies)
    premiums = sum((each.limits.max_premium_usd for each in strategies), Decimal(0))
    most = min(settings.live.max_total_usd, premiums or settings.live.max_total_usd)
    staked = Decimal(0)
    if ledger is not None:
        account = ledger.account(world_of(settings).clock.now())
        staked = sum((position.cost_usd for position in account.positions), Decimal(0))
    return Usd(max(most - staked, Decimal(0)))
