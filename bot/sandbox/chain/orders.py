"""Orders as the exchange contracts take them: their hash, and an EOA's signature."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from bot.chain.addresses import CHAIN_ID, POLYGON
from bot.model.account import Secret
from bot.model.market import Market, MarketKind
from bot.model.orders import Side
from bot.model.units import OrderId, TokenId, to_e6

ORDER_TUPLE: Final = (
    "(uint256,address,address,uint256,uint256,uint256,uint8,uint8,uint256,bytes32,bytes32,bytes)"
)
_ZERO: Final = bytes(32)
_FIELDS: Final = (
    ("salt", "uint256"),
    ("maker", "address"),
    ("signer", "address"),
    ("tokenId", "uint256"),
    ("makerAmount", "uint256"),
    ("takerAmount", "uint256"),
    ("side", "uint8"),
    ("signatureType", "uint8"),
    ("timestamp", "uint256"),
    ("metadata", "bytes32"),
    ("builder", "bytes32"),
)
_DOMAIN_FIELDS: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOrder:
    """A signed order, in whole millionths.

    **Source:** POLYMARKET section 4.1 and LOCAL_PROOF section 2, read 2026-11.
    """

    salt: int
    maker: str
    signer: str
    token_id: TokenId
    maker_e6: int
    """What the maker gives: collateral if it buys, shares if it sells."""
    taker_e6: int
    side: Side
    signature_type: int
    timestamp_ms: int
    metadata: bytes = _ZERO
    builder: bytes = _ZERO
    signature: bytes = b""

    def as_tuple(self) -> tuple[object, ...]:
        """Return the fields in the order of ``ORDER_TUPLE``."""
        return (*self._signed().values(), self.signature)

    def hash(self, market: Market) -> OrderId:
        """Return the order's id: its EIP-712 hash under the exchange of ``market``."""
        from eth_hash.auto import keccak

        message = self.message(market)
        return OrderId(
            "0x" + keccak(b"\x19" + message.version + message.header + message.body).hex()
        )

    def signed_by(self, key: Secret, market: Market) -> "ChainOrder":
        """Return the order with an EOA's signature."""
        from eth_account import Account

        signed = Account.sign_message(self.message(market), key.reveal())
        return replace(self, signature=bytes(signed.signature))

    def message(self, market: Market) -> Any:
        """Return what is signed, as eth_account takes it."""
        from eth_account.messages import encode_typed_data

        return encode_typed_data(
            full_message={
                "types": {"EIP712Domain": _named(_DOMAIN_FIELDS), "Order": _named(_FIELDS)},
                "primaryType": "Order",
                "domain": {
                    "name": "Polymarket CTF Exchange",
                    "version": "3" if market.kind is MarketKind.V2 else "2",
                    "chainId": CHAIN_ID,
                    "verifyingContract": exchange_of(market),
                },
                "message": self._signed(),
            }
        )

    def _signed(self) -> dict[str, object]:
        return {
            "salt": self.salt,
            "maker": self.maker,
            "signer": self.signer,
            "tokenId": int(self.token_id),
            "makerAmount": self.maker_e6,
            "takerAmount": self.taker_e6,
            "side": 0 if self.side is Side.BUY else 1,
            "signatureType": self.signature_type,
            "timestamp": self.timestamp_ms,
            "metadata": self.metadata,
            "builder": self.builder,
        }


def exchange_of(market: Market) -> str:
    """Return the address of the exchange contract that settles this market's orders."""
    if market.kind is MarketKind.V2:
        return POLYGON.exchange_v3
    return POLYGON.neg_risk_exchange if market.neg_risk else POLYGON.exchange


def address_of(key: Secret) -> str:
    """Return the checksummed address of a private key."""
    from eth_account import Account

    return str(Account.from_key(key.reveal()).address)


def eoa_order(
    key: Secret,
    market: Market,
    *,
    token_id: TokenId,
    side: Side,
    size: Decimal,
    price: Decimal,
    salt: int,
) -> ChainOrder:
    """Return a signed order of a plain key: ``size`` shares at ``price`` USD each.

    Raises:
        ValueError: size times price is finer than a millionth.
    """
    shares, usd = to_e6(size), to_e6(size * price)
    buys = side is Side.BUY
    unsigned = ChainOrder(
        salt=salt,
        maker=address_of(key),
        signer=address_of(key),
        token_id=token_id,
        maker_e6=usd if buys else shares,
        taker_e6=shares if buys else usd,
        side=side,
        signature_type=0,
        timestamp_ms=0,
    )
    return unsigned.signed_by(key, market)


def _named(fields: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields]
