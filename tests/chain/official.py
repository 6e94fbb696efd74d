"""What polymarket-client 0.14.0 signs and derives, so that the contracts are held against it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from eth_account import Account
from polymarket._internal.actions.orders.typed_data import (
    build_order_signature,
    build_order_typed_data,
)
from polymarket._internal.actions.orders.types import BYTES32_ZERO, UnsignedOrder
from polymarket._internal.actions.relayer.calls import TransactionCall
from polymarket._internal.actions.relayer.signing.deposit_wallet import sign_deposit_wallet_batch
from polymarket._internal.environment import PRODUCTION_CONFIG
from polymarket._internal.wallet import (
    derive_beacon_deposit_wallet_address,
    wrap_deposit_wallet_signature,
)
from polymarket.models.types import TokenId as ClobTokenId
from polymarket.types import EvmAddress, HexString

from bot.model.account import Secret, WalletKind
from bot.model.market import Market, MarketKind
from bot.model.orders import Side
from bot.model.units import TokenId, to_e6
from bot.sandbox.chain import ChainOrder, LocalChain
from bot.sandbox.chain.orders import address_of, exchange_of

CONFIG = PRODUCTION_CONFIG


def deposit_wallet_of(owner: str) -> str:
    return derive_beacon_deposit_wallet_address(owner, CONFIG.wallet_derivation)


def order(
    market: Market,
    key: Secret,
    *,
    side: Side,
    size: str,
    price: str,
    outcome: int = 0,
    salt: int = 1,
    wallet: str | None = None,
    is_session: bool = False,
) -> ChainOrder:
    """Return an order that the official client signed: of an EOA, or of a deposit wallet."""
    maker = wallet or address_of(key)
    shares, usd = to_e6(Decimal(size)), to_e6(Decimal(size) * Decimal(price))
    gives, wants = (usd, shares) if side is Side.BUY else (shares, usd)
    token_id: TokenId = market.token_ids[outcome]
    kind = WalletKind.DEPOSIT if wallet else WalletKind.EOA
    unsigned = UnsignedOrder(
        chain_id=CONFIG.chain_id,
        builder=BYTES32_ZERO,
        exchange_address=EvmAddress(exchange_of(market)),
        expiration=0,
        maker=EvmAddress(maker),
        maker_amount=gives,
        metadata=BYTES32_ZERO,
        order_type="GTC",
        salt=salt,
        side="BUY" if side is Side.BUY else "SELL",
        signature_type=int(kind),
        signer=EvmAddress(maker),
        taker_amount=wants,
        timestamp=1_795_000_000_000,
        token_id=ClobTokenId(token_id),
        protocol_version="3" if market.kind is MarketKind.V2 else "2",
    )
    typed = build_order_typed_data(unsigned)
    made = Account.sign_typed_data(key.reveal(), full_message=typed)
    signature = build_order_signature(unsigned, HexString("0x" + made.signature.hex()))
    if is_session:
        signature = wrap_deposit_wallet_signature(
            signer=address_of(key), signer_type="SESSION_KEY", signature=signature
        )
    return ChainOrder(
        salt=salt,
        maker=maker,
        signer=maker,
        token_id=token_id,
        maker_e6=gives,
        taker_e6=wants,
        side=side,
        signature_type=int(kind),
        timestamp_ms=unsigned.timestamp,
        signature=bytes.fromhex(signature[2:]),
    )


def tampered(signed: ChainOrder) -> ChainOrder:
    """Return the order with a better price for its maker than was signed."""
    return replace(signed, taker_e6=signed.taker_e6 + 1)


async def carry(
    chain: LocalChain, wallet: str, calls: list[TransactionCall], *, key: Secret
) -> str:
    """Have calls of a deposit wallet signed by the official client, and executed."""
    nonce, deadline = await chain.wallet_nonce(wallet), await chain.now() + 600
    signature = sign_deposit_wallet_batch(
        Account.from_key(key.reveal()),
        wallet=EvmAddress(wallet),
        calls=calls,
        nonce=str(nonce),
        deadline=str(deadline),
        chain_id=CONFIG.chain_id,
    )
    return await chain.carry(
        wallet,
        nonce=nonce,
        deadline=deadline,
        calls=[(str(call.to), call.value, bytes.fromhex(call.data[2:])) for call in calls],
        signature=bytes.fromhex(signature[2:]),
    )
