"""Which smart wallets belong to a key: the addresses their factories give them (CREATE2).

**Source:** POLYMARKET section 3.1 and the initialisation code that polymarket-client 0.14.0
derives with, read 2026-11.
"""

from bot.chain.addresses import POLYGON
from bot.model.account import WalletKind

PROXY_FACTORY = "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"
_PROXY_TARGET = "44e999d5c2f66ef0861317f9a4805ac2e90aeb4f"
_SAFE_FACTORY = "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"
_SAFE_CODE_HASH = "2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"
_PROXY_CODE = (
    "3d3d606380380380913d393d73{factory}5af4602a57600080fd5b602d8060366000396000f3"
    "363d3d373d3d3d363d73{target}5af43d82803e903d91602b57fd5bf352e831dd"
    + "00" * 31
    + "20"
    + "00" * 32
)
_BEACON_HEAD, _BEACON_CODE = (
    0x6100523D8160233D3973,
    (
        "60195155f3363d3d373d3d363d602036600436635c60da"
        "1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
        "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
    ),
)
_UUPS_HEAD, _UUPS_CODE = (
    0x61003D3D8160233D3973,
    (
        "6009"
        "5155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076"
        "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3"
    ),
)


def wallets_of(owner: str, kind: WalletKind) -> tuple[str, ...]:
    """Return the checksummed addresses that a wallet of ``owner`` may have, newest kind first."""
    match kind:
        case WalletKind.EOA:
            return (owner,)
        case WalletKind.PROXY:
            return (_proxy(owner),)
        case WalletKind.SAFE:
            return (_create2(_SAFE_FACTORY, _word(owner), bytes.fromhex(_SAFE_CODE_HASH)),)
        case WalletKind.DEPOSIT:
            beacon, target = POLYGON.deposit_wallet_beacon, POLYGON.deposit_wallet_implementation
            return (
                _deposit(owner, _BEACON_HEAD, beacon, _BEACON_CODE),
                _deposit(owner, _UUPS_HEAD, target, _UUPS_CODE),
            )


def _proxy(owner: str) -> str:
    from eth_utils.crypto import keccak

    code = _PROXY_CODE.format(factory=PROXY_FACTORY[2:].lower(), target=_PROXY_TARGET)
    return _create2(PROXY_FACTORY, _bytes(owner), keccak(bytes.fromhex(code)))


def _deposit(owner: str, head: int, target: str, code: str) -> str:
    from eth_utils.crypto import keccak

    factory = POLYGON.deposit_wallet_factory
    arguments = _word(factory) + _word(owner)
    start = (head + (len(arguments) << 56)).to_bytes(10, "big")
    return _create2(
        factory, arguments, keccak(start + _bytes(target) + bytes.fromhex(code) + arguments)
    )


def _create2(factory: str, salted: bytes, code_hash: bytes) -> str:
    from eth_utils.address import to_checksum_address
    from eth_utils.crypto import keccak

    place = keccak(b"\xff" + _bytes(factory) + keccak(salted) + code_hash)
    return to_checksum_address(place[12:])


def _bytes(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def _word(address: str) -> bytes:
    return _bytes(address).rjust(32, b"\0")
