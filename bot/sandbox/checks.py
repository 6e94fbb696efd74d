"""What the venue refuses of an order before it looks for a match, in the venue's order and words.

**Source:** POLYMARKET sections 3.1, 4.3 to 4.5, 4.10 and 11, read 2026-11.
"""

from datetime import datetime
from decimal import Decimal

from bot.model.account import WalletKind
from bot.model.market import Market
from bot.model.units import MILLION, TokenId, from_e6, to_e6
from bot.sandbox import refusals
from bot.sandbox.accounts import Accounts, ApiKey
from bot.sandbox.bank import Bank
from bot.sandbox.orders import Order, Posted, read_signed
from bot.sandbox.refusals import Refusal
from bot.sandbox.signatures import DOMAINS, Domain, SignedOrder, domain_of, signer_of
from bot.sandbox.wallets import wallets_of

GTD_STOPS_EARLY_S = 60
"""The venue stops matching a GTD order this long before its end."""
_SHORTEST_GTD_S = 170
"""The client checks 180 s when it makes the order; some of it passes on the way."""
_ROUNDING_E6 = 100
"""How far amounts may be off the price's grid because shares are rounded, millionths of a USD."""
_TYPES = ("GTC", "GTD", "FAK", "FOK")


def read_order(posted: Posted, *, market: Market, key: ApiKey, now: datetime) -> Order:
    """Return the order that was posted.

    Raises:
        Refusal: Its price, size, decimals, type or end are not allowed.
    """
    signed = read_signed(posted.order)
    if posted.order_type not in _TYPES or min(signed.maker_amount, signed.taker_amount) <= 0:
        raise Refusal(400, refusals.BAD_PAYLOAD)
    buys = signed.side == 0
    usd, shares = signed.maker_amount, signed.taker_amount
    if not buys:
        usd, shares = shares, usd
    domain = domain_of(posted.order.token_id, neg_risk=market.neg_risk)
    order = Order(
        order_id="0x" + signed.hash(domain).hex(),
        owner=key,
        signed=signed,
        market=market,
        token_id=TokenId(posted.order.token_id),
        buys=buys,
        price_e6=_price(usd, shares, to_e6(market.tick), buys=buys),
        size_e6=shares,
        order_type=posted.order_type,
        post_only=posted.post_only,
        expires_at=_end(posted, now),
        created_at=int(now.timestamp()),
    )
    _check_price(order, usd)
    _check_size(order, usd)
    return order


async def check_signer(order: Order, posted: Posted, *, accounts: Accounts, bank: Bank) -> None:
    """Refuse an order that its API key or its wallet does not stand for.

    Raises:
        Refusal: With the reason.
    """
    key, signed = order.owner, order.signed
    if posted.owner != key.key:
        raise Refusal(400, refusals.NOT_THE_OWNER)
    domain = domain_of(order.token_id, neg_risk=order.market.neg_risk)
    _check_addresses(signed, key, accounts)
    signer = signer_of(signed, domain)
    if signer is None or not await _is_good(signed, domain, signer, bank):
        raise Refusal(400, _why_bad(signed, domain, key))
    if signer != key.address:
        raise Refusal(400, refusals.NOT_THE_SIGNER)
    for address in {key.address, order.maker}:
        if address in accounts.banned:
            raise Refusal(400, refusals.banned(address))
        if address in accounts.closed_only and order.buys:
            raise Refusal(400, refusals.closed_only(address))


def _check_addresses(signed: SignedOrder, key: ApiKey, accounts: Accounts) -> None:
    """Refuse addresses that do not go together, before any signature is looked at."""
    if signed.kind is WalletKind.DEPOSIT:
        if signed.signer != signed.maker:
            raise Refusal(400, refusals.BAD_SIGNATURE)
        return
    if signed.signer != key.address:
        raise Refusal(400, refusals.NOT_THE_SIGNER)
    if signed.maker not in wallets_of(signed.signer, signed.kind):
        raise Refusal(400, refusals.BAD_SIGNATURE)
    allowed = accounts.allowlist
    if signed.kind is WalletKind.EOA and allowed is not None and signed.maker not in allowed:
        raise Refusal(400, refusals.NOT_ALLOWED)


async def _is_good(signed: SignedOrder, domain: Domain, signer: str, bank: Bank) -> bool:
    if signed.kind is WalletKind.DEPOSIT:
        return await bank.may_sign(signed, domain, signer)
    return signer == signed.signer


def _why_bad(signed: SignedOrder, domain: Domain, key: ApiKey) -> str:
    """Tell a signature for another version of the exchange from one that is simply wrong."""
    for other in DOMAINS:
        if other.version != domain.version and signer_of(signed, other) == key.address:
            return refusals.OLD_VERSION
    return refusals.BAD_SIGNATURE


def _price(usd: int, shares: int, tick: int, *, buys: bool) -> int:
    """Return the price on the grid that is nearest, and no better than the amounts say."""
    exact = usd * MILLION
    step = shares * tick
    return (exact // step if buys else -(-exact // step)) * tick


def _check_price(order: Order, usd: int) -> None:
    tick, price = to_e6(order.market.tick), order.price_e6
    off = abs(usd * MILLION - price * order.size_e6)
    if off > _ROUNDING_E6 * MILLION or not tick <= price <= MILLION - tick:
        asked = Decimal(usd) / order.size_e6
        raise Refusal(400, refusals.bad_price(order.order_id, asked, order.market.tick))


def _check_size(order: Order, usd: int) -> None:
    shares, smallest = from_e6(order.size_e6), order.market.minimum_shares
    if order.is_resting_kind:
        if shares < smallest:
            raise Refusal(400, refusals.too_small(order.order_id, shares, smallest))
        return
    price_places = -int(order.market.tick.normalize().as_tuple().exponent)
    fine = 10 ** (6 - price_places - 2)
    whole, part = (usd, order.size_e6) if order.buys else (order.size_e6, usd)
    if whole % 10_000 or part % fine:
        raise Refusal(400, refusals.too_fine(order.side.lower()))


def check_dollar(order: Order) -> None:
    """Refuse an order that takes and is worth less than a dollar. Raises ``Refusal``."""
    usd = order.usd_e6(order.size_e6)
    if order.buys and usd < MILLION:
        raise Refusal(400, refusals.below_a_dollar(order.side, from_e6(usd)))


def _end(posted: Posted, now: datetime) -> int:
    text = posted.order.expiration
    end = int(text) if text.isdecimal() else -1
    if posted.order_type != "GTD":
        if end != 0:
            raise Refusal(400, refusals.BAD_EXPIRATION)
    elif end < now.timestamp() + _SHORTEST_GTD_S:
        raise Refusal(400, refusals.BAD_EXPIRATION)
    return end
