"""What the venue thinks of the account: its API key, its rights, its limits, its orders."""

from bot.model.orders import VenueOrder
from bot.owner.examined import Examined, PrivateView
from bot.owner.findings import Finding, fail, ok, warn

_MOST_SHOWN = 3


async def check_api_key(private: PrivateView) -> Finding:
    """See that the venue knows the API key that it gave us."""
    if await private.api_keys() == 0:
        return fail("API key", "the venue does not list it", "log in again in a minute")
    return ok("API key", "works")


async def check_closed_only(private: PrivateView) -> Finding:
    """Ask whether the account may open positions."""
    if await private.is_closed_only():
        return fail(
            "account",
            "closed-only: the venue lets it reduce positions, not open any",
            "ask the venue's support why; until then nothing can be hedged",
        )
    return ok("account", "may open positions")


async def check_tier(private: PrivateView) -> Finding:
    """Say how fast the account may send."""
    tier = await private.tier()
    if not tier:
        return ok("limits", "the venue names no tier; the lowest one's limits are kept to")
    return ok("limits", f"tier {tier}")


async def check_orders(private: PrivateView, examined: Examined) -> Finding:
    """Look for resting orders under this API key that the ledger does not have."""
    resting = await private.open_orders()
    foreign = [order for order in resting if order.order_id not in examined.known_orders]
    if foreign:
        return warn(
            "orders",
            f"{len(foreign)} open that the ledger does not know: {_shown(foreign)}",
            "one key, one program: cancel them where they were made, or use another key",
        )
    return ok("orders", f"{len(resting)} open, none of somebody else" if resting else "none open")


def _shown(orders: list[VenueOrder]) -> str:
    shown = [
        f"{order.side} {order.size} at {order.limit} ({order.order_id[:10]}..)"
        for order in orders[:_MOST_SHOWN]
    ]
    return ", ".join(shown) + (", .." if len(orders) > _MOST_SHOWN else "")
