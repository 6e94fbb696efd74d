"""Merges pairs of a token and its complement into 1 USD each; nothing here makes a pair.

There are pairs because shares came from outside, because a settlement failed, or because an exit
without bids bought the complement. A merge is on disk before it leaves. What a crash leaves behind
is pairs, and these are merged: there is no other recovery.
"""

from collections.abc import Collection, Iterable
from decimal import Decimal

from bot.core.pairs import LEAST_PAIRS, count_pairs
from bot.engine.errand import Errand
from bot.engine.ports import Ports
from bot.engine.tell import tell_merged
from bot.engine.tries import UNDER_WAY, is_due
from bot.errors import DataError, VenueError
from bot.model.market import Market
from bot.model.orders import Purpose, Side
from bot.model.transfers import MergeReason
from bot.model.units import ConditionId, Shares, TokenId
from bot.model.view import Account


def merging(ports: Ports) -> set[TokenId]:
    """Return tokens of pairs that a merge may take any moment, although the ledger has them."""
    if not ports.venue.lag:
        return set()
    now = ports.clock.now()
    held = _held(ports.ledger.account(now))
    sent = ports.ledger.merges_sent(now - UNDER_WAY)
    waiting = [pair for pair in sent if min(held.get(t, Decimal(0)) for t in pair) >= LEAST_PAIRS]
    return {token for pair in waiting for token in pair}


async def merge_pairs(
    ports: Ports, errand: Errand, *, markets: Iterable[Market], unsure: Collection[TokenId]
) -> int:
    """Ask for what pairs are worth; return how many merges left.

    Args:
        ports: The world.
        errand: Takes a merge that a chain carries out; one that is under way comes first.
        markets: Those that strategies name: shares from outside are looked for in them.
        unsure: Tokens of which ledger and venue do not agree, or may not soon: they wait.
    """
    ledger = ports.ledger
    if not ports.venue.can_redeem or ledger.halted():
        return 0
    busy = {
        *unsure,
        *(fill.token_id for fill in ledger.fills_not_final()),
        *(order.token_id for order in ledger.orders_without_end()),
    }
    account = ledger.account(ports.clock.now())
    sent = 0
    for condition_id in _candidates(account, markets):
        if errand.is_under_way:
            break
        if not is_due(ledger.merge_tries(condition_id), ports.clock.now()):
            continue
        try:
            market = await ports.market_data.market(condition_id)
        except DataError as error:
            ports.report("source.failed", source=condition_id, error=str(error))
            continue
        pairs = count_pairs(_held(account), market)
        if pairs and not busy.intersection(market.token_ids):
            await _merge(ports, market, pairs, errand)
            sent += 1
    return sent


def _held(account: Account) -> dict[TokenId, Decimal]:
    """Return the shares of each token that has not resolved, whoever brought them."""
    held: dict[TokenId, Decimal] = {token: Decimal(n) for token, n in account.foreign.items()}
    for position in account.positions:
        held[position.token_id] = held.get(position.token_id, Decimal(0)) + position.shares
    return held


def _candidates(account: Account, markets: Iterable[Market]) -> list[ConditionId]:
    """Return the markets of which both tokens are there, as far as that can be told unread."""
    held = _held(account)
    known = [m.condition_id for m in markets if all(token in held for token in m.token_ids)]
    ours = [position.condition_id for position in account.positions]
    return list(dict.fromkeys([*known, *(each for each in ours if ours.count(each) > 1)]))


async def _merge(ports: Ports, market: Market, pairs: Shares, errand: Errand) -> None:
    ledger, reason = ports.ledger, _why(ports, market)
    ledger.record_merge(market, pairs, reason, "sent", at=ports.clock.now())
    ports.report(
        "merge.sent",
        condition_id=market.condition_id,
        market=market.slug,
        size_shares=str(pairs),
        reason=str(reason),
    )
    merged = _carry_out(ports, market, pairs, reason)
    if ports.venue.lag:
        errand.start(merged)
    else:
        await merged


async def _carry_out(ports: Ports, market: Market, pairs: Shares, reason: MergeReason) -> None:
    ledger = ports.ledger
    try:
        await ports.venue.merge(market, pairs)
    except VenueError as error:
        now, detail = ports.clock.now(), str(error)
        ledger.record_merge(market, pairs, reason, "failed", at=now, detail=detail)
        ports.report("merge.failed", condition_id=market.condition_id, error=str(error))
        return
    now = ports.clock.now()
    with ledger.transaction():
        ledger.record_merge(market, pairs, reason, "done", at=now)
        if not ports.venue.lag:  # no chain will show it
            _book(ports, market, pairs)


def _book(ports: Ports, market: Market, pairs: Shares) -> None:
    """Book a merge at a venue where it is done at once, half of the cash for either side."""
    now = ports.clock.now()
    held = {position.token_id: position for position in ports.ledger.account(now).positions}
    one, other = (held[token] for token in market.token_ids)
    ports.ledger.record_merged((one, other), pairs, now)
    for position in (one, other):
        tell_merged(ports, position.event, pairs, pairs / 2)


def _why(ports: Ports, market: Market) -> MergeReason:
    """Return why there are pairs, for whoever reads the ledger; it changes nothing."""
    ledger = ports.ledger
    if any(token in ledger.account(ports.clock.now()).foreign for token in market.token_ids):
        return MergeReason.OUTSIDE
    bought = [
        order
        for order in ledger.orders()
        if order.token_id in market.token_ids and order.side is Side.BUY and order.filled > 0
    ]
    if bought and bought[-1].purpose is Purpose.MERGE:
        return MergeReason.UNIT
    return MergeReason.FAILED_SETTLEMENT
