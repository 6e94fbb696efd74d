"""Every order kind is signed as py-clob-client-v2 signs it: same figures, hash and signature."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chain.addresses import CHAIN_ID, POLYGON
from bot.model.account import WalletKind
from bot.model.orders import OrderType, Side
from bot.model.units import TokenId, to_e6
from bot.sandbox.wallets import wallets_of
from bot.venues.polymarket.order_hash import OrderFields, domain_of, order_id
from bot.venues.polymarket.sdk.client import Sdk
from tests.venues.polymarket.counter import DEPOSIT, EOA, KEY, open_counter, open_sdk
from tests.venues.polymarket.test_order_hash import CTF, V2

TICKS = ("0.1", "0.01", "0.005", "0.0025", "0.001", "0.0001")
ORDERS = 1000
WALLETS = {kind: wallets_of(EOA, kind)[0] for kind in (WalletKind.PROXY, WalletKind.SAFE)}
WALLETS |= {WalletKind.EOA: EOA, WalletKind.DEPOSIT: DEPOSIT}
OLDER = (WalletKind.PROXY, WalletKind.SAFE)


@dataclass(frozen=True)
class Drawn:
    """One order on tick and lot."""

    tick: str
    price: Decimal
    size: Decimal
    side: Side
    token: str
    neg_risk: bool
    kind: WalletKind
    salt: int
    made_ms: int


@st.composite
def orders(draw: st.DrawFn, kinds: tuple[WalletKind, ...]) -> Drawn:
    tick = draw(st.sampled_from(TICKS))
    steps = int(1 / Decimal(tick)) - 1
    token = draw(st.sampled_from((CTF, V2)))
    return Drawn(
        tick=tick,
        price=Decimal(tick) * draw(st.integers(1, steps)),
        size=Decimal(draw(st.integers(1, 10_000_000))) / 100,
        side=draw(st.sampled_from(Side)),
        token=token,
        neg_risk=token == CTF and draw(st.booleans()),
        kind=draw(st.sampled_from(kinds)),
        salt=draw(st.integers(0, 2**53 - 1)),
        made_ms=draw(st.integers(1_790_000_000_000, 1_900_000_000_000)),
    )


def ours(drawn: Drawn, sdk: Sdk) -> tuple[OrderFields, dict[str, Any]]:
    buys = drawn.side is Side.BUY
    shares, usd = to_e6(drawn.size), to_e6(drawn.price * drawn.size)
    token, wallet = TokenId(drawn.token), WALLETS[drawn.kind]
    order = OrderFields(
        domain=domain_of(token, neg_risk=drawn.neg_risk, contracts=POLYGON),
        salt=drawn.salt,
        maker=wallet,
        signer=wallet if drawn.kind is WalletKind.DEPOSIT else EOA,
        token_id=token,
        gives_e6=usd if buys else shares,
        gets_e6=shares if buys else usd,
        side=drawn.side,
        signature_type=drawn.kind.value,
        made_ms=drawn.made_ms,
    )
    body = sdk.sign(order, order_type=OrderType.FAK, ends_s=0, post_only=False)
    return order, json.loads(body)["order"]


def theirs(drawn: Drawn, order: OrderFields) -> tuple[int, int, str, str]:
    """Return amounts, order id and signature of the other client."""
    from py_clob_client_v2.clob_types import RoundConfig
    from py_clob_client_v2.order_builder.builder import ROUNDING_CONFIG, OrderBuilder
    from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2, SignatureTypeV2
    from py_clob_client_v2.order_utils.model.order_data_v2 import OrderDataV2
    from py_clob_client_v2.signer import Signer

    signer = Signer(KEY.reveal(), CHAIN_ID)
    kind = SignatureTypeV2(order.signature_type)
    rounding: RoundConfig = ROUNDING_CONFIG[drawn.tick]
    # It floors floats to the lot, so that 2.01 shares become 2; a little more, and they stay 2.01.
    size = float(drawn.size) + 1e-6
    side, gives, gets = OrderBuilder(signer, kind, order.maker).get_order_amounts(
        drawn.side.name, size, float(drawn.price), rounding
    )
    builder = ExchangeOrderBuilderV2(
        order.domain.exchange,
        CHAIN_ID,
        signer,
        generate_salt=lambda: str(drawn.salt),
        domain_version=order.domain.version,
    )
    fields = OrderDataV2(
        maker=order.maker,
        signer=order.signer,
        tokenId=drawn.token,
        makerAmount=str(gives),
        takerAmount=str(gets),
        side=side,
        signatureType=kind,
        timestamp=str(drawn.made_ms),
    )
    typed = builder.build_order_typed_data(builder.build_order(fields))
    return gives, gets, builder.build_order_hash(typed), builder.build_order_signature(typed)


@pytest.mark.simulation
@pytest.mark.parametrize(
    "kinds", [(WalletKind.EOA, WalletKind.DEPOSIT), OLDER], ids=["plain and deposit", "older"]
)
async def test_a_thousand_orders_are_signed_as_another_client_signs_them(
    kinds: tuple[WalletKind, ...],
) -> None:
    @settings(
        max_examples=ORDERS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(orders(kinds))
    def check(drawn: Drawn) -> None:
        order, signed = ours(drawn, signers[drawn.kind])
        gives, gets, hashed, signature = theirs(drawn, order)
        assert (order.gives_e6, order.gets_e6) == (gives, gets)
        assert (signed["makerAmount"], signed["takerAmount"]) == (str(gives), str(gets))
        assert (signed["maker"], signed["signer"]) == (order.maker, order.signer)
        assert signed["signatureType"] == drawn.kind.value
        assert order_id(order) == hashed
        assert signed["signature"] == signature

    async with (
        open_counter() as counter,
        open_sdk(counter, wallet=WALLETS[kinds[0]]) as one,
        open_sdk(counter, wallet=WALLETS[kinds[1]]) as other,
    ):
        signers = dict(zip(kinds, (one, other), strict=True))
        check()
