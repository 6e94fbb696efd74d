"""A batch of calls that the owner of a deposit wallet signs, for the relayer to carry.

**Source:** POLYMARKET section 8.5, read 2026-11.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import msgspec

from bot.chain.addresses import CHAIN_ID
from bot.sandbox.refusals import Refusal
from bot.sandbox.signatures import recover, typed_hash

Wire = TypeVar("Wire", bound=msgspec.Struct)
_CALL_TYPE = "Call(address target,uint256 value,bytes data)"
_BATCH_TYPE = "Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)" + _CALL_TYPE
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


class Call(NamedTuple):
    """One call of a wallet."""

    target: str
    wei: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a wallet is to do at once."""

    wallet: str
    """Checksummed."""
    nonce: int
    deadline: int
    """Epoch seconds."""
    calls: tuple[Call, ...]
    signature: bytes

    def signer(self) -> str | None:
        """Return the checksummed address whose key signed it; None if there is none."""
        from eth_utils.crypto import keccak

        calls = [
            typed_hash(_CALL_TYPE, ("address", "uint256", "bytes32"), to, wei, keccak(payload))
            for to, wei, payload in self.calls
        ]
        struct = typed_hash(
            _BATCH_TYPE,
            ("address", "uint256", "uint256", "bytes32"),
            self.wallet,
            self.nonce,
            self.deadline,
            keccak(b"".join(calls)),
        )
        domain = typed_hash(
            _DOMAIN_TYPE,
            ("bytes32", "bytes32", "uint256", "address"),
            keccak(text="DepositWallet"),
            keccak(text="1"),
            CHAIN_ID,
            self.wallet,
        )
        return recover(keccak(b"\x19\x01" + domain + struct), self.signature)


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    target: str
    value: str
    data: str


class _Params(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    deposit_wallet: str
    deadline: str
    calls: list[_Call]


class WalletWire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A ``WALLET`` payload of ``/submit``."""

    nonce: str
    signature: str
    deposit_wallet_params: _Params


class SessionWire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A payload that authorizes or revokes a session key; the call is not part of it."""

    deadline: str
    nonce: str
    session_signer_address: str
    signature: str
    wallet_address: str
    valid_until: str = "0"
    scopes: tuple[str, ...] = ()


def read_batch(payload: object) -> Batch:
    """Read a ``WALLET`` payload. Raises ``Refusal``."""
    wire = read_wire(payload, WalletWire)
    params = wire.deposit_wallet_params
    return Batch(
        wallet=checksummed(params.deposit_wallet),
        nonce=int(wire.nonce),
        deadline=int(params.deadline),
        calls=tuple(
            Call(checksummed(call.target), int(call.value), bytes.fromhex(call.data[2:]))
            for call in params.calls
        ),
        signature=bytes.fromhex(wire.signature[2:]),
    )


def session_batch(wire: SessionWire, *, revokes: bool) -> Batch:
    """Return the batch that a session key's payload is the signature of. Raises ``Refusal``."""
    from eth_abi.abi import encode
    from eth_utils.crypto import keccak

    signer, wallet = checksummed(wire.session_signer_address), checksummed(wire.wallet_address)
    name = "revokeSessionSigner(address)" if revokes else "authorizeSessionSigner(address,uint256)"
    types = ["address"] if revokes else ["address", "uint256"]
    arguments: list[object] = [signer] if revokes else [signer, int(wire.valid_until)]
    call = Call(wallet, 0, keccak(text=name)[:4] + encode(types, arguments))
    return Batch(
        wallet=wallet,
        nonce=int(wire.nonce),
        deadline=int(wire.deadline),
        calls=(call,),
        signature=bytes.fromhex(wire.signature[2:]),
    )


def read_wire(payload: object, kind: type[Wire]) -> Wire:
    """Read a payload. Raises ``Refusal``."""
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        raise Refusal(400, f"invalid payload: {error}") from None


def checksummed(address: str) -> str:
    """Return an address as contracts show it. Raises ``Refusal``."""
    from eth_utils.address import to_checksum_address

    try:
        return to_checksum_address(address)
    except ValueError:
        raise Refusal(400, f"invalid address {address}") from None
