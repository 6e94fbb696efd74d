"""The local chain in the hands of a test or of the sandbox: money, wallets, markets, matches."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.chain.addresses import POLYGON
from bot.chain.token_ids import is_v2, v2_condition
from bot.clock import Clock
from bot.errors import BadData
from bot.model.account import Secret
from bot.model.market import Market, MarketKind
from bot.model.units import Shares, TokenId, Usd, from_e6, to_e6
from bot.sandbox.chain.control import Control
from bot.sandbox.chain.markets import localized, oracle, question_id
from bot.sandbox.chain.node import Node
from bot.sandbox.chain.orders import ORDER_TUPLE, ChainOrder, address_of, exchange_of

# anvil's own, known to all the world: its ten accounts have 10,000 POL each.
_KEYS: Final = (
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
)
_MAKERS: Final = (
    POLYGON.exchange,
    POLYGON.neg_risk_exchange,
    POLYGON.collateral_adapter,
    POLYGON.neg_risk_collateral_adapter,
)
_SPENDERS: Final = (*_MAKERS, POLYGON.router, POLYGON.exchange_v3)
_OPERATORS: Final = (
    (POLYGON.conditional_tokens, (*_MAKERS, POLYGON.auto_redeemer)),
    (POLYGON.position_manager, (POLYGON.router, POLYGON.exchange_v3, POLYGON.auto_redeemer)),
)
_ALL: Final = 2**256 - 1
_NO_BYTES: Final = bytes(32)
_BOTH: Final = [1, 2]
_CONDITION_CALL: Final = "(address,bytes32,bytes32,uint256[],uint256)"


class LocalChain(Control):
    """A chain of our own. Use it as ``async with LocalChain(...) as chain``.

    Args:
        clock: For the wait until the node listens.
        starts_at: Time of the first block, aware UTC; each block is a second later than the last.
        node: One that runs already and is not ended with this; None starts one.
    """

    def __init__(self, *, clock: Clock, starts_at: datetime, node: Node | None = None) -> None:
        super().__init__(clock=clock, starts_at=starts_at, node=node)
        self.accounts: tuple[Secret, ...] = tuple(Secret(key) for key in _KEYS)
        """Keys of ten accounts with 10,000 POL each. The first is the operator, the second
        takes the fees."""

    @property
    def operator(self) -> Secret:
        """Key of the account that settles matches, resolves markets and makes money."""
        return self.accounts[0]

    # --- money ---------------------------------------------------------------------------------

    async def mint(self, wallet: str, usd: Usd) -> None:
        """Give a wallet pUSD, wrapped from USDC.e made for it."""
        await self.mint_usdce(self._boss, usd)
        e6 = to_e6(usd)
        usdce, onramp = POLYGON.usdce, POLYGON.onramp
        await self._command(usdce, "approve(address,uint256)", onramp, e6)
        await self._command(onramp, "wrap(address,address,uint256)", usdce, wallet, e6)

    async def mint_usdce(self, wallet: str, usd: Usd) -> None:
        """Give a wallet USDC.e."""
        await self._command(POLYGON.usdce, "mint(address,uint256)", wallet, to_e6(usd))

    async def give_gas(self, wallet: str, pol: Decimal) -> None:
        """Set what a wallet has for gas, POL."""
        await self._ask("anvil_setBalance", [wallet, hex(int(pol * 10**18))])

    async def cash(self, wallet: str) -> Usd:
        """Return a wallet's pUSD."""
        (e6,) = await self.call(
            POLYGON.collateral, "balanceOf(address)", wallet, returns=["uint256"]
        )
        return Usd(from_e6(e6))

    async def shares(self, wallet: str, token_id: TokenId) -> Shares:
        """Return a wallet's shares of an outcome token of either kind."""
        tokens = POLYGON.position_manager if is_v2(token_id) else POLYGON.conditional_tokens
        (e6,) = await self.call(
            tokens, "balanceOf(address,uint256)", wallet, int(token_id), returns=["uint256"]
        )
        return Shares(from_e6(e6))

    # --- wallets -------------------------------------------------------------------------------

    async def deploy_wallet(self, owner: str) -> str:
        """Deploy the deposit wallet of a key's address and return the wallet's address."""
        factory = POLYGON.deposit_wallet_factory
        (wallet,) = await self.call(factory, "deploy(address)", owner, returns=["address"])
        await self._command(factory, "deploy(address)", owner)
        from eth_utils.address import to_checksum_address

        return str(to_checksum_address(wallet))

    async def wallet_nonce(self, wallet: str) -> int:
        """Return the nonce that a deposit wallet's next batch must carry."""
        (nonce,) = await self.call(wallet, "nonce()", returns=["uint256"])
        return int(nonce)

    async def carry(
        self,
        wallet: str,
        *,
        nonce: int,
        deadline: int,
        calls: Sequence[tuple[str, int, bytes]],
        signature: bytes,
    ) -> str:
        """Bring a batch that its owner signed to a deposit wallet, as the relayer does.

        Args:
            wallet: Whose batch it is.
            nonce: As signed.
            deadline: As signed, epoch seconds.
            calls: Target, POL in wei, bytes.
            signature: The owner's, 65 bytes.

        Raises:
            Reverted: wrong signature or nonce, too late, or one of the calls failed.
        """
        return await self._command(
            wallet,
            "execute(uint256,uint256,(address,uint256,bytes)[],bytes)",
            nonce,
            deadline,
            list(calls),
            signature,
        )

    async def approve_all(self, wallet: str) -> None:
        """Let every contract that trading, splitting and redeeming need at a wallet's tokens."""
        yes = True
        for spender in _SPENDERS:
            await self.send(wallet, POLYGON.collateral, "approve(address,uint256)", spender, _ALL)
        for tokens, operators in _OPERATORS:
            for operator in operators:
                await self.send(wallet, tokens, "setApprovalForAll(address,bool)", operator, yes)

    # --- markets -------------------------------------------------------------------------------

    async def prepare(self, market: Market) -> None:
        """Make a market known to its contracts.

        Raises:
            BadData: its ids are not those that its slug gives (``markets.localized``).
        """
        if localized(market).token_ids != market.token_ids:
            raise BadData(
                f"Market {market.slug} has token ids of another chain; give it local ones first "
                "with bot.sandbox.chain.markets.localized"
            )
        if market.kind is MarketKind.V2:
            await self._command(_module(market), "prepareCondition(bytes31)", _condition(market))
            return
        await self._command(
            POLYGON.conditional_tokens,
            "prepareCondition(address,bytes32,uint256)",
            oracle(market),
            bytes.fromhex(question_id(market)[2:]),
            2,
        )

    async def resolve(self, market: Market, payouts: tuple[Decimal, Decimal]) -> str:
        """Report what one share of each outcome pays, as its oracle; return the transaction.

        Raises:
            Reverted: it is not prepared, or has been resolved already.
        """
        # 1 and 0, or halves: numerators of 2 suit both.
        numerators = [int(payout * 2) for payout in payouts]
        if market.kind is MarketKind.V2:
            signature = "reportPayouts(bytes31,uint256[])"
            return await self._command(_module(market), signature, _condition(market), numerators)
        return await self.send(
            oracle(market),
            POLYGON.conditional_tokens,
            "reportPayouts(bytes32,uint256[])",
            bytes.fromhex(question_id(market)[2:]),
            numerators,
        )

    async def split(self, wallet: str, market: Market, shares: Shares) -> str:
        """Turn a wallet's pUSD into as many shares of both outcomes; it must have approved."""
        e6 = to_e6(shares)
        if market.kind is MarketKind.V2:
            router = POLYGON.router
            return await self.send(wallet, router, "split(bytes31,uint256)", _condition(market), e6)
        return await self.send(
            wallet,
            _adapter(market),
            f"splitPosition{_CONDITION_CALL}",
            POLYGON.collateral,
            _NO_BYTES,
            _condition(market),
            _BOTH,
            e6,
        )

    async def redeem_for(self, wallet: str, market: Market) -> str:
        """Redeem a wallet's tokens of a resolved market, as the auto-redeemer it approved."""
        redeemer, condition = POLYGON.auto_redeemer, _condition(market)
        if market.kind is MarketKind.V2:
            return await self._command(
                redeemer, "redeemPosition(address,bytes31)", wallet, condition
            )
        return await self._command(
            redeemer,
            "redeemConditional(address,bytes32,bool)",
            wallet,
            condition,
            market.neg_risk,
        )

    async def match(
        self,
        market: Market,
        taker: ChainOrder,
        makers: Sequence[ChainOrder],
        *,
        taker_fill_e6: int,
        maker_fills_e6: Sequence[int],
        taker_fee_e6: int = 0,
        maker_fees_e6: Sequence[int] | None = None,
    ) -> str:
        """Settle a taker's order against makers' orders and return the transaction.

        Args:
            market: Whose exchange settles.
            taker: The order that crossed.
            makers: Those it meets, at their prices.
            taker_fill_e6: How much of what the taker gives (``maker_e6``) is used; what the
                makers' prices leave over goes back to it.
            maker_fills_e6: The same for each maker.
            taker_fee_e6: pUSD, on top of what a buy pays, out of what a sell gets.
            maker_fees_e6: The same for each maker; None: none.

        Raises:
            Reverted: the exchange refuses; nothing was settled.
        """
        condition = _condition(market).ljust(32, b"\0")
        return await self._command(
            exchange_of(market),
            f"matchOrders(bytes32,{ORDER_TUPLE},{ORDER_TUPLE}[],uint256,uint256[],uint256,uint256[])",
            condition,
            taker.as_tuple(),
            [maker.as_tuple() for maker in makers],
            taker_fill_e6,
            list(maker_fills_e6),
            taker_fee_e6,
            list(maker_fees_e6) if maker_fees_e6 is not None else [0] * len(makers),
        )

    @property
    def _boss(self) -> str:
        return address_of(self.operator)

    async def _command(self, to: str, signature: str, *arguments: object) -> str:
        return await self.send(self._boss, to, signature, *arguments)


def _condition(market: Market) -> bytes:
    if market.kind is MarketKind.V2:
        return v2_condition(market.condition_id)
    return bytes.fromhex(market.condition_id[2:])


def _module(market: Market) -> str:
    return POLYGON.neg_risk_module if market.neg_risk else POLYGON.binary_module


def _adapter(market: Market) -> str:
    return POLYGON.neg_risk_collateral_adapter if market.neg_risk else POLYGON.collateral_adapter
