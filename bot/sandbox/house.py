"""The other people of the exchange: one account that stands behind all of their levels.

It buys wherever it can (the complement instead of selling), so that cash is all it needs.
"""

import hashlib
from dataclasses import dataclass

from bot.clock import Clock
from bot.model.account import Secret, WalletKind
from bot.model.market import Market
from bot.model.units import MILLION, TokenId
from bot.sandbox.accounts import make_key
from bot.sandbox.orders import Order
from bot.sandbox.signatures import SignedOrder, domain_of
from bot.venues.books import epoch_ms

HOUSE_KEY = Secret("0x" + hashlib.sha256(b"the other people of the sandbox").hexdigest())
"""The account's key: known to everybody, worth nothing outside the sandbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an order of other people is to be; millionths."""

    market: Market
    token_id: TokenId
    buys: bool
    price_e6: int
    size_e6: int


class House:
    """Makes and signs other people's orders.

    Args:
        clock: For their times.
    """

    def __init__(self, *, clock: Clock) -> None:
        from eth_account import Account

        self._clock = clock
        self._made = 0
        self.address: str = Account.from_key(HOUSE_KEY.reveal()).address
        self._key = make_key(self.address, 0)

    def order(self, wanted: Wanted) -> Order:
        """Return an order of exactly this size, signed."""
        from eth_keys.datatypes import PrivateKey

        self._made += 1
        now = self._clock.now()
        usd = -(-wanted.size_e6 * wanted.price_e6 // MILLION)
        signed = SignedOrder(
            salt=self._made,
            maker=self.address,
            signer=self.address,
            token_id=int(wanted.token_id),
            maker_amount=usd if wanted.buys else wanted.size_e6,
            taker_amount=wanted.size_e6 if wanted.buys else usd,
            side=0 if wanted.buys else 1,
            kind=WalletKind.EOA,
            timestamp=epoch_ms(now),
            metadata=bytes(32),
            builder=bytes(32),
            signature=b"",
        )
        digest = signed.hash(domain_of(wanted.token_id, neg_risk=wanted.market.neg_risk))
        key = PrivateKey(bytes.fromhex(HOUSE_KEY.reveal()[2:]))
        plain = key.sign_msg_hash(digest).to_bytes()
        return Order(
            order_id="0x" + digest.hex(),
            owner=self._key,
            signed=signed.with_signature(plain[:64] + bytes([plain[64] + 27])),
            market=wanted.market,
            token_id=wanted.token_id,
            buys=wanted.buys,
            price_e6=wanted.price_e6,
            size_e6=wanted.size_e6,
            order_type="GTC",
            post_only=False,
            expires_at=0,
            created_at=int(now.timestamp()),
        )

    def counterpart(
        self, order: Order, *, ladder_e6: int, size_e6: int, sells: bool = False
    ) -> Order:
        """Return other people's order that meets ``order`` at a price of the first token.

        Args:
            order: What it meets.
            ladder_e6: The price, in prices of the market's first token.
            size_e6: Shares.
            sells: Whether they sell; they buy otherwise, the complement if ``order`` buys.
        """
        same_token = order.buys == sells
        market = order.market
        token = order.token_id if same_token else market.complement_of(order.token_id)
        is_first = token == market.token_ids[0]
        price = ladder_e6 if is_first else MILLION - ladder_e6
        return self.order(
            Wanted(market=market, token_id=token, buys=not sells, price_e6=price, size_e6=size_e6)
        )
