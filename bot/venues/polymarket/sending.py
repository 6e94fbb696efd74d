"""Makes, sends and cancels our orders: each is sent once, and what is not proven is unknown.

**Source:** POLYMARKET sections 4.3 to 4.5, 4.7 and 4.10, read 2026-11.
"""

import secrets
from datetime import datetime, timedelta

from bot.chain.addresses import Contracts
from bot.clock import Clock
from bot.core.venue_rules import GTD_STOPS_EARLY
from bot.errors import BadData, VenueError
from bot.model.account import WalletKind
from bot.model.orders import (
    CancelResult,
    OrderIntent,
    PreparedOrder,
    Rejected,
    Side,
    SubmitResult,
    Unknown,
)
from bot.model.units import OrderId, to_e6
from bot.venues.polymarket import account, answers
from bot.venues.polymarket.bucket import Bucket
from bot.venues.polymarket.order_hash import OrderFields, domain_of, order_id
from bot.venues.polymarket.order_markets import OrderMarkets
from bot.venues.polymarket.sdk.client import Sdk
from bot.venues.polymarket.settings import Pace

_SALT_BITS = 53
_ASK_AGAIN = (408, 425, 429)
_SHORT = ("not_enough_balance", "not_enough_allowance")


class OrderDesk:
    """The orders of one account.

    Args:
        sdk: Signs and sends.
        markets: Proves what is signed for.
        contracts: Whom orders are signed for.
        pace: Of cancels.
        clock: For order times, waits and pauses.
    """

    def __init__(
        self,
        *,
        sdk: Sdk,
        markets: OrderMarkets,
        contracts: Contracts,
        pace: Pace,
        clock: Clock,
    ) -> None:
        self._sdk = sdk
        self._markets = markets
        self._contracts = contracts
        self._pace = pace
        self._clock = clock
        # What the lowest tier may send (POLYMARKET 10).
        self._ordering = Bucket(per_s=40, burst=60, clock=clock)
        self._cancelling = Bucket(per_s=80, burst=120, clock=clock)
        self._sent: set[OrderId] = set()
        self._closed_until: tuple[datetime, Rejected] | None = None

    async def prepare(self, intent: OrderIntent) -> PreparedOrder:
        """Sign an order for a market whose token ids have been proven.

        Raises:
            DataError: the market cannot be read or is not what it claims; nothing is signed.
        """
        market = await self._markets.for_order(intent)
        now, who = self._clock.now(), self._sdk.account
        shares, notional = to_e6(intent.size), to_e6(intent.notional_usd)
        buys = intent.side is Side.BUY
        order = OrderFields(
            domain=domain_of(intent.token_id, neg_risk=market.neg_risk, contracts=self._contracts),
            salt=secrets.randbits(_SALT_BITS),
            maker=who.wallet,
            signer=who.wallet if who.kind is WalletKind.DEPOSIT else who.signer,
            token_id=intent.token_id,
            gives_e6=notional if buys else shares,
            gets_e6=shares if buys else notional,
            side=intent.side,
            signature_type=who.kind,
            made_ms=int(now.timestamp() * 1000),
        )
        ends = intent.expires_at
        body = self._sdk.sign(
            order,
            order_type=intent.order_type,
            ends_s=0 if ends is None else int((ends + GTD_STOPS_EARLY).timestamp()),
            post_only=intent.post_only,
        )
        return PreparedOrder(intent=intent, order_id=order_id(order), body=body, made_at=now)

    async def submit(self, prepared: PreparedOrder) -> SubmitResult:
        """Send once, and say what is proven.

        While the venue has said that it takes nothing, or by its own terms would refuse, nothing
        is sent. Its copy of our balances lags after a fill: it is made to read them anew before a
        sale, so that no exit is refused for it, and after a refusal, for the next order.
        """
        intent = prepared.intent
        sold = intent.token_id if intent.side is Side.SELL else None
        if prepared.order_id in self._sent:
            return Unknown(detail="it was sent before; it is not sent again")
        refusal = self._closed(intent) or self._markets.refusal(intent)
        if refusal is None:
            if sold is not None:
                await self._sdk.reread(sold)
            await self._ordering.take()
            self._sent.add(prepared.order_id)
            result = await self._post(prepared)
            if not isinstance(result, Rejected):
                return result
            refusal = result
            if refusal.code in _SHORT:
                await self._sdk.reread(sold)
        self._markets.refused(intent, refusal.code)
        return refusal

    async def cancel(self, order_id: OrderId) -> CancelResult:
        """Ask for the end of an order, again if no answer came: that changes nothing more."""
        what = f"DELETE /order {order_id}"
        problem, wait = "", self._pace.first_wait
        for attempt in range(self._pace.tries):
            if attempt:
                await self._clock.sleep(min(wait, self._pace.longest_wait))
                wait *= 2
            await self._cancelling.take()
            answer = await self._sdk.cancel(order_id)
            if answer.status == 200:
                return _read_cancel(answer.body, order_id, what=what)
            problem = f"HTTP {answer.status} {answer.body.decode(errors='replace')}".strip()
            wait = max(wait, answer.retry_after_s or 0)
            if 0 < answer.status < 500 and answer.status not in _ASK_AGAIN:
                break
        raise VenueError(f"{what} failed, last: {problem}")

    async def _post(self, prepared: PreparedOrder) -> SubmitResult:
        answer = await self._sdk.post(prepared.body)
        if not answer.was_sent:
            return Rejected(code="not_sent", detail=answer.body.decode(errors="replace"))
        result = answers.read_submit(answer.status, answer.body, prepared.order_id)
        if isinstance(result, Rejected) and result.code in answers.CLOSED:
            pause = answer.retry_after_s
            seconds = self._pace.longest_wait if pause is None else pause
            self._closed_until = (self._clock.now() + timedelta(seconds=seconds), result)
        return result

    def _closed(self, intent: OrderIntent) -> Rejected | None:
        """Return the refusal that still holds; None if the venue may take the order."""
        if self._closed_until is None:
            return None
        until, refusal = self._closed_until
        if self._clock.now() >= until:
            self._closed_until = None
            return None
        if refusal.code == "post_only_mode" and intent.post_only:
            return None
        detail = f"not sent before {until.isoformat()}: {refusal.detail}"
        return Rejected(code=refusal.code, detail=detail)


def _read_cancel(body: bytes, order_id: OrderId, *, what: str) -> CancelResult:
    try:
        return account.read_cancel(body, order_id, what=what)
    except BadData as error:
        raise VenueError(str(error)) from error
