"""Brings one transaction of a key to its end: mined, refused, replaced or unknown."""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import Any

from bot.chain import abi
from bot.chain.gas import Offer, check_cost, paid_pol, raised, usual_offer
from bot.chain.records import Receipt
from bot.chain.rpc import NodeError, Question, Reverted, Rpc
from bot.chain.settings import ChainPace
from bot.chain.signing import Act, Signed, sign
from bot.clock import Clock
from bot.errors import DataError, SourceDown, VenueError
from bot.model.account import Secret

_FOREIGN_LOOKS = 3


class _Refusal(Enum):
    """What a node means by refusing a transaction; anything else leaves its fate open."""

    KNOWN = auto()
    NONCE = auto()
    PRICE = auto()
    FUNDS = auto()


_WORDS = (
    ("already known", _Refusal.KNOWN),
    ("already imported", _Refusal.KNOWN),
    ("known transaction", _Refusal.KNOWN),
    ("nonce too low", _Refusal.NONCE),
    ("replacement transaction underpriced", _Refusal.NONCE),
    ("underpriced", _Refusal.PRICE),
    ("less than block base fee", _Refusal.PRICE),
    ("gas price below minimum", _Refusal.PRICE),
    ("insufficient funds", _Refusal.FUNDS),
)
"""**Source:** geth and bor, anvil 1.7.1; read 2026-11."""


