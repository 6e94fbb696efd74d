"""What ledger, venue and chain say of the same money, side by side."""

from dataclasses import dataclass
from decimal import Decimal

from bot.app.rehearsal.actor import Actor
from bot.app.rehearsal.scenery import Scenery
from bot.model.units import TokenId, from_e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One sum of one wallet."""

    actor: str
    what: str
    ledger: Decimal
    venue: Decimal
    chain: Decimal

    @property
    def agrees(self) -> bool:
        """Whether all three are the same to the last millionth."""
        return self.ledger == self.venue == self.chain


async def compare(actor: Actor, scenery: Scenery) -> list[Row]:
    """Return cash and every token of a wallet."""
    with actor.ledger() as ledger:
        account = ledger.account(scenery.clock.now())
    held: dict[TokenId, Decimal] = {}
    for token, shares in (
        *((position.token_id, position.shares) for position in account.positions),
        *((owed.token_id, owed.shares) for owed in account.redeemable),
        *account.foreign.items(),
    ):
        held[token] = held.get(token, Decimal(0)) + shares
    view = scenery.sandbox.view
    rows = [
        Row(
            actor=actor.name,
            what="pUSD",
            ledger=Decimal(account.cash_usd),
            venue=from_e6(await view.balance(actor.wallet, None)),
            chain=Decimal(await scenery.chain.cash(actor.wallet)),
        )
    ]
    for market in scenery.markets.values():
        for token, outcome in zip(market.token_ids, market.outcomes, strict=True):
            rows.append(
                Row(
                    actor=actor.name,
                    what=f"{market.slug} {outcome}",
                    ledger=held.get(token, Decimal(0)),
                    venue=from_e6(await view.balance(actor.wallet, token)),
                    chain=Decimal(await scenery.chain.shares(actor.wallet, token)),
                )
            )
    return rows
