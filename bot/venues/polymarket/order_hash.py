"""Computes the venue's id of an order before it is sent: the EIP-712 hash of its signed fields.

**Source:** POLYMARKET sections 4.1 and 4.2 with test vectors (2.4), read 2026-11.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from bot.chain.addresses import CHAIN_ID, Contracts
from bot.model.account import WalletKind
from bot.model.orders import Side
from bot.model.units import OrderId, TokenId
from bot.venues.polymarket.gamma import is_v2_token

ORDER_TYPE = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    "bytes32 builder)"
)
_WALLET_TYPE = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    "address verifyingContract,bytes32 salt)"
)
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_DOMAIN_NAME = "Polymarket CTF Exchange"
_ZERO_WORD = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The exchange an order is signed for."""

    exchange: str
    version: str
    """"2": ConditionalTokens markets. "3": Protocol V2 markets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFields:
    """What is signed of an order. End, order type and post-only are not signed."""

    domain: Domain
    salt: int
    """Below 2**53: it travels as a JSON number."""
    maker: str
    signer: str
    """The wallet itself for deposit wallets, else the key's address."""
    token_id: TokenId
    gives_e6: int
    """``makerAmount``: millionths of a USD for a buy, of a share for a sell."""
    gets_e6: int
    """``takerAmount``: the other of the two."""
    side: Side
    signature_type: int
    made_ms: int
    """``timestamp``: epoch milliseconds."""


def domain_of(token_id: TokenId, *, neg_risk: bool, contracts: Contracts) -> Domain:
    """Return the exchange that orders of this token are signed for."""
    if is_v2_token(token_id):
        return Domain(exchange=contracts.exchange_v3, version="3")
    exchange = contracts.neg_risk_exchange if neg_risk else contracts.exchange
    return Domain(exchange=exchange, version="2")


@lru_cache(maxsize=1)
def order_id(order: OrderFields) -> OrderId:
    """Return the id that venue and exchange contract give this order; 0x and 64 hex digits."""
    separator = domain_separator(order.domain)
    return OrderId("0x" + _keccak()(b"\x19\x01" + separator + struct_hash(order)).hex())


def signing_hash(order: OrderFields) -> bytes:
    """Return what the key signs: the order's id, for a deposit wallet wrapped in its own domain.

    **Source:** POLYMARKET section 4.2 (ERC-7739, nested EIP-712), read 2026-11.
    """
    if order.signature_type != WalletKind.DEPOSIT:
        return bytes.fromhex(order_id(order)[2:])
    words = (
        _type_hash(_WALLET_TYPE + ORDER_TYPE),
        struct_hash(order),
        _type_hash("DepositWallet"),
        _type_hash("1"),
        CHAIN_ID.to_bytes(32, "big"),
        _address_word(order.signer),
        _ZERO_WORD,  # salt
    )
    separator = domain_separator(order.domain)
    return _keccak()(b"\x19\x01" + separator + _keccak()(b"".join(words)))


def signature_tail(order: OrderFields) -> bytes:
    """Return what follows the key's signature: for a deposit wallet, what it needs to check it."""
    if order.signature_type != WalletKind.DEPOSIT:
        return b""
    kind = ORDER_TYPE.encode()
    separator = domain_separator(order.domain)
    return separator + struct_hash(order) + kind + len(kind).to_bytes(2, "big")


@lru_cache(maxsize=1)  # one order needs it up to four times
def struct_hash(order: OrderFields) -> bytes:
    """Return the hash of the order's fields without the exchange."""
    words = (
        order.salt.to_bytes(32, "big"),
        _address_word(order.maker),
        _address_word(order.signer),
        int(order.token_id).to_bytes(32, "big"),
        order.gives_e6.to_bytes(32, "big"),
        order.gets_e6.to_bytes(32, "big"),
        (0 if order.side is Side.BUY else 1).to_bytes(32, "big"),
        order.signature_type.to_bytes(32, "big"),
        order.made_ms.to_bytes(32, "big"),
        _ZERO_WORD,  # metadata
        _ZERO_WORD,  # builder
    )
    return _keccak()(_type_hash(ORDER_TYPE) + b"".join(words))


@cache
def domain_separator(domain: Domain) -> bytes:
    """Return the hash that binds an order to one exchange on Polygon."""
    words = (
        _type_hash(_DOMAIN_NAME),
        _type_hash(domain.version),
        CHAIN_ID.to_bytes(32, "big"),
        _address_word(domain.exchange),
    )
    return _keccak()(_type_hash(_DOMAIN_TYPE) + b"".join(words))


@cache
def _type_hash(text: str) -> bytes:
    return _keccak()(text.encode())


@cache
def _keccak() -> Callable[[bytes], bytes]:
    from eth_hash.auto import keccak

    return keccak


def _address_word(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x")).rjust(32, b"\0")