class Attempt:
    """One act under way. Everything signed for it has the same nonce: one of them is mined.

    Args:
        rpc: Where it is sent.
        key: Signs it.
        sender: The key's address.
        act: What is to be done.
        offer: What is offered at first.
        clock: For waits.
        confirmations: As for ``Chain``.
        pace: Waits, time-outs and the highest fee.
    """

    def __init__(
        self,
        *,
        rpc: Rpc,
        key: Secret,
        sender: str,
        act: Act,
        offer: Offer,
        clock: Clock,
        confirmations: int,
        pace: ChainPace,
    ) -> None:
        self.act = act
        self._rpc = rpc
        self._key = key
        self._sender = sender
        self._offer = offer
        self._clock = clock
        self._confirmations = confirmations
        self._pace = pace
        # Every version stays: after a reorg or a quarrel of nodes an older one may be mined.
        self._versions: list[Signed] = [sign(key, act, offer)]
        self.has_left = False
        """A node may have it: from then on its nonce is not given away."""
        self._priced_at = 0.0
        self._foreign_looks = 0
        self._last_words = ""

    async def settle(self) -> Receipt:
        """Send it, or look for it if it may have left already, until its outcome is known.

        Raises:
            VenueError: it surely has not happened.
            SourceDown: nothing is known after ``give_up_after``; call again to go on.
            BadData: the node's answers cannot be read; call again to go on.
        """
        deadline = self._clock.monotonic() + self._pace.give_up_after
        if not self.has_left:
            await self._launch()
        while True:
            try:
                receipt = await self._look()
            except DataError as error:
                self._last_words = str(error)
            else:
                if receipt is not None:
                    return await self._judge(receipt)
            if self._clock.monotonic() >= deadline:
                raise SourceDown(
                    f"Transaction {self._versions[-1].transaction} was not mined "
                    f"{self._confirmations} blocks deep within {self._pace.give_up_after:g} s; it "
                    f"may still be. {self._last_words}".strip()
                )
            await self._clock.sleep(self._pace.look_every)

    async def _launch(self) -> None:
        """Hand it to the node for the first time, anew while the node surely has not taken it."""
        words = ""
        for _ in range(self._pace.tries):
            self.has_left, self._priced_at = True, self._clock.monotonic()
            refusal, words = await self._hand_over()
            if refusal in (None, _Refusal.KNOWN):
                return
            if refusal is _Refusal.NONCE and await self._is_known():
                return
            self.has_left = False
            if refusal is _Refusal.FUNDS:
                words += f". Send POL for gas to {self._sender}"
                break
            await self._renew(refusal)
        raise VenueError(f"The node at {self._rpc.host} refused it: {words}. Nothing was sent")

    async def _hand_over(self) -> tuple[_Refusal | None, str]:
        """Send the newest version; None: it was taken, or it is not known whether it was."""
        try:
            await self._rpc.send_raw(self._versions[-1].raw)
        except NodeError as error:
            self._last_words = str(error)
            said = error.words.lower()
            refusals = (refusal for text, refusal in _WORDS if text in said)
            return (next(refusals, None) if error.is_refusal else None), error.words
        except DataError as error:
            self._last_words = str(error)
        return None, ""

    async def _renew(self, refusal: _Refusal | None) -> None:
        if refusal is _Refusal.PRICE:
            self._offer = raised(self._offer, await usual_offer(self._rpc))
            self._check_cost(self._offer)
        else:
            count = await self._rpc.ask("eth_getTransactionCount", self._sender, "pending")
            self.act = replace(self.act, nonce=abi.number(count, name="eth_getTransactionCount"))
        self._versions = [sign(self._key, self.act, self._offer)]

    async def _is_known(self) -> bool:
        found = await self._rpc.ask("eth_getTransactionByHash", self._versions[-1].transaction)
        return found is not None

    async def _look(self) -> Any:
        """Return the receipt of the version that is mined deep enough; None: not yet.

        Meanwhile what the node has lost is sent again, and what waits too long is offered more for.
        """
        head = abi.number(await self._rpc.ask("eth_blockNumber"), name="eth_blockNumber")
        believed = max(0, head - self._confirmations)
        count, newest, *receipts = await self._rpc.ask_all(self._questions(believed))
        mined = [receipt for receipt in receipts if receipt is not None]
        if mined:
            self._foreign_looks = 0
            block = abi.number(abi.field(mined[0], "blockNumber", name="receipt"), name="block")
            return mined[0] if block <= believed else None
        if abi.number(count, name="eth_getTransactionCount") > self.act.nonce:
            self._note_foreign()
            return None
        self._foreign_looks = 0
        if self._clock.monotonic() - self._priced_at >= self._pace.reprice_after:
            await self._reprice()
        elif newest is None:
            await self._hand_over()
        return None

    def _questions(self, believed: int) -> Sequence[Question]:
        return [
            ("eth_getTransactionCount", (self._sender, hex(believed))),
            ("eth_getTransactionByHash", (self._versions[-1].transaction,)),
            *(("eth_getTransactionReceipt", (each.transaction,)) for each in self._versions),
        ]

    def _note_foreign(self) -> None:
        # Several looks: one node may know a nonce as used before it can show the receipt.
        self._foreign_looks += 1
        if self._foreign_looks >= _FOREIGN_LOOKS:
            raise VenueError(
                f"Another transaction of {self._sender} took nonce {self.act.nonce}, so that "
                f"{self._versions[-1].transaction} was not mined. Let one program use a key"
            )

    async def _reprice(self) -> None:
        self._priced_at = self._clock.monotonic()
        offer = raised(self._offer, await usual_offer(self._rpc))
        try:
            self._check_cost(offer)
        except VenueError as error:
            self._last_words = str(error)
            return
        self._offer = offer
        self._versions.append(sign(self._key, self.act, offer))
        await self._hand_over()

    def _check_cost(self, offer: Offer) -> None:
        check_cost(offer, gas=self.act.gas, most_pol=self._pace.most_fee_pol)

    async def _judge(self, receipt: Any) -> Receipt:
        transaction = abi.hex_text(
            abi.field(receipt, "transactionHash", name="receipt"), name="transactionHash"
        )
        block = abi.number(abi.field(receipt, "blockNumber", name="receipt"), name="blockNumber")
        if abi.number(abi.field(receipt, "status", name="receipt"), name="status") == 1:
            return Receipt(transaction=transaction, block=block, fee_pol=paid_pol(receipt))
        raise VenueError(
            f"Transaction {transaction} was mined in block {block}, but its contract undid it: "
            f"{await self._reason(block)}. Its gas is spent, nothing else happened"
        )

    async def _reason(self, block: int) -> str:
        question = {
            "from": self._sender,
            "to": self.act.to,
            "data": self.act.calldata,
            "gas": hex(self.act.gas),
        }
        try:
            # Its own block's end: whatever came before it in that block is part of the reason.
            await self._rpc.ask("eth_call", question, hex(block))
        except Reverted as error:
            return error.reason
        except DataError:
            pass
        return "the node does not tell why"
