"""Closes positions of resolved markets at their payout: 1, 0 or 0.5 USD a share."""

from decimal import Decimal

from bot.engine.ports import Ports
from bot.errors import DataError
from bot.model.market import Market
from bot.model.units import Usd
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
        await _settle(ports, position, market)
    return unreadable


async def _settle(ports: Ports, position: Position, market: Market) -> None:
    payouts = market.payouts or (Decimal(0), Decimal(0))
    paid = payouts[market.token_ids.index(position.token_id)]
    # The venue may have paid before a crash kept us from writing it: redeeming again pays nothing,
    # and what we book is our own shares at the payout; reconcile holds it against the venue.
    await ports.venue.redeem(market)
    now = ports.clock.now()
    with ports.ledger.transaction():
        ports.ledger.record_settlement(
            Redemption(
                token_id=position.token_id,
                shares=position.shares,
                payout_usd=Usd(position.shares * paid),
            ),
            event=position.event,
            condition_id=position.condition_id,
            at=now,
            payouts=payouts,
        )
        text = (
            f"paid {position.shares * paid:,.2f} USD ({paid} a share);"
            f" premium was {position.cost_usd:,.2f} USD"
        )
        ports.ledger.record_lifecycle("settled", position.event, now, text)
