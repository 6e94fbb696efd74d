"""What the venue believes that wallets own: their balances, read now or kept from before.

**Source:** POLYMARKET sections 4.13 and 9 (2, 3), read 2026-11: the venue keeps a copy per wallet
and token which may lag, and subtracts what is matched but not yet settled.
"""

from bot.sandbox.bank import Bank
from bot.sandbox.faults import Faults
from bot.sandbox.records import Records


class View:
    """The venue's copy of balances.

    Args:
        bank: Who keeps the money.
        faults: Whether the copy is stale.
        records: All orders and trades.
    """

    def __init__(
        self,
        *,
        bank: Bank,
        faults: Faults,
        records: Records,
    ) -> None:
        self._bank = bank
        self._faults = faults
        self._records = records
        self._copies: dict[tuple[str, str | None], int] = {}

    async def balance(self, wallet: str, token_id: str | None) -> int:
        """Return what the venue believes, millionths."""
        if self._faults.stale_balances:
            return self._copies.get((wallet, token_id), 0)
        return await self.refresh(wallet, token_id)

    async def refresh(self, wallet: str, token_id: str | None) -> int:
        """Read again, and return it."""
        read = await self._bank.balance(wallet, token_id)
        self._copies[wallet, token_id] = read
        return read

    def matched(self, wallet: str, token_id: str | None) -> int:
        """Return what unsettled trades and resting orders will take from a wallet, millionths."""
        legs = [
            leg
            for trade in self._records.trades
            if trade.status.holds_money
            for leg in trade.legs()
            if leg.order.maker == wallet
        ]
        resting = [order for order in self._records.open_orders() if order.maker == wallet]
        if token_id is None:
            spent = sum(leg.usd_e6 + leg.fee_e6 for leg in legs if leg.order.buys)
            return spent + sum(o.usd_e6(o.open_e6) for o in resting if o.buys)
        sold = sum(
            leg.shares_e6 for leg in legs if not leg.order.buys and leg.order.token_id == token_id
        )
        return sold + sum(o.open_e6 for o in resting if not o.buys and o.token_id == token_id)
