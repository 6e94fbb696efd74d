"""Closes positions of resolved markets: each share pays 1, 0 or 0.5 USD."""

from decimal import Decimal

from bot.engine.errand import Errand
from bot.engine.ports import Ports
from bot.engine.tries import UNDER_WAY, is_due
from bot.errors import DataError, VenueError
from bot.model.market import Market
from bot.model.units import ConditionId, Usd
from bot.model.view import Position
from bot.venues.ports import Redemption


async def settle_resolved(ports: Ports) -> int:
    """Settle what has resolved; return how many positions could not be looked at.

    Disputed markets wait, and so do shares with a trade that may still fail: the venue pays only
    what has settled. A market whose state cannot be read is left for the next time.
    """
    account = ports.ledger.account(ports.clock.now())
    unsettled = {fill.token_id for fill in ports.ledger.fills_not_final()}
    unreadable = 0
    for position in account.positions:
        try:
            market = await ports.market_data.market(position.condition_id)
        except DataError as error:
            ports.report("source.failed", source=position.condition_id, error=str(error))
            unreadable += 1
            continue
        if market.payouts is None or market.disputed or position.token_id in unsettled:
            continue
        paid = market.payouts[market.token_ids.index(position.token_id)]
        if not ports.venue.lag:
            await _settle(ports, position, market, paid)
        elif position.shares > 0:
            _resolve(ports, position, paid)
    return unreadable


async def redeem_owed(ports: Ports, errand: Errand) -> None:
    """Ask for what a resolved market owes; it is cash when the chain shows it, whoever asked.

    A redeem is written down before it leaves. If it fails it is sent again later and later. One is
    sent at a time, and nobody waits for it.
    """
    if not ports.venue.can_redeem:
        return
    owed = ports.ledger.account(ports.clock.now()).redeemable
    for condition_id in dict.fromkeys(item.condition_id for item in owed if item.payout_usd > 0):
        if errand.is_under_way:
            return
        if is_due(ports.ledger.redeem_tries(condition_id), ports.clock.now()):
            await _redeem(ports, condition_id, errand)


def redeems_under_way(ports: Ports) -> int:
    """Return how many markets have a redeem whose payout the chain may show any moment."""
    now = ports.clock.now()
    owed = {item.condition_id for item in ports.ledger.account(now).redeemable}
    tries = [ports.ledger.redeem_tries(condition_id)[:1] for condition_id in owed]
    return sum(
        outcome != "failed" and now - at < UNDER_WAY for latest in tries for outcome, at in latest
    )


async def _settle(ports: Ports, position: Position, market: Market, paid: Decimal) -> None:
    """Redeem at a venue where that is done at once."""
    # The venue may have paid before a crash kept us from writing it: redeeming again pays nothing,
    # and what we book is our own shares at the payout; reconcile holds it against the venue.
    await ports.venue.redeem(market)
    with ports.ledger.transaction():
        ports.ledger.record_settlement(
            Redemption(
                token_id=position.token_id,
                shares=position.shares,
                payout_usd=Usd(position.shares * paid),
            ),
            event=position.event,
            condition_id=position.condition_id,
            at=ports.clock.now(),
            payouts=market.payouts or (Decimal(0), Decimal(0)),
        )
        _tell(ports, position, paid, "paid")


def _resolve(ports: Ports, position: Position, paid: Decimal) -> None:
    with ports.ledger.transaction():
        ports.ledger.record_resolution(position, ports.clock.now(), paid)
        _tell(ports, position, paid, "resolved; it owes" if paid else "resolved; paid")


def _tell(ports: Ports, position: Position, paid: Decimal, word: str) -> None:
    text = (
        f"{word} {position.shares * paid:,.2f} USD ({paid} a share);"
        f" premium was {position.cost_usd:,.2f} USD"
    )
    ports.ledger.record_lifecycle("settled", position.event, ports.clock.now(), text)


async def _redeem(ports: Ports, condition_id: ConditionId, errand: Errand) -> None:
    try:
        market = await ports.market_data.market(condition_id)
    except DataError as error:
        ports.report("source.failed", source=condition_id, error=str(error))
        return
    ports.ledger.record_redeem(condition_id, "sent", ports.clock.now())
    ports.report("redeem.sent", condition_id=condition_id, market=market.slug)
    errand.start(_fetch(ports, market))


async def _fetch(ports: Ports, market: Market) -> None:
    condition_id = market.condition_id
    try:
        await ports.venue.redeem(market)
    except VenueError as error:
        ports.ledger.record_redeem(condition_id, "failed", ports.clock.now(), str(error))
        ports.report("redeem.failed", condition_id=condition_id, error=str(error))
        return
    ports.ledger.record_redeem(condition_id, "done", ports.clock.now())
