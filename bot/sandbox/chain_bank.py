"""Whose money is where, on the local chain: balances are read there, trades settled there."""

from collections.abc import Iterable
from decimal import Decimal

from bot.chain.addresses import POLYGON
from bot.chain.token_ids import is_v2
from bot.errors import BotError
from bot.model.market import Market
from bot.model.orders import Side
from bot.model.units import Shares, TokenId, Usd, from_e6, to_e6
from bot.sandbox.bank import ALL, Leg, NotDone
from bot.sandbox.batches import Batch
from bot.sandbox.chain import ChainOrder, LocalChain
from bot.sandbox.chain.orders import address_of
from bot.sandbox.chain.rpc import Reverted, Rpc
from bot.sandbox.signatures import Domain, SignedOrder

_HOUSE_USD = Usd(Decimal(1_000_000_000))
_GOOD = bytes.fromhex("1626ba7e")


class ChainBank:
    """Asks and moves what is on the chain.

    Args:
        chain: The chain; it is neither started nor ended here.
        house: Address of other people, who get money and give all approvals.
    """

    def __init__(self, *, chain: LocalChain, house: str) -> None:
        self._chain = chain
        self._house = house
        self._rpc = Rpc(url=chain.rpc_url)

    async def open(self) -> None:
        """Give other people money, unless they still have some."""
        if await self._chain.cash(self._house) > _HOUSE_USD / 2:
            return
        await self._chain.mint(self._house, _HOUSE_USD)
        await self._chain.approve_all(self._house)

    async def close(self) -> None:
        """Let go of the node."""
        await self._rpc.close()

    async def balance(self, wallet: str, token_id: str | None) -> int:
        """Return millionths of a USD, or of a share of a token."""
        if token_id is None:
            return to_e6(await self._chain.cash(wallet))
        return to_e6(await self._chain.shares(wallet, TokenId(token_id)))

    async def allowance(self, wallet: str, token_id: str | None, spender: str) -> int:
        """Return how much ``spender`` may move."""
        if token_id is None:
            (left,) = await self._chain.call(
                POLYGON.collateral,
                "allowance(address,address)",
                wallet,
                spender,
                returns=["uint256"],
            )
            return int(left)
        tokens = (
            POLYGON.position_manager if is_v2(TokenId(token_id)) else POLYGON.conditional_tokens
        )
        (may,) = await self._chain.call(
            tokens, "isApprovedForAll(address,address)", wallet, spender, returns=["bool"]
        )
        return ALL if may else 0

    async def is_deployed(self, wallet: str) -> bool:
        """Whether the smart wallet exists."""
        return bool(await self._rpc.ask("eth_getCode", [wallet, "latest"]) != "0x")

    async def may_sign(self, order: SignedOrder, domain: Domain, signer: str) -> bool:  # noqa: ARG002
        """Ask the wallet itself whether it stands for the order."""
        if not await self.is_deployed(order.maker):
            return False
        try:
            (said,) = await self._chain.call(
                order.maker,
                "isValidSignature(bytes32,bytes)",
                order.hash(domain),
                order.signature,
                returns=["bytes4"],
            )
        except Reverted:
            return False
        return bool(said == _GOOD)

    async def settle(self, taker: Leg, makers: Iterable[Leg]) -> str:
        """Settle a trade as the operator of the exchange."""
        makers = tuple(makers)
        market = taker.order.market
        try:
            for leg in (taker, *makers):
                await self._stock(leg, market)
            return await self._chain.match(
                market,
                _chain_order(taker),
                [_chain_order(leg) for leg in makers],
                taker_fill_e6=_given_at_limit(taker),
                maker_fills_e6=[leg.usd_e6 if leg.order.buys else leg.shares_e6 for leg in makers],
                taker_fee_e6=taker.fee_e6,
            )
        except BotError as error:
            raise NotDone(str(error)) from error

    async def deploy(self, owner: str) -> str:
        """Make the deposit wallet of a key and return the hash of the transaction."""
        operator = address_of(self._chain.operator)
        return await self._chain.send(
            operator, POLYGON.deposit_wallet_factory, "deploy(address)", owner
        )

    async def nonce(self, wallet: str) -> int:
        """Return the nonce that a deposit wallet's next batch must carry."""
        return await self._chain.wallet_nonce(wallet) if await self.is_deployed(wallet) else 0

    async def carry(self, batch: Batch) -> str:
        """Bring a batch to its wallet and return the hash of the transaction."""
        try:
            return await self._chain.carry(
                batch.wallet,
                nonce=batch.nonce,
                deadline=batch.deadline,
                calls=batch.calls,
                signature=batch.signature,
            )
        except BotError as error:
            raise NotDone(str(error)) from error

    async def redeem_for(self, wallet: str, market: Market) -> str:
        """Redeem a wallet's tokens as the auto-redeemer; return the hash of the transaction."""
        try:
            return await self._chain.redeem_for(wallet, market)
        except BotError as error:
            raise NotDone(str(error)) from error

    async def _stock(self, leg: Leg, market: Market) -> None:
        """Give other people the shares that they are to sell."""
        order = leg.order
        if order.maker != self._house or order.buys:
            return
        if await self.balance(self._house, order.token_id) < leg.shares_e6:
            await self._chain.split(self._house, market, Shares(from_e6(leg.shares_e6)))


def _given_at_limit(leg: Leg) -> int:
    """Return what the order gives for its shares at its own limit; the surplus comes back."""
    signed = leg.order.signed
    if not leg.order.buys:
        return leg.shares_e6
    return leg.shares_e6 * signed.maker_amount // signed.taker_amount


def _chain_order(leg: Leg) -> ChainOrder:
    signed = leg.order.signed
    return ChainOrder(
        salt=signed.salt,
        maker=signed.maker,
        signer=signed.signer,
        token_id=leg.order.token_id,
        maker_e6=signed.maker_amount,
        taker_e6=signed.taker_amount,
        side=Side.BUY if leg.order.buys else Side.SELL,
        signature_type=int(signed.kind),
        timestamp_ms=signed.timestamp,
        metadata=signed.metadata,
        builder=signed.builder,
        signature=signed.signature,
    )
