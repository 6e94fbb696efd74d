"""Sends the transactions of one key, one at a time, until each one's outcome is known."""

import asyncio
from dataclasses import fields

from bot.chain import abi
from bot.chain.addresses import Contracts
from bot.chain.attempt import Attempt
from bot.chain.gas import Offer, check_cost, usual_offer
from bot.chain.records import Receipt
from bot.chain.rpc import Reverted, Rpc
from bot.chain.settings import PUBLIC_NODE, ChainPace
from bot.chain.signing import Act, address_of
from bot.clock import Clock
from bot.errors import VenueError
from bot.model.account import Secret


class Sender:
    """The transactions of one key. A second program on the same key is noticed, not prevented.

    What becomes of a transaction:

    - It is refused before it leaves: ``VenueError``; nothing happened.
    - It is mined and undone by its contract: ``VenueError``; the gas is spent, nothing else.
    - Another transaction of the key took its place: ``VenueError``; nothing of it happened.
    - It is mined ``confirmations`` deep: ``Receipt``. A reorg before that puts it back on its way.
    - Nothing is known within ``give_up_after``: ``SourceDown``. It may still be mined: it stays
      ours, and the next ``send`` finds out first, by its hash. If that ``send`` is for the same
      act, it is answered with the receipt and not sent twice.

    Nothing is kept on disk: a new process begins with the nonce after all that the node has
    waiting.

    Args:
        rpc_url: HTTP address of a Polygon node.
        key: Private key of an EOA that has POL.
        clock: For waits and time-outs.
        contracts: Their names are shown instead of their addresses.
        confirmations: As for ``Chain``.
        pace: Waits, time-outs and the highest fee.
    """

    def __init__(
        self,
        *,
        rpc_url: str,
        key: Secret,
        clock: Clock,
        contracts: Contracts,
        confirmations: int,
        pace: ChainPace = PUBLIC_NODE,
    ) -> None:
        self._rpc = Rpc(url=rpc_url, clock=clock, pace=pace)
        self._key = key
        self._clock = clock
        self._names = {getattr(contracts, f.name): f.name for f in fields(contracts)}
        self._confirmations = confirmations
        self._pace = pace
        self._lock = asyncio.Lock()
        self._attempt: Attempt | None = None
        self._address = ""

    async def close(self) -> None:
        """Let go of the connections; may be called twice."""
        await self._rpc.close()

    async def send(self, to: str, calldata: str) -> Receipt:
        """Call a contract, and return when that is mined deep enough.

        Args:
            to: The contract's checksummed address.
            calldata: 0x and hex, as ``encode_call`` gives it.

        Raises:
            VenueError: it surely has not happened.
            SourceDown: if it left, it may or may not happen; the message says so.
            BadData: the node's answers cannot be read; as ``SourceDown``.
            CredentialError: the key is none.
        """
        async with self._lock:
            if not self._address:
                await self._rpc.check_chain()
                self._address = address_of(self._key)
            earlier = await self._settle_earlier(to, calldata)
            if earlier is not None:
                return earlier
            self._attempt = await self._prepare(to, calldata)
            return await self._finish(self._attempt)

    async def _settle_earlier(self, to: str, calldata: str) -> Receipt | None:
        attempt = self._attempt
        if attempt is None or not attempt.has_left:
            return None
        try:
            receipt = await self._finish(attempt)
        except VenueError:  # its outcome was told as unknown; now it surely has not happened
            return None
        is_same = (attempt.act.to, attempt.act.calldata) == (to, calldata)
        return receipt if is_same else None

    async def _prepare(self, to: str, calldata: str) -> Attempt:
        name = self._names.get(to, to)
        question = {"from": self._address, "to": to, "data": calldata}
        try:
            estimate, nonce = await self._rpc.ask_all(
                [
                    ("eth_estimateGas", (question,)),
                    ("eth_getTransactionCount", (self._address, "pending")),
                ]
            )
        except Reverted as error:
            raise VenueError(f"{name} refuses the call: {error.reason}. Nothing was sent") from None
        act = Act(
            to=to,
            calldata=calldata,
            nonce=abi.number(nonce, name="eth_getTransactionCount"),
            gas=abi.number(estimate, name="eth_estimateGas") * 5 // 4,
        )
        offer = await usual_offer(self._rpc)
        check_cost(offer, gas=act.gas, most_pol=self._pace.most_fee_pol)
        return self._attempt_of(act, offer)

    def _attempt_of(self, act: Act, offer: Offer) -> Attempt:
        return Attempt(
            rpc=self._rpc,
            key=self._key,
            sender=self._address,
            act=act,
            offer=offer,
            clock=self._clock,
            confirmations=self._confirmations,
            pace=self._pace,
        )

    async def _finish(self, attempt: Attempt) -> Receipt:
        try:
            receipt = await attempt.settle()
        except VenueError:
            self._attempt = None
            raise
        self._attempt = None
        return receipt
