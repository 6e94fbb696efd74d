"""The hash of an order, and who signed it: plain keys, deposit wallets and their session keys.

Written from the struct's description, without the official clients' code, so that they check it.
**Source:** POLYMARKET sections 3.5, 4.1 and 4.2; ERC-7739; read 2026-11.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from bot.chain.addresses import CHAIN_ID, POLYGON
from bot.model.account import WalletKind

ORDER_TYPE = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    "bytes32 builder)"
)
_ORDER_FIELDS = (
    "uint256",
    "address",
    "address",
    "uint256",
    "uint256",
    "uint256",
    "uint8",
    "uint8",
    "uint256",
    "bytes32",
    "bytes32",
)
_NESTED_TYPE = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    "address verifyingContract,bytes32 salt)" + ORDER_TYPE
)
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_SESSION_MARK = bytes.fromhex("6492" * 16)
_TOP_BITS_CLEAR = ((1 << 64) - 1) << 40
_KEY_SIGNATURE = 65


class Domain(NamedTuple):
    """What an order is signed for."""

    version: str
    contract: str

    @property
    def separator(self) -> bytes:
        """Its EIP-712 hash."""
        return _separator(self.version, self.contract)


DOMAINS = (
    Domain("2", POLYGON.exchange),
    Domain("2", POLYGON.neg_risk_exchange),
    Domain("3", POLYGON.exchange_v3),
)


def domain_of(token_id: str, *, neg_risk: bool) -> Domain:
    """Return the domain that orders for a token are signed for."""
    if int(token_id) & _TOP_BITS_CLEAR == 0:
        return DOMAINS[2]
    return DOMAINS[1] if neg_risk else DOMAINS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOrder:
    """The signed part of an order; sums in millionths."""

    salt: int
    maker: str
    signer: str
    token_id: int
    maker_amount: int
    taker_amount: int
    side: int
    """0 buys, 1 sells."""
    kind: WalletKind
    timestamp: int
    """Epoch milliseconds."""
    metadata: bytes
    builder: bytes
    signature: bytes

    def with_signature(self, signature: bytes) -> "SignedOrder":
        """Return it signed."""
        return replace(self, signature=signature)

    def struct_hash(self) -> bytes:
        """Return the EIP-712 hash of the order alone."""
        return typed_hash(
            ORDER_TYPE,
            _ORDER_FIELDS,
            self.salt,
            self.maker,
            self.signer,
            self.token_id,
            self.maker_amount,
            self.taker_amount,
            self.side,
            int(self.kind),
            self.timestamp,
            self.metadata,
            self.builder,
        )

    def hash(self, domain: Domain) -> bytes:
        """Return the order's id: its EIP-712 hash under the exchange's domain."""
        return _digest(domain.separator, self.struct_hash())


def signer_of(order: SignedOrder, domain: Domain) -> str | None:
    """Return the checksummed address of the key that signed; None if it cannot be told.

    For a deposit wallet the result may be its owner or a session key: who may is another question.
    """
    if order.kind is not WalletKind.DEPOSIT:
        return recover(order.hash(domain), order.signature)
    inner, claimed = _unwrap(order.signature)
    found = _nested_signer(order, domain, inner)
    return found if claimed in (None, found) else None


def recover(digest: bytes, signature: bytes) -> str | None:
    """Return the checksummed address whose key signed ``digest``; None if there is none."""
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if len(signature) != _KEY_SIGNATURE:
        return None
    parity = signature[64] - 27 if signature[64] >= 27 else signature[64]
    try:
        plain = Signature(signature[:64] + bytes([parity]))
        return plain.recover_public_key_from_msg_hash(digest).to_checksum_address()
    except (BadSignature, ValidationError, ValueError):
        return None


def _nested_signer(order: SignedOrder, domain: Domain, signature: bytes) -> str | None:
    """Recover who signed the order inside the wallet's own envelope (ERC-7739)."""
    type_text = ORDER_TYPE.encode()
    struct_hash, separator = order.struct_hash(), domain.separator
    tail = separator + struct_hash + type_text + len(type_text).to_bytes(2, "big")
    if signature[_KEY_SIGNATURE:] != tail:
        return None
    nested = typed_hash(
        _NESTED_TYPE,
        ("bytes32", "bytes32", "bytes32", "uint256", "address", "bytes32"),
        struct_hash,
        _keccak(b"DepositWallet"),
        _keccak(b"1"),
        CHAIN_ID,
        order.signer,
        bytes(32),
    )
    return recover(_digest(separator, nested), signature[:_KEY_SIGNATURE])


def _unwrap(signature: bytes) -> tuple[bytes, str | None]:
    """Take a session key's wrapper off; return the inner signature and the key it names."""
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError
    from eth_utils.address import to_checksum_address

    if not signature.endswith(_SESSION_MARK):
        return signature, None
    try:
        signer, _, inner = decode(["bytes32", "bytes32", "bytes"], signature[:-32])
    except DecodingError:
        return b"", None
    return inner, to_checksum_address(signer[12:])


@cache
def _separator(version: str, contract: str) -> bytes:
    name, number = _keccak(b"Polymarket CTF Exchange"), _keccak(version.encode())
    types = ("bytes32", "bytes32", "uint256", "address")
    return typed_hash(_DOMAIN_TYPE, types, name, number, CHAIN_ID, contract)


def typed_hash(type_text: str, types: Sequence[str], *fields: object) -> bytes:
    """Return the EIP-712 hash of a struct. Raises ``ValueError`` for a field that does not fit."""
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError

    try:
        return _keccak(encode(["bytes32", *types], [_keccak(type_text.encode()), *fields]))
    except EncodingError as error:
        raise ValueError(str(error)) from error


def _digest(separator: bytes, struct_hash: bytes) -> bytes:
    return _keccak(b"\x19\x01" + separator + struct_hash)


def _keccak(text: bytes) -> bytes:
    from eth_utils.crypto import keccak

    return keccak(text)
