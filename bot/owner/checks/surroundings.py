"""Clock, region, node, and the client's own addresses: what has nothing to do with money."""

import dataclasses

import msgspec

from bot.errors import BadData, UserError
from bot.owner.examined import ChainView
from bot.owner.findings import Finding, fail, ok, warn
from bot.owner.setup import World, make_reads
from bot.venues.polymarket import clob, wire
from bot.venues.polymarket.sdk.setup import VERSION, check_client

_CLOSE_S, _MOST_S = 2.0, 10.0
"""Seconds between the clocks: good; still taken by the venue.

**Source:** POLYMARKET 3.3: the venue's tolerance is not known; an order's end is 60 s early.
"""
_SET_CLOCK = "set this machine's clock: timedatectl set-ntp true"


class _Region(msgspec.Struct, frozen=True, kw_only=True):
    blocked: bool
    country: str = ""
    region: str = ""


async def check_clock(world: World) -> Finding:
    """Compare our clock with the venue's, which tells whole seconds."""
    asked_at = world.clock.now().timestamp()
    body = await _ask(world, world.endpoints.clob, "/time")
    heard_at = world.clock.now().timestamp()
    theirs = clob.read_time(body, what="GET /time").timestamp()
    ahead, behind = asked_at - (theirs + 1), theirs - heard_at
    off = max(ahead, behind, 0.0)
    if off <= _CLOSE_S:
        return ok("clock", f"within {1 + off:.0f} s of the venue's")
    text = f"{off:.0f} s {'ahead of' if ahead > behind else 'behind'} the venue's"
    return fail("clock", text, _SET_CLOCK) if off > _MOST_S else warn("clock", text, _SET_CLOCK)


async def check_region(world: World) -> Finding:
    """Ask the venue whether orders are taken from this address."""
    body = await _ask(world, world.endpoints.geoblock, "")
    region = wire.read(body, _Region, "the venue's word on the region")
    where = " ".join(part for part in (region.country, region.region) if part) or "here"
    if region.blocked:
        return fail(
            "region",
            f"the venue takes no orders from {where}",
            "trade only from where you and it may: its terms and the law decide, not this program",
        )
    return ok("region", f"order placement allowed from {where}")


async def check_node(chain: ChainView) -> Finding:
    """See that the node answers and is on Polygon."""
    await chain.start()
    return ok("node", f"Polygon, block {await chain.block()}")


async def check_sdk(world: World) -> Finding:
    """Compare the official client's version and contract addresses with ours."""
    try:
        check_client(world.contracts)
    except UserError as error:
        return fail("client", str(error), "polyhedge works with no other")
    return ok("client", f"polymarket-client {VERSION}, the contracts are ours")


async def check_contracts(world: World, chain: ChainView) -> Finding:
    """See that code stands at each of the venue's contracts."""
    names = [field.name for field in dataclasses.fields(world.contracts)]
    bare = [name for name in names if not await chain.is_contract(getattr(world.contracts, name))]
    if bare:
        return fail(
            "contracts",
            f"no code stands at {', '.join(bare)}",
            "look at polymarket.rpc_url, or for a newer polyhedge",
        )
    return ok("contracts", f"code stands at all {len(names)}")


async def _ask(world: World, base_url: str, path: str) -> bytes:
    reads = make_reads(world, base_url)
    try:
        body = await reads.get(path)
    finally:
        await reads.close()
    if body is None:
        raise BadData(f"GET {base_url}{path} answered 404")
    return body
