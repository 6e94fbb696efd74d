"""What stands on the local chain before anybody uses it: code at the production addresses."""

import json
from importlib.resources import files
from typing import Final

from bot.chain.addresses import POLYGON
from bot.sandbox.chain.markets import UMA_ADAPTER
from bot.sandbox.chain.node import MODULES
from bot.sandbox.chain.rpc import Rpc

_PLACES: Final = {
    POLYGON.collateral: "Pusd",
    POLYGON.usdce: "Dollar",
    POLYGON.usdc: "Dollar",
    POLYGON.onramp: "Onramp",
    POLYGON.offramp: "Offramp",
    POLYGON.wrapped_collateral: "WrappedCollateral",
    POLYGON.neg_risk_adapter: "NegRiskAdapter",
    POLYGON.exchange: "CtfExchange",
    POLYGON.neg_risk_exchange: "NegRiskExchange",
    POLYGON.exchange_v3: "ExchangeV3",
    POLYGON.collateral_adapter: "CollateralAdapter",
    POLYGON.neg_risk_collateral_adapter: "NegRiskCollateralAdapter",
    POLYGON.position_manager: "PositionManager",
    POLYGON.router: "Router",
    POLYGON.binary_module: "Module",
    POLYGON.neg_risk_module: "Module",
    POLYGON.auto_redeemer: "AutoRedeemer",
    POLYGON.deposit_wallet_factory: "WalletFactory",
    POLYGON.deposit_wallet_beacon: "WalletBeacon",
    POLYGON.deposit_wallet_implementation: "DepositWallet",
}
_REAL_TOKENS: Final = (
    "@gnosis.pm/conditional-tokens-contracts/build/contracts/ConditionalTokens.json"
)
# Its constructor noted the two interfaces it has (ERC-165, ERC-1155) in the mapping of slot 0.
_INTERFACES: Final = ("01ffc9a7", "d9b67a26")
_GAS_MONEY: Final = hex(10**22)
_SECONDS_PER_BLOCK: Final = 1


def compiled() -> dict[str, str]:
    """Return the runtime code of our own contracts by name, hex."""
    text = files("bot.sandbox.chain").joinpath("contracts.json").read_text(encoding="utf-8")
    code: dict[str, str] = json.loads(text)
    return code


async def place(rpc: Rpc) -> None:
    """Put all contracts in place and make the chain's time depend on nothing but its blocks."""
    code = compiled()
    real = json.loads((MODULES / _REAL_TOKENS).read_text(encoding="utf-8"))["deployedBytecode"]
    tokens = POLYGON.conditional_tokens
    await rpc.ask_all(
        [
            ("anvil_setLoggingEnabled", (False,)),
            ("anvil_autoImpersonateAccount", (True,)),
            ("anvil_setBlockTimestampInterval", (_SECONDS_PER_BLOCK,)),
            *(("anvil_setCode", (place, code[name])) for place, name in _PLACES.items()),
            ("anvil_setCode", (tokens, real)),
            *(
                ("anvil_setStorageAt", (tokens, _slot(interface), "0x" + "1".zfill(64)))
                for interface in _INTERFACES
            ),
            *(
                ("anvil_setBalance", (oracle, _GAS_MONEY))
                for oracle in (UMA_ADAPTER, POLYGON.neg_risk_adapter)
            ),
        ]
    )


def _slot(interface: str) -> str:
    from eth_hash.auto import keccak

    return "0x" + keccak(bytes.fromhex(interface.ljust(64, "0")) + bytes(32)).hex()
