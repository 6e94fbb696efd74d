"""What the owner of a Safe or of a proxy wallet signs, for the relayer to carry.

Written from the contracts' description, without the official client's code, so that it checks it.
**Source:** POLYMARKET section 8.5; ``SafeTx`` of Safe 1.3 and its signatures; the relay message
of the Gas Station Network, version 1; read 2026-11.
"""

from dataclasses import dataclass

import msgspec

from bot.chain.addresses import CHAIN_ID
from bot.model.account import WalletKind
from bot.sandbox.batches import checksummed, read_wire
from bot.sandbox.refusals import Refusal
from bot.sandbox.signatures import recover, typed_hash
from bot.sandbox.wallets import PROXY_FACTORY, wallets_of

RELAY_HUB = "0xD216153c06E857cD7f72665E0aF1d7D82172F494"
RELAY = "0x279dd7Badb6b85b733B0A53d8dB2796B9A7a1130"
"""Who carries what proxy wallets sign; made up."""
_MULTISEND = "0xA238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"
_SAFE_DOMAIN = "EIP712Domain(uint256 chainId,address verifyingContract)"
_SAFE_TYPE = (
    "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,"
    "uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
)
_SAFE_FIELDS = (
    "address",
    "uint256",
    "bytes32",
    "uint8",
    "uint256",
    "uint256",
    "uint256",
    "address",
    "address",
    "uint256",
)
_ETH_SIGN = 4
"""A Safe takes ``v`` plus this for a signature of a personal message instead of the hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What one of the older wallets is to do."""

    owner: str
    wallet: str
    nonce: int
    kind: WalletKind
    signer: str | None
    """The checksummed address whose key signed it; None if there is none."""

    def check(self, *, expected_nonce: int, stale: str) -> None:
        """Check that wallet, owner and signature fit together.

        Args:
            expected_nonce: What the wallet's next errand must carry.
            stale: The text for another one.

        Raises:
            Refusal: They do not.
        """
        if self.wallet not in wallets_of(self.owner, self.kind):
            raise Refusal(400, f"wallet {self.wallet} is not that of {self.owner}")
        if self.signer != self.owner:
            raise Refusal(400, "invalid signature")
        if self.nonce != expected_nonce:
            raise Refusal(400, stale)


class _SafeParams(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    base_gas: str
    gas_price: str
    gas_token: str
    operation: str
    refund_receiver: str
    safe_txn_gas: str


class _SafeWire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    owner: str = msgspec.field(name="from")
    to: str
    proxy_wallet: str
    data: str
    nonce: str
    signature: str
    signature_params: _SafeParams
    value: str = "0"


class _ProxyParams(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    gas_limit: str
    gas_price: str
    relay: str
    relay_hub: str
    relayer_fee: str


class _ProxyWire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    owner: str = msgspec.field(name="from")
    to: str
    proxy_wallet: str
    data: str
    nonce: str
    signature: str
    signature_params: _ProxyParams


def read_errand(payload: object, kind: WalletKind) -> Errand:
    """Read a ``SAFE`` or ``PROXY`` payload of ``/submit``. Raises ``Refusal``."""
    try:
        return _read_safe(payload) if kind is WalletKind.SAFE else _read_proxy(payload)
    except (ValueError, OverflowError) as error:
        raise Refusal(400, f"invalid payload: {error}") from None


def _read_safe(payload: object) -> Errand:
    from eth_utils.crypto import keccak

    wire = read_wire(payload, _SafeWire)
    gas, wallet = wire.signature_params, checksummed(wire.proxy_wallet)
    if gas.operation != "0" and checksummed(wire.to) != _MULTISEND:
        raise Refusal(400, f"only {_MULTISEND} may be called on the wallet's behalf")
    struct = typed_hash(
        _SAFE_TYPE,
        _SAFE_FIELDS,
        checksummed(wire.to),
        int(wire.value),
        keccak(_bytes(wire.data)),
        int(gas.operation),
        int(gas.safe_txn_gas),
        int(gas.base_gas),
        int(gas.gas_price),
        checksummed(gas.gas_token),
        checksummed(gas.refund_receiver),
        int(wire.nonce),
    )
    domain = typed_hash(_SAFE_DOMAIN, ("uint256", "address"), CHAIN_ID, wallet)
    signature = _bytes(wire.signature)
    signed = signature[:-1] + bytes(max(0, v - _ETH_SIGN) for v in signature[-1:])
    digest = keccak(b"\x19\x01" + domain + struct)
    return Errand(
        owner=checksummed(wire.owner),
        wallet=wallet,
        nonce=int(wire.nonce),
        kind=WalletKind.SAFE,
        signer=recover(_personal(digest), signed),
    )


def _read_proxy(payload: object) -> Errand:
    from eth_utils.crypto import keccak

    wire = read_wire(payload, _ProxyWire)
    gas = wire.signature_params
    expected = {"to": (wire.to, PROXY_FACTORY), "relayHub": (gas.relay_hub, RELAY_HUB)}
    for name, (found, right) in (expected | {"relay": (gas.relay, RELAY)}).items():
        if checksummed(found) != right:
            raise Refusal(400, f"{name} is {found}, not {right}")
    numbers = (gas.relayer_fee, gas.gas_price, gas.gas_limit, wire.nonce)
    message = (
        b"rlx:"
        + _bytes(wire.owner)
        + _bytes(wire.to)
        + _bytes(wire.data)
        + b"".join(int(number).to_bytes(32, "big") for number in numbers)
        + _bytes(gas.relay_hub)
        + _bytes(gas.relay)
    )
    return Errand(
        owner=checksummed(wire.owner),
        wallet=checksummed(wire.proxy_wallet),
        nonce=int(wire.nonce),
        kind=WalletKind.PROXY,
        signer=recover(_personal(keccak(message)), _bytes(wire.signature)),
    )


def _personal(digest: bytes) -> bytes:
    """Return what a key signs of a hash as a personal message (EIP-191)."""
    from eth_utils.crypto import keccak

    return keccak(b"\x19Ethereum Signed Message:\n32" + digest)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
