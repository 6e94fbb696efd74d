"""Builds the contract calls of position operations, as the client does, without reading Gamma.

**Source:** POLYMARKET section 8.4, polymarket-client 0.14.0 ``relayer/calls.py``, read 2026-11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.chain.addresses import Contracts
from bot.model.market import Market, MarketKind
from bot.model.units import Shares, TokenId, to_e6

if TYPE_CHECKING:
    from polymarket._internal.actions.relayer.calls import TransactionCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a contract by our wallet."""

    to: str
    calldata: str
    """0x and hex."""


def redeem_calls(
    market: Market, held: Mapping[TokenId, Shares], contracts: Contracts
) -> tuple[Call, ...]:
    """Return the calls that turn all our tokens of a resolved market into collateral.

    Args:
        market: Resolved.
        held: Our shares of its tokens; on CTF markets the contract takes all we have.
        contracts: Where they stand.
    """
    from polymarket._internal.actions.relayer import calls
    from polymarket.types import EvmAddress

    if market.kind is MarketKind.CTF:
        call = calls.ctf_redeem_positions_call(
            ctf=EvmAddress(_adapter(market, contracts)),
            collateral=EvmAddress(contracts.collateral),
            condition_id=market.condition_id,
        )
        return (_call(call),)
    return tuple(
        _call(
            calls.router_redeem_call(
                router=EvmAddress(contracts.router),
                condition_id=market.condition_id,
                outcome_index=market.token_ids.index(token),
                amount=to_e6(shares),
            )
        )
        for token, shares in held.items()
        if shares > 0
    )


def merge_call(market: Market, pairs: Shares, contracts: Contracts) -> Call:
    """Return the call that turns this many pairs of both outcomes into as many USD."""
    from polymarket._internal.actions.relayer import calls
    from polymarket.types import EvmAddress

    if market.kind is MarketKind.V2:
        return _call(
            calls.router_merge_call(
                router=EvmAddress(contracts.router),
                condition_id=market.condition_id,
                amount=to_e6(pairs),
            )
        )
    return _call(
        calls.ctf_merge_positions_call(
            target=EvmAddress(_adapter(market, contracts)),
            collateral=EvmAddress(contracts.collateral),
            condition_id=market.condition_id,
            amount=to_e6(pairs),
        )
    )


def _adapter(market: Market, contracts: Contracts) -> str:
    return (
        contracts.neg_risk_collateral_adapter if market.neg_risk else contracts.collateral_adapter
    )


def _call(call: "TransactionCall") -> Call:
    return Call(to=str(call.to), calldata=str(call.data))
