"""`polyhedge doctor`: asks everything at once and reports line by line; it changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager

from bot.errors import DataError, UserError, VenueError
from bot.owner.checks.identity import check_key, check_wallet
from bot.owner.checks.money import check_allowances, check_collateral, check_gas
from bot.owner.checks.standing import check_api_key, check_closed_only, check_orders, check_tier
from bot.owner.checks.surroundings import (
    check_clock,
    check_contracts,
    check_node,
    check_region,
    check_sdk,
)
from bot.owner.examined import ChainView, Examined, PrivateView
from bot.owner.findings import Fault, Finding, State, fail, unknown
from bot.owner.setup import World

Login = Callable[[], AbstractAsyncContextManager[PrivateView]]
"""Logs in at the venue; it may make an API key, and nothing else."""

_Check = Awaitable[Finding | list[Finding]]


async def examine(examined: Examined, *, login: Login) -> tuple[Finding, ...]:
    """Return a line for each thing that live trading needs, in the order of a person's questions.

    Args:
        examined: The account and its surroundings.
        login: For what only the venue knows of the account.
    """
    groups = await asyncio.gather(
        _looked("key", check_key(examined)),
        _looked("wallet", check_wallet(examined)),
        _with_login(examined, login),
        _looked("collateral", check_collateral(examined)),
        _looked("allowance", check_allowances(examined)),
        _looked("gas", check_gas(examined)),
        examine_world(examined.setup.world, examined.chain),
    )
    return tuple(finding for group in groups for finding in group)


async def examine_world(world: World, chain: ChainView) -> tuple[Finding, ...]:
    """Return the lines that need no key."""
    groups = await asyncio.gather(
        _looked("clock", check_clock(world)),
        _looked("region", check_region(world)),
        _looked("node", check_node(chain)),
        _looked("contracts", check_contracts(world, chain)),
        _looked("client", check_sdk(world)),
    )
    return tuple(finding for group in groups for finding in group)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 0 if nothing fails, 2 if the user has something to do, 3 if only the world fails."""
    faults = {each.fault for each in findings if each.state is State.FAIL}
    if Fault.USER in faults:
        return 2
    return 3 if Fault.WORLD in faults else 0


async def _with_login(examined: Examined, login: Login) -> Sequence[Finding]:
    try:
        async with login() as private:
            groups = [
                await _looked("API key", check_api_key(private)),
                await _looked("account", check_closed_only(private)),
                await _looked("limits", check_tier(private)),
                await _looked("orders", check_orders(private, examined)),
            ]
    except UserError as error:
        return (fail("API key", str(error), "is it the key of this wallet, and the clock right?"),)
    except (DataError, VenueError) as error:
        return (unknown("API key", error),)
    return [finding for group in groups for finding in group]


async def _looked(topic: str, check: _Check) -> Sequence[Finding]:
    """Wait for a check; what cannot be read is a line of its own."""
    try:
        found = await check
    except (DataError, VenueError) as error:
        return (unknown(topic, error),)
    return found if isinstance(found, list) else (found,)
