"""Reads balances, orders, payouts and transfers from the chain; sends nothing."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bot.chain.abi import decode, encode_call, field, hex_text, number
from bot.chain.addresses import Contracts
from bot.chain.allowances import allowance_calls, read_allowances
from bot.chain.logs import Log, executed_in, executions_in, read_log, transfers_in, wallet_filters
from bot.chain.records import Allowance, Execution
from bot.chain.rpc import NodeError, Question, Rpc
from bot.chain.settings import PUBLIC_NODE, ChainPace
from bot.chain.token_ids import is_v2, v2_condition
from bot.clock import Clock
from bot.errors import BadData, SourceDown
from bot.model.market import Market, MarketKind
from bot.model.transfers import Transfers
from bot.model.units import OrderId, Shares, TokenId, Usd, from_e6

_LATEST = "latest"
_END_OF_TIME_S = 253_402_300_799
_WEI = Decimal(10) ** 18


class Chain:
    """What Polygon shows of a wallet, through one node.

    Cash, shares, payouts, transfers and executions are those of the block ``confirmations`` below
    the newest: a reorg that is less deep cannot change what was read. After a deeper one, balances
    are right again at their next reading and a transfer that was mined anew has the id it had;
    one that was lost stays told, and shows as a difference to the balances. Whether an order was
    executed, allowances and gas are asked of the newest block: there the newest is the careful
    answer.

    All methods raise ``SourceDown`` if the node does not answer or lags, ``BadData`` if the answer
    cannot be read; neither ever becomes a zero.

    Args:
        rpc_url: HTTP address of a Polygon node; never shown whole, it may hold a key.
        contracts: Where the venue's contracts stand.
        clock: For the waits between tries.
        confirmations: Blocks above one before it is believed; 0 for a node of one's own that mines
            only when asked. Polygon's milestones make a block final within seconds (PIP-11, read
            2026-11); how many blocks they lag could not be measured here.
        pace: Time-out, tries and portions.
    """

    def __init__(
        self,
        *,
        rpc_url: str,
        contracts: Contracts,
        clock: Clock,
        confirmations: int,
        pace: ChainPace = PUBLIC_NODE,
    ) -> None:
        self._contracts = contracts
        self._confirmations = confirmations
        self._span = pace.blocks_per_read
        self._rpc = Rpc(url=rpc_url, clock=clock, pace=pace)

    async def start(self) -> None:
        """Connect, and make sure that the node is on Polygon."""
        await self._rpc.check_chain()

    async def close(self) -> None:
        """Let go of the connections; may be called twice."""
        await self._rpc.close()

    async def block(self) -> int:
        """Return the newest block that is believed: the node's newest less the confirmations."""
        newest = number(await self._rpc.ask("eth_blockNumber"), name="eth_blockNumber")
        return max(0, newest - self._confirmations)

    async def cash(
        self, wallet: str, *, currency: str | None = None, at_block: int | None = None
    ) -> Usd:
        """Return a wallet's collateral, or its dollars of another currency.

        Args:
            wallet: Whose.
            currency: Address of a token with 6 decimals; None: pUSD.
            at_block: As ``block`` told it, so that several readings are of one instant; None asks.
        """
        call = encode_call("balanceOf(address)", wallet)
        [answer] = await self._calls([(currency or self._contracts.collateral, call)], at_block)
        return Usd(from_e6(decode(("uint256",), answer, name="balance in dollars")[0]))

    async def shares(
        self, wallet: str, tokens: Collection[TokenId], *, at_block: int | None = None
    ) -> Mapping[TokenId, Shares]:
        """Return how much of each of these tokens a wallet holds, zeros included.

        Args:
            wallet: Whose.
            tokens: Of either kind of market.
            at_block: As for ``cash``.
        """
        groups = [
            (holder, group)
            for holder, group in (
                (self._contracts.conditional_tokens, [t for t in tokens if not is_v2(t)]),
                (self._contracts.position_manager, [t for t in tokens if is_v2(t)]),
            )
            if group
        ]
        calls = [(holder, _balances_call(wallet, group)) for holder, group in groups]
        answers = await self._calls(calls, at_block) if calls else []
        found: dict[TokenId, Shares] = {}
        for (_, group), answer in zip(groups, answers, strict=True):
            sizes = decode(("uint256[]",), answer, name="balances of tokens")[0]
            if len(sizes) != len(group):
                raise BadData(f"{len(sizes)} balances came for {len(group)} tokens")
            found.update({t: Shares(from_e6(s)) for t, s in zip(group, sizes, strict=True)})
        return found

    async def gas_money(self, wallet: str) -> Decimal:
        """Return a wallet's POL, which pays for its transactions."""
        answer = await self._rpc.ask("eth_getBalance", wallet, _LATEST)
        return Decimal(number(answer, name="eth_getBalance")) / _WEI

    async def is_contract(self, address: str) -> bool:
        """Whether code stands there: a deployed wallet, or a key that delegates to code."""
        answer = await self._rpc.ask("eth_getCode", address, _LATEST)
        return hex_text(answer, name="eth_getCode") != "0x"

    async def allowances(self, wallet: str) -> tuple[Allowance, ...]:
        """Return what every contract that we may have use for can take from a wallet."""
        calls = allowance_calls(wallet, self._contracts)
        return read_allowances(await self._ask_contracts(calls, _LATEST), self._contracts)

    async def executed(self, order_id: OrderId, token_id: TokenId, *, neg_risk: bool) -> bool:
        """Whether the exchange has executed any of an order.

        **Source:** ``getOrderStatus`` of the exchanges: whether it is filled, and what remains of
        it (0 before the first execution); POLYMARKET 4.7, read 2026-11.

        Args:
            order_id: Its hash.
            token_id: Its token, which tells the exchange of V2 markets.
            neg_risk: Of its market, which tells the two others apart.
        """
        call = encode_call("getOrderStatus(bytes32)", bytes.fromhex(order_id.removeprefix("0x")))
        exchange = self._exchange(token_id, neg_risk=neg_risk)
        [answer] = await self._ask_contracts([(exchange, call)], _LATEST)
        is_filled, remaining = decode(("bool", "uint248"), answer, name="order status")
        return bool(is_filled) or remaining > 0

    async def payouts(self, market: Market) -> tuple[Decimal, Decimal] | None:
        """Return what one share of each token pays; None until the chain has the outcome.

        **Source:** ConditionalTokens ``payoutNumerators`` and ``payoutDenominator``; ``getResult``
        of the V2 modules, empty until resolved (polymarket-client's contracts, read 2026-11).
        """
        if market.kind is MarketKind.V2:
            module = (
                self._contracts.neg_risk_module
                if market.neg_risk
                else self._contracts.binary_module
            )
            call = encode_call("getResult(bytes31)", v2_condition(market.condition_id))
            [answer] = await self._calls([(module, call)], None)
            numerators = decode(("uint256[]",), answer, name="getResult")[0]
            return _payouts(numerators) if numerators else None
        condition = bytes.fromhex(market.condition_id.removeprefix("0x"))
        ctf = self._contracts.conditional_tokens
        answers = await self._calls(
            [
                (ctf, encode_call("payoutDenominator(bytes32)", condition)),
                *(
                    (ctf, encode_call("payoutNumerators(bytes32,uint256)", condition, index))
                    for index in (0, 1)
                ),
            ],
            None,
        )
        total, *numerators = (decode(("uint256",), a, name="payout")[0] for a in answers)
        return _payouts(numerators) if total else None

    async def transfers(self, wallet: str, *, since_block: int, upto_block: int) -> Transfers:
        """Return what changed a wallet's cash and tokens, oldest first.

        Args:
            wallet: Whose.
            since_block: The first block to read.
            upto_block: The last, as ``block`` told it.
        """
        logs: list[Log] = []
        first, span = since_block, self._span
        while first <= upto_block:
            last = min(first + span - 1, upto_block)
            try:
                logs += await self._logs(wallet, first, last, seen=upto_block)
            except NodeError:
                # Each node has its own bound on blocks and rows, and its own words for it.
                if span == 1:
                    raise
                span = max(1, span // 2)
            else:
                first = last + 1
        self._span = span
        rows = transfers_in(
            logs, wallet=wallet, contracts=self._contracts, times=await self._times(logs)
        )
        executed = executed_in(logs, wallet=wallet, contracts=self._contracts)
        return Transfers(upto_block=upto_block, rows=rows, executed=executed)

    async def executions(self, transaction: str) -> tuple[Execution, ...]:
        """Return what a transaction executed of anyone's orders, with the exact fees.

        Raises:
            SourceDown: it is not mined yet, or not deep enough to be believed.
        """
        believed = await self.block()
        receipt = await self._rpc.ask("eth_getTransactionReceipt", transaction)
        mined = receipt and number(field(receipt, "blockNumber", name="receipt"), name="block")
        if receipt is None or mined > believed:
            raise SourceDown(
                f"Transaction {transaction} is not mined {self._confirmations} blocks deep yet"
            )
        logs = field(receipt, "logs", name="receipt")
        if not isinstance(logs, list):
            raise BadData(f"logs of {transaction} were {logs!r:.100}; they must be a list")
        return executions_in([read_log(row) for row in logs], self._contracts)

    async def session_signer_until(self, wallet: str, signer: str) -> datetime | None:
        """Return when a session key of a deposit wallet ends; None: it is none, or was revoked.

        **Source:** the deposit wallet's ``sessionSignerAuthorizedUntil``, read 2026-11.
        """
        call = encode_call("sessionSignerAuthorizedUntil(address)", signer)
        [answer] = await self._ask_contracts([(wallet, call)], _LATEST)
        if answer == "0x":  # no wallet stands there
            return None
        until = decode(("uint256",), answer, name="end of session key")[0]
        return datetime.fromtimestamp(min(until, _END_OF_TIME_S), UTC) if until else None

    def _exchange(self, token_id: TokenId, *, neg_risk: bool) -> str:
        if is_v2(token_id):
            return self._contracts.exchange_v3
        return self._contracts.neg_risk_exchange if neg_risk else self._contracts.exchange

    async def _calls(self, calls: Iterable[tuple[str, str]], at_block: int | None) -> list[Any]:
        block = await self.block() if at_block is None else at_block
        return await self._ask_contracts(calls, hex(block))

    async def _ask_contracts(self, calls: Iterable[tuple[str, str]], block: str) -> list[Any]:
        return await self._rpc.ask_all(
            [("eth_call", ({"to": to, "data": call}, block)) for to, call in calls]
        )

    async def _logs(self, wallet: str, first: int, last: int, *, seen: int) -> list[Log]:
        span = {"fromBlock": hex(first), "toBlock": hex(last)}
        filters = wallet_filters(wallet, self._contracts)
        answers = await self._rpc.ask_all(
            [("eth_getLogs", ({**each, **span},)) for each in filters], upto_block=seen
        )
        if not all(isinstance(rows, list) for rows in answers):
            raise BadData("eth_getLogs answered with no list of logs")
        return [read_log(row) for rows in answers for row in rows]

    async def _times(self, logs: Iterable[Log]) -> Mapping[int, datetime]:
        hashes = {log.block: log.block_hash for log in logs}
        asked: list[Question] = [("eth_getBlockByNumber", (hex(b), False)) for b in hashes]
        times: dict[int, datetime] = {}
        for (block, wanted), header in zip(
            hashes.items(), await self._rpc.ask_all(asked), strict=True
        ):
            if header is None or field(header, "hash", name="block").lower() != wanted:
                raise SourceDown(f"Block {block} was replaced by another while it was read")
            made_at = number(field(header, "timestamp", name="block"), name="timestamp")
            times[block] = datetime.fromtimestamp(made_at, UTC)
        return times


def _balances_call(wallet: str, tokens: Collection[TokenId]) -> str:
    ids = [int(token) for token in tokens]
    return encode_call("balanceOfBatch(address[],uint256[])", [wallet] * len(ids), ids)


def _payouts(numerators: Collection[int]) -> tuple[Decimal, Decimal]:
    if len(numerators) != 2 or sum(numerators) == 0:
        raise BadData(f"payouts were {tuple(numerators)}; they must be two with a sum above 0")
    first, second = (Decimal(n) / sum(numerators) for n in numerators)
    return first, second
