"""The contracts of the local chain: what they let through, what they refuse, to the last unit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.chain.addresses import POLYGON
from bot.model.market import Market
from bot.model.orders import Side
from bot.model.units import Shares, Usd
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain.orders import address_of, exchange_of
from bot.sandbox.chain.rpc import Reverted
from tests.chain.official import order, tampered
from tests.chain.traders import KINDS, MARKETS, Make, Trader, error, listed, owned

pytestmark = pytest.mark.chain

# --- the three kinds of match ------------------------------------------------------------------


@KINDS
async def test_a_buy_meets_a_sell_at_the_makers_price(
    chain: LocalChain, alice: Trader, bob: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    await chain.split(bob.wallet, market, Shares(Decimal(50)))
    buy = order(market, alice.key, side=Side.BUY, size="10", price="0.60")
    sell = order(market, bob.key, side=Side.SELL, size="50", price="0.55")
    await chain.match(
        market,
        buy,
        [sell],
        taker_fill_e6=6_000_000,
        maker_fills_e6=[10_000_000],
        taker_fee_e6=10_000,
        maker_fees_e6=[5_000],
    )
    # 5.50 for the shares, the surplus of 0.50 came back; each pays its own fee.
    assert await owned(chain, alice.wallet, market) == ("94.49", "10", "0")
    assert await owned(chain, bob.wallet, market) == ("55.495", "40", "50")
    assert await chain.cash(address_of(chain.accounts[1])) == Usd(Decimal("0.015"))
    assert await chain.cash(exchange_of(market)) == 0


@KINDS
async def test_two_buys_of_both_outcomes_make_new_pairs(
    chain: LocalChain, alice: Trader, bob: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    yes = order(market, alice.key, side=Side.BUY, size="10", price="0.60")
    no = order(market, bob.key, side=Side.BUY, size="20", price="0.45", outcome=1)
    await chain.match(
        market, yes, [no], taker_fill_e6=6_000_000, maker_fills_e6=[4_500_000], taker_fee_e6=9_000
    )
    assert await owned(chain, alice.wallet, market) == ("94.491", "10", "0")
    assert await owned(chain, bob.wallet, market) == ("95.5", "0", "10")


@KINDS
async def test_two_sells_of_both_outcomes_melt_pairs(
    chain: LocalChain, alice: Trader, bob: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    for one in (alice, bob):
        await chain.split(one.wallet, market, Shares(Decimal(20)))
    yes = order(market, alice.key, side=Side.SELL, size="10", price="0.40")
    no = order(market, bob.key, side=Side.SELL, size="10", price="0.55", outcome=1)
    await chain.match(
        market,
        yes,
        [no],
        taker_fill_e6=10_000_000,
        maker_fills_e6=[10_000_000],
        taker_fee_e6=9_000,
    )
    assert await owned(chain, alice.wallet, market) == ("84.491", "10", "20")
    assert await owned(chain, bob.wallet, market) == ("85.5", "20", "10")


@KINDS
async def test_one_taker_meets_makers_of_all_wallets(
    chain: LocalChain, alice: Trader, bob: Trader, carol: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    await chain.split(bob.wallet, market, Shares(Decimal(4)))
    taker = order(market, alice.key, side=Side.BUY, size="10", price="0.50")
    makers = [
        order(market, bob.key, side=Side.SELL, size="4", price="0.50"),
        order(
            market, carol.key, side=Side.BUY, size="6", price="0.50", outcome=1, wallet=carol.wallet
        ),
    ]
    await chain.match(
        market, taker, makers, taker_fill_e6=5_000_000, maker_fills_e6=[4_000_000, 3_000_000]
    )
    assert await owned(chain, alice.wallet, market) == ("95", "10", "0")
    assert await owned(chain, bob.wallet, market) == ("98", "0", "4")
    assert await owned(chain, carol.wallet, market) == ("97", "0", "6")


# --- what is refused ---------------------------------------------------------------------------


@KINDS
async def test_orders_that_do_not_cross_are_refused(
    chain: LocalChain, alice: Trader, bob: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    yes = order(market, alice.key, side=Side.BUY, size="10", price="0.50")
    no = order(market, bob.key, side=Side.BUY, size="10", price="0.45", outcome=1)
    with pytest.raises(Reverted) as refused:
        await chain.match(market, yes, [no], taker_fill_e6=5_000_000, maker_fills_e6=[4_500_000])
    assert refused.value.reason == error("NotCrossing()")
    assert await owned(chain, alice.wallet, market) == ("100", "0", "0")


@KINDS
async def test_an_order_is_filled_no_further_than_it_goes(
    chain: LocalChain, alice: Trader, bob: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    await chain.split(bob.wallet, market, Shares(Decimal(50)))
    sell = order(market, bob.key, side=Side.SELL, size="10", price="0.50")
    statuses = []
    for salt, size in ((1, 4), (2, 6)):
        buy = order(market, alice.key, side=Side.BUY, size=str(size), price="0.50", salt=salt)
        await chain.match(
            market,
            buy,
            [sell],
            taker_fill_e6=size * 500_000,
            maker_fills_e6=[size * 1_000_000],
        )
        statuses.append(await status(chain, market, sell.hash(market)))
    assert statuses == [(False, 6_000_000), (True, 0)]
    again = order(market, alice.key, side=Side.BUY, size="1", price="0.50", salt=3)
    with pytest.raises(Reverted) as refused:
        await chain.match(market, again, [sell], taker_fill_e6=500_000, maker_fills_e6=[1_000_000])
    assert refused.value.reason == error("OrderAlreadyFilled()")


async def status(chain: LocalChain, market: Market, order_id: str) -> tuple[bool, int]:
    answer = await chain.call(
        exchange_of(market),
        "getOrderStatus(bytes32)",
        bytes.fromhex(order_id[2:]),
        returns=["bool", "uint248"],
    )
    return answer[0], answer[1]


async def test_a_fee_above_five_per_cent_is_refused(
    chain: LocalChain, alice: Trader, bob: Trader
) -> None:
    market = await listed(chain, MARKETS.ctf)
    await chain.split(bob.wallet, market, Shares(Decimal(10)))
    buy = order(market, alice.key, side=Side.BUY, size="10", price="0.50")
    sell = order(market, bob.key, side=Side.SELL, size="10", price="0.50")

    async def settle(fee_e6: int) -> None:
        await chain.match(
            market,
            buy,
            [sell],
            taker_fill_e6=5_000_000,
            maker_fills_e6=[10_000_000],
            taker_fee_e6=fee_e6,
        )

    with pytest.raises(Reverted) as refused:
        await settle(250_001)
    assert refused.value.reason == error("FeeExceedsMaxRate()")
    await settle(250_000)


async def test_only_the_operator_settles(chain: LocalChain, alice: Trader) -> None:
    with pytest.raises(Reverted) as refused:
        await chain.send(
            alice.wallet, POLYGON.binary_module, "prepareCondition(bytes31)", bytes(31)
        )
    assert refused.value.reason == error("OnlyOperator()")


async def test_a_paused_user_is_not_matched_until_it_says_so(
    chain: LocalChain, alice: Trader, bob: Trader
) -> None:
    market = await listed(chain, MARKETS.ctf)
    await chain.split(bob.wallet, market, Shares(Decimal(10)))
    exchange = exchange_of(market)
    await chain.send(alice.wallet, exchange, "pauseUser()")

    async def settle(salt: int) -> None:
        await chain.match(
            market,
            order(market, alice.key, side=Side.BUY, size="1", price="0.50", salt=salt),
            [order(market, bob.key, side=Side.SELL, size="1", price="0.50", salt=salt)],
            taker_fill_e6=500_000,
            maker_fills_e6=[1_000_000],
        )

    await settle(1)  # the pause begins after 100 blocks
    await chain.mine(100)
    with pytest.raises(Reverted) as refused:
        await settle(2)
    assert refused.value.reason == error("UserIsPaused()")
    await chain.send(alice.wallet, exchange, "unpauseUser()")
    await settle(2)


# --- signatures --------------------------------------------------------------------------------


@KINDS
async def test_a_tampered_order_is_refused(
    chain: LocalChain, alice: Trader, carol: Trader, make: Make
) -> None:
    market = await listed(chain, make)
    for wallet, key in ((None, alice.key), (carol.wallet, carol.key)):
        good = order(market, key, side=Side.BUY, size="10", price="0.50", wallet=wallet)
        other = order(market, alice.key, side=Side.BUY, size="10", price="0.50", outcome=1, salt=9)
        with pytest.raises(Reverted) as refused:
            await chain.match(
                market,
                tampered(good),
                [other],
                taker_fill_e6=5_000_000,
                maker_fills_e6=[5_000_000],
            )
        assert refused.value.reason == error("InvalidSignature()")
