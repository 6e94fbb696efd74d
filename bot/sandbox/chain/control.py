"""The local chain as a machine: its process, its time, calls and transactions in any name."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

from bot.chain.addresses import POLYGON, Contracts
from bot.clock import Clock
from bot.errors import SourceDown
from bot.sandbox.chain.node import Node
from bot.sandbox.chain.rpc import Reverted, Rpc, pack, unpack
from bot.sandbox.chain.world import place

_GAS_MONEY: Final = 10**18


class Control:
    """A running node with the contracts in place. Use it as ``async with Control(...)``.

    Args:
        clock: For the wait until the node listens.
        starts_at: Time of the first block, aware UTC. Each block is a second later than the one
            before it, whatever the clock says: the same calls give the same blocks.
        node: One that runs already and is not ended with this; None starts one.
    """

    def __init__(self, *, clock: Clock, starts_at: datetime, node: Node | None = None) -> None:
        self._ends_node = node is None
        self._node = node if node is not None else Node(clock=clock, starts_at=starts_at)
        self._rpc: Rpc | None = None
        self._waits = False

    async def __aenter__(self) -> Self:
        if self._ends_node:
            await self._node.start()
        self._rpc = Rpc(url=self._node.rpc_url)
        try:
            if await self._ask("eth_getCode", [POLYGON.collateral, "latest"]) == "0x":
                await place(self._rpc)
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    @property
    def rpc_url(self) -> str:
        """Where the node answers."""
        return self._node.rpc_url

    @property
    def contracts(self) -> Contracts:
        """The addresses, those of production."""
        return POLYGON

    async def call(
        self, to: str, signature: str, *arguments: object, returns: Sequence[str]
    ) -> tuple[Any, ...]:
        """Return what a contract answers, e.g. ``"nonce()"`` with ``returns=["uint256"]``.

        Raises:
            Reverted: the contract refuses.
        """
        question = {"to": to, "data": pack(signature, *arguments)}
        return unpack(returns, await self._ask("eth_call", [question, "latest"]))

    async def send(self, sender: str, to: str, signature: str, *arguments: object) -> str:
        """Send a transaction in the name of any address and return its hash.

        No key is needed and no gas money: what the sender lacks is lent to it meanwhile. While
        the chain is paused the hash comes at once, otherwise when the transaction is mined.

        Raises:
            Reverted: the contract refuses; nothing was done.
        """
        transaction = {"from": sender, "to": to, "data": pack(signature, *arguments)}
        owned = await self._ask("eth_getBalance", [sender, "latest"])
        lends = int(owned, 16) < _GAS_MONEY
        if lends:
            await self._ask("anvil_setBalance", [sender, hex(_GAS_MONEY)])
        try:
            return await self._mined(transaction)
        finally:
            if lends:
                await self._ask("anvil_setBalance", [sender, owned])

    async def now(self) -> int:
        """Return the time of the newest block, epoch seconds."""
        block = await self._ask("eth_getBlockByNumber", ["latest", False])
        return int(block["timestamp"], 16)

    async def mine(self, blocks: int = 1) -> None:
        """Add blocks, a second each."""
        await self._ask("anvil_mine", [hex(blocks), hex(1)])

    async def advance(self, seconds: int) -> None:
        """Add one block that is this much later than the newest."""
        await self._ask("evm_setNextBlockTimestamp", [await self.now() + seconds])
        await self._ask("evm_mine")

    async def reorg(self, depth: int) -> None:
        """Replace the newest blocks by empty ones: what was in them never happened."""
        await self._ask("anvil_reorg", [depth, []])

    async def pause(self) -> None:
        """Let transactions wait, unmined, until ``resume``."""
        self._waits = True
        await self._ask("evm_setAutomine", [False])

    async def resume(self) -> None:
        """Mine what waits, and from now on each transaction at once."""
        self._waits = False
        await self._ask("evm_setAutomine", [True])
        await self.mine()

    async def snapshot(self) -> str:
        """Return a name for the present state."""
        return str(await self._ask("evm_snapshot"))

    async def revert(self, snapshot: str) -> None:
        """Go back to a state; its name is used up."""
        await self._ask("evm_revert", [snapshot])

    async def _end(self) -> None:
        if self._rpc is not None:
            await self._rpc.close()
        if self._ends_node:
            self._node.stop()

    async def _mined(self, transaction: dict[str, str]) -> str:
        # Asked first: anvil would mine a transaction that reverts, and say nothing of the reason.
        gas = int(await self._ask("eth_estimateGas", [transaction]), 16)
        transaction = {**transaction, "gas": hex(gas * 5 // 4)}
        if self._waits:
            return str(await self._ask("eth_sendTransaction", [transaction]))
        receipt = await self._ask("eth_sendTransactionSync", [transaction])
        if receipt["status"] != "0x1":
            raise Reverted(f"{receipt['transactionHash']} was mined but reverted", reason="")
        return str(receipt["transactionHash"])

    async def _ask(self, method: str, params: Sequence[object] = ()) -> Any:
        if self._rpc is None:
            raise SourceDown("The local chain has not been started; use it with `async with`")
        return await self._rpc.ask(method, params)
