"""Somebody else redeems a wallet's tokens, and the venue tells of it.

**Source:** POLYMARKET section 8.6, read 2026-11.
"""

from bot.clock import Clock
from bot.model.market import Market
from bot.sandbox.accounts import Accounts
from bot.sandbox.bank import Bank
from bot.sandbox.data_api import DataApi
from bot.sandbox.notices import Notices


class AutoRedeem:
    """Acts as the venue's auto-redeemer.

    Args:
        bank: Redeems.
        accounts: Who trades for which wallet.
        notices: Tells them.
        data_api: Lists it among the wallet's activity.
        clock: For the time it shows.
    """

    def __init__(
        self,
        *,
        bank: Bank,
        accounts: Accounts,
        notices: Notices,
        data_api: DataApi,
        clock: Clock,
    ) -> None:
        self._bank = bank
        self._accounts = accounts
        self._notices = notices
        self._data_api = data_api
        self._clock = clock

    async def redeem(self, wallet: str, market: Market) -> str:
        """Redeem a wallet's tokens of a resolved market; return the transaction's hash.

        Raises:
            NotDone: It is not resolved, or the wallet has not approved the auto-redeemer.
        """
        before = await self._bank.balance(wallet, None)
        done = await self._bank.redeem_for(wallet, market)
        usd_e6 = await self._bank.balance(wallet, None) - before
        at = int(self._clock.now().timestamp())
        self._data_api.note_redemption(wallet, market, usd_e6=usd_e6, transaction=done, at_s=at)
        for key in self._accounts.keys.values():
            if self._accounts.may_trade(key.address, wallet):
                self._notices.tell_redeemed(
                    key, market, wallet=wallet, usd_e6=usd_e6, transaction=done
                )
        return done
