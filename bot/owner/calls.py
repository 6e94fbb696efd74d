"""Builds the contract calls that only the owner of a wallet makes. It sends nothing.

**Source:** ERC-20 and ERC-1155; POLYMARKET sections 4.9, 8.2 and 8.3, read 2026-11.
"""

from bot.chain.abi import encode_call
from bot.chain.addresses import Contracts
from bot.model.units import Usd, to_e6
from bot.venues.polymarket.sdk.calls import Call

WITHOUT_LIMIT = 2**256 - 1


def allow_sum(*, token: str, spender: str, e6: int) -> Call:
    """Let ``spender`` move this many millionths of an ERC-20; 0 takes the allowance back."""
    return _call(token, "approve(address,uint256)", spender, e6)


def allow_tokens(*, token: str, spender: str, is_allowed: bool) -> Call:
    """Let ``spender`` move all outcome tokens of a contract, or no longer."""
    return _call(token, "setApprovalForAll(address,bool)", spender, is_allowed)


def wrap(usd: Usd, *, asset: str, wallet: str, contracts: Contracts) -> tuple[Call, Call]:
    """Turn dollars of ``asset`` into as much pUSD, after allowing the onramp exactly that."""
    return _through(contracts.onramp, "wrap", paid_in=asset, usd=usd, asset=asset, wallet=wallet)


def unwrap(usd: Usd, *, asset: str, wallet: str, contracts: Contracts) -> tuple[Call, Call]:
    """Turn pUSD into as many dollars of ``asset``, after allowing the offramp exactly that."""
    return _through(
        contracts.offramp,
        "unwrap",
        paid_in=contracts.collateral,
        usd=usd,
        asset=asset,
        wallet=wallet,
    )


def pause(contracts: Contracts, *, is_paused: bool) -> tuple[Call, ...]:
    """Stop every exchange from matching orders of the calling wallet, or let them again."""
    signature = "pauseUser()" if is_paused else "unpauseUser()"
    exchanges = (contracts.exchange, contracts.neg_risk_exchange, contracts.exchange_v3)
    return tuple(_call(exchange, signature) for exchange in exchanges)


def _through(
    ramp: str, name: str, *, paid_in: str, usd: Usd, asset: str, wallet: str
) -> tuple[Call, Call]:
    e6 = to_e6(usd)
    return (
        allow_sum(token=paid_in, spender=ramp, e6=e6),
        _call(ramp, f"{name}(address,address,uint256)", asset, wallet, e6),
    )


def _call(to: str, signature: str, *arguments: object) -> Call:
    return Call(to=to, calldata=encode_call(signature, *arguments))
