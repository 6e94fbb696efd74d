"""Live trading: our orders through the official client, our money as the chain shows it.

A read that fails raises; an order whose fate is not proven is unknown. Nothing here writes to the
ledger, and nothing is ever sent twice.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from bot.chain.addresses import Contracts
from bot.chain.reader import Chain
from bot.chain.sender import Sender
from bot.clock import Clock
from bot.core.venue_rules import GTD_STOPS_EARLY
from bot.errors import DataError, VenueError
from bot.model.account import Secret, WalletKind
from bot.model.market import Market
from bot.model.orders import (
    CancelResult,
    Fill,
    OrderIntent,
    PreparedOrder,
    SubmitResult,
    VenueOrder,
)
from bot.model.transfers import Transfers
from bot.model.units import OrderId, Shares, TokenId, Usd
from bot.venues.polymarket.account_check import check_account
from bot.venues.polymarket.bucket import Bucket
from bot.venues.polymarket.fill_reader import FillReader
from bot.venues.polymarket.l2 import L2Signer
from bot.venues.polymarket.order_markets import OrderMarkets
from bot.venues.polymarket.private_reads import PrivateReads
from bot.venues.polymarket.reads import Reads
from bot.venues.polymarket.sdk.calls import Call, merge_call, redeem_calls
from bot.venues.polymarket.sdk.client import BuilderKey, RelayerKey, Sdk
from bot.venues.polymarket.sdk.setup import account_of
from bot.venues.polymarket.sending import OrderDesk
from bot.venues.polymarket.settings import Endpoints, Pace
from bot.venues.ports import Balances, Redemption

LAG = timedelta(seconds=60)
"""Trades settle some seconds after they match, and the chain is believed a few blocks later."""
_MILLIONTH = Decimal("0.000001")


class PolymarketVenue:
    """``Venue`` over the real exchange, for one account.

    Args:
        sdk: Logged in.
        chain: Reads money and executions.
        sender: Sends an EOA's own transactions; None for wallets that are contracts.
        endpoints: Where the venue is.
        contracts: Where its contracts stand.
        pace: How patiently it is asked.
        clock: For order times, waits and pauses.
    """

    lag = LAG

    def __init__(
        self,
        *,
        sdk: Sdk,
        chain: Chain,
        sender: Sender | None,
        endpoints: Endpoints,
        contracts: Contracts,
        pace: Pace,
        clock: Clock,
    ) -> None:
        self.account = sdk.account
        self.sdk, self.api_key = sdk, sdk.api_key
        """For what runs beside the orders: the user channel and the dead man's switch."""
        self.can_redeem = not sdk.account.is_session
        self._chain = chain
        self._sender = sender
        self._contracts = contracts
        signer = L2Signer(address=sdk.account.signer, api_key=sdk.api_key, clock=clock)
        # A tenth of what the venue allows an address (POLYMARKET 10): we are not alone on it.
        asking = Bucket(per_s=9, burst=30, clock=clock)
        self._private = Reads(
            base_url=endpoints.clob, clock=clock, pace=pace, sign=signer.headers, bucket=asking
        )
        self._clob = Reads(base_url=endpoints.clob, clock=clock, pace=pace)
        self._gamma = Reads(base_url=endpoints.gamma, clock=clock, pace=pace)
        self._data = Reads(base_url=endpoints.data, clock=clock, pace=pace)
        self._markets = OrderMarkets(directory=self._gamma, exchange=self._clob, clock=clock)
        self._own = PrivateReads(
            exchange=self._private, positions=self._data, wallet=sdk.account.wallet, pace=pace
        )
        self._fills = FillReader(
            own=self._own, markets=self._markets, chain=chain, wallet=sdk.account.wallet
        )
        self._desk = OrderDesk(
            sdk=sdk, markets=self._markets, contracts=contracts, pace=pace, clock=clock
        )

    @classmethod
    async def open(
        cls,
        *,
        key: Secret,
        wallet: str,
        chain: Chain,
        sender: Sender | None,
        endpoints: Endpoints,
        contracts: Contracts,
        pace: Pace,
        clock: Clock,
        relayer_key: RelayerKey | BuilderKey | None,
    ) -> "PolymarketVenue":
        """Check that the key may trade for the wallet, and log in. Changes nothing on chain.

        Raises:
            UserError: key, wallet or the installed client do not fit; the message says what to do.
            DataError: chain or venue do not answer.
        """
        await check_account(account_of(key=key, wallet=wallet), chain=chain, clock=clock)
        sdk = await Sdk.open(
            key=key,
            wallet=wallet,
            endpoints=endpoints,
            contracts=contracts,
            pace=pace,
            relayer_key=relayer_key,
        )
        return cls(
            sdk=sdk,
            chain=chain,
            sender=sender,
            endpoints=endpoints,
            contracts=contracts,
            pace=pace,
            clock=clock,
        )

    async def close(self) -> None:
        """Let go of sockets."""
        for reads in (self._private, self._clob, self._gamma, self._data):
            await reads.close()
        await self.sdk.close()

    async def balances(self, tokens: Collection[TokenId] = ()) -> Balances:
        """Return cash and shares as the chain has them, all of one block."""
        wallet = self.account.wallet
        with _own("balances"):
            listed = {row.token_id for row in await self._own.held()}
            block = await self._chain.block()
            cash = await self._chain.cash(wallet, at_block=block)
            asked = sorted(listed.union(tokens))
            found = await self._chain.shares(wallet, asked, at_block=block) if asked else {}
        held = {token: shares for token, shares in found.items() if shares > 0}
        return Balances(cash_usd=cash, shares=held)

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        """Return every resting order under our API key, whoever sent it."""
        with _own("open orders"):
            orders = await self._own.open_orders()
        return tuple(
            order
            if order.expires_at is None
            else replace(order, expires_at=order.expires_at - GTD_STOPS_EARLY)
            for order in orders
        )

    async def fills(self, *, since: datetime) -> tuple[Fill, ...]:
        """Return our fills that happened or changed settlement at or after ``since``."""
        with _own("trades"):
            return await self._fills.fills(since=since)

    async def prepare(self, intent: OrderIntent) -> PreparedOrder:
        """Sign an order for a market whose token ids have been proven.

        Raises:
            DataError: the market cannot be read or is not what it claims; nothing is signed.
        """
        return await self._desk.prepare(intent)

    async def submit(self, prepared: PreparedOrder) -> SubmitResult:
        """Send once, and say what is proven."""
        return await self._desk.submit(prepared)

    async def cancel(self, order_id: OrderId) -> CancelResult:
        """Ask for the end of an order. Raises ``VenueError`` if the answer is not known."""
        return await self._desk.cancel(order_id)

    async def is_executed(self, order_id: OrderId, token_id: TokenId) -> bool:
        """Whether an exchange contract shows any of the order executed."""
        with _own(f"order {order_id} on chain"):
            # An id belongs to one exchange alone, so both may be asked.
            for neg_risk in (False, True):
                if await self._chain.executed(order_id, token_id, neg_risk=neg_risk):
                    return True
        return False

    async def transfers(self, *, since_block: int | None) -> Transfers:
        """Return what changed our wallet since a block, it included."""
        with _own("transfers"):
            newest = await self._chain.block()
            if since_block is None or since_block > newest:
                upto = newest if since_block is None else since_block - 1
                return Transfers(upto_block=upto, rows=())
            return await self._chain.transfers(
                self.account.wallet, since_block=since_block, upto_block=newest
            )

    async def redeem(self, market: Market) -> tuple[Redemption, ...]:
        """Turn our tokens of a resolved market into collateral, losing ones included.

        A session key cannot, and returns nothing.
        """
        if not self.can_redeem:
            return ()
        wallet = self.account.wallet
        with _own(f"redemption of {market.slug}"):
            found = await self._chain.shares(wallet, market.token_ids)
            held = {token: shares for token, shares in found.items() if shares > 0}
            if not held:
                return ()
            payouts = await self._chain.payouts(market)
            if payouts is None:
                raise VenueError(f"Market {market.slug} has no outcome on chain yet")
            calls = redeem_calls(market, held, self._contracts)
            await self._transact(calls, purpose=f"Redeem {market.condition_id}")
        return tuple(
            Redemption(
                token_id=token,
                shares=shares,
                payout_usd=Usd(
                    (shares * payouts[market.token_ids.index(token)]).quantize(
                        _MILLIONTH, ROUND_FLOOR
                    )
                ),
            )
            for token, shares in held.items()
        )

    async def merge(self, market: Market, shares: Shares) -> None:
        """Turn pairs that the chain shows to be ours into collateral, ``shares`` at most.

        Raises:
            VenueError: it is not known to be done, or our key is a session key, which cannot.
        """
        what = f"merge of {market.slug}"
        if not self.can_redeem:
            raise VenueError(f"Our {what}: a session key cannot; the owner's key can")
        with _own(what):
            found = await self._chain.shares(self.account.wallet, market.token_ids)
            pairs = Shares(min(shares, *found.values()))
            if pairs > 0:
                call = merge_call(market, pairs, self._contracts)
                await self._transact((call,), purpose=f"Merge {market.condition_id}")

    async def _transact(self, calls: Collection[Call], *, purpose: str) -> None:
        if self.account.kind is not WalletKind.EOA:
            await self.sdk.relay(tuple(calls), purpose=purpose)
            return
        if self._sender is None:
            raise VenueError(f"{purpose}: an EOA needs a sender for its own transactions")
        for call in calls:
            await self._sender.send(call.to, call.calldata)


@contextmanager
def _own(what: str) -> Iterator[None]:
    """Turn a failed read of what is ours into the error that ends a cycle."""
    try:
        yield
    except DataError as error:
        raise VenueError(f"Our {what} cannot be read: {error}") from error
