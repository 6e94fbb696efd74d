"""How the venue says no: the status and the words it uses.

**Source:** POLYMARKET sections 3.2, 3.3 and 4.10 (docs.polymarket.com/resources/error-codes and
the threads named there), read 2026-11.
"""

from collections.abc import Mapping


class Refusal(Exception):
    """A request that is answered with an error.

    Args:
        status: Of HTTP.
        text: The venue's words, as ``{"error": text}``.
        more: Further fields of the answer.
        headers: Such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        text: str,
        *,
        more: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.more = more or {}
        self.headers = headers or {}


BAD_PAYLOAD = "Invalid order payload"
NOT_THE_OWNER = "the order owner has to be the owner of the API KEY"
NOT_THE_SIGNER = "the order signer address has to be the address of the API KEY"
NOT_ALLOWED = "maker address not allowed, please use the deposit wallet flow"
OLD_VERSION = "order_version_mismatch"
BAD_SIGNATURE = "invalid signature"
NO_MONEY = "not enough balance / allowance"
BAD_EXPIRATION = "invalid expiration"
CROSSES = "invalid post-only order: order crosses book"
NOT_READY = "the market is not yet ready to process new orders"
FOK_KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)
CANCEL_ONLY = (
    "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
)
POST_ONLY = "post-only mode: only post-only orders and cancels are allowed"
BAD_KEY = "Unauthorized/Invalid api key"
BAD_L1 = "Invalid L1 Request headers"
TIMED_OUT = "order timed out"
RATE_LIMITED = "Too Many Requests"

WALLET_BUSY = "wallet busy: an active action is in progress"
"""A relayer's refusal that its clients try again after."""
OUT_OF_QUOTA = "quota exceeded: 0 units remaining, resets in 60 seconds"


def bad_price(order_id: str, price: object, tick: object) -> str:
    """The order's price is not on the market's grid."""
    return f"order {order_id} is invalid. Price ({price}) breaks minimum tick size rule: {tick}"


def too_small(order_id: str, shares: object, minimum: object) -> str:
    """The order is smaller than the market's minimum."""
    return f"order {order_id} is invalid. Size ({shares}) lower than the minimum: {minimum}"


def below_a_dollar(side: str, usd: object) -> str:
    """A marketable order is worth less than one USD."""
    return f"invalid amount for a marketable {side} order (${usd}), min size: $1"


def too_fine(side: str) -> str:
    """A market order's amounts have too many decimals."""
    return (
        f"invalid amounts, the market {side} orders maker amount supports a max accuracy of "
        "2 decimals, taker amount a max of 4 decimals"
    )


def duplicated(order_id: str) -> str:
    """The venue knows an order with this hash."""
    return f"order {order_id} is invalid. Duplicated."


def closed_only(address: str) -> str:
    """The account may only reduce."""
    return f"'{address}' address in closed only mode"


def banned(address: str) -> str:
    """The account may not trade."""
    return f"'{address}' address banned"


def too_many(count: int, most: int) -> str:
    """A batch has too many orders."""
    return f"Too many orders in payload: {count}, max allowed: {most}"


def balance_short(*, balance: int, matched: int, needed: int) -> str:
    """The venue believes that the wallet has too little; millionths."""
    return (
        f"{NO_MONEY}: the balance is not enough -> balance: {balance}, "
        f"sum of matched orders: {matched}, order amount: {needed}"
    )


def allowance_short(*, spender: str, allowance: int, needed: int) -> str:
    """The exchange may not move enough of the wallet's money; millionths."""
    return (
        f"{NO_MONEY}: the allowance is not enough -> spender: {spender}, "
        f"allowance: {allowance}, order amount: {needed}"
    )


def nonce_mismatch(*, sent: int, on_chain: int) -> str:
    """A batch for the relayer carries another nonce than the wallet expects."""
    return f"batch nonce {sent} does not match on-chain nonce {on_chain}"


def refused_row(text: str) -> dict[str, object]:
    """Return an order's answer that says success but names no order: how batches refuse."""
    return {
        "success": True,
        "errorMsg": text,
        "orderID": "",
        "status": "",
        "makingAmount": "",
        "takingAmount": "",
    }
