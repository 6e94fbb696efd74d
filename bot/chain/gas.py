"""What a transaction offers for being mined, and how the offer grows."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bot.chain.abi import field, number
from bot.chain.rpc import Rpc
from bot.errors import VenueError

_FLOOR_TIP_WEI = 30 * 10**9
_WEI_PER_POL = Decimal(10) ** 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Wei per gas, as EIP-1559 has it."""

    most_wei: int
    """Base fee and tip together never cost more."""
    tip_wei: int

    def cost_pol(self, gas: int) -> Decimal:
        """Return the most that a transaction with this much gas can cost."""
        return self.most_wei * gas / _WEI_PER_POL


def offer_for(block: object, tip: object) -> Offer:
    """Return an offer that stands while the base fee doubles.

    **Source:** bor refuses a tip below 25 gwei, though nodes suggest less, and 30 is what others
    came to offer (0xPolygon/launch issue 62, UMAprotocol/protocol pull request 4919); six full
    blocks double a base fee (EIP-1559). Read 2026-11.

    Args:
        block: The newest block, as ``eth_getBlockByNumber`` gives it.
        tip: As ``eth_maxPriorityFeePerGas`` gives it.

    Raises:
        BadData: one of them cannot be read.
    """
    base_wei = number(field(block, "baseFeePerGas", name="block"), name="baseFeePerGas")
    tip_wei = max(number(tip, name="eth_maxPriorityFeePerGas"), _FLOOR_TIP_WEI)
    return Offer(most_wei=2 * base_wei + tip_wei, tip_wei=tip_wei)


def raised(offer: Offer, fresh: Offer) -> Offer:
    """Return what replaces an offer: an eighth more, or what is usual now if that is more.

    **Source:** nodes take a replacement only if both figures grow by a tenth.
    """
    return Offer(
        most_wei=max(_eighth_more(offer.most_wei), fresh.most_wei),
        tip_wei=max(_eighth_more(offer.tip_wei), fresh.tip_wei),
    )


async def usual_offer(rpc: Rpc) -> Offer:
    """Return what is usually offered now.

    Raises:
        DataError: the node does not say.
    """
    block, tip = await rpc.ask_all(
        [("eth_getBlockByNumber", ("latest", False)), ("eth_maxPriorityFeePerGas", ())]
    )
    return offer_for(block, tip)


def check_cost(offer: Offer, *, gas: int, most_pol: Decimal) -> None:
    """Make sure that a transaction costs no more than is allowed.

    Raises:
        VenueError: it might.
    """
    if offer.cost_pol(gas) > most_pol:
        raise VenueError(
            f"Gas is dear now: the transaction may cost {offer.cost_pol(gas):.4f} POL, and the "
            f"most is {most_pol} POL. Wait, or raise the bound"
        )


def paid_pol(receipt: Any) -> Decimal:
    """Return what a mined transaction cost.

    Raises:
        BadData: the receipt cannot be read.
    """
    gas = number(field(receipt, "gasUsed", name="receipt"), name="gasUsed")
    price = number(field(receipt, "effectiveGasPrice", name="receipt"), name="effectiveGasPrice")
    return gas * price / _WEI_PER_POL


def _eighth_more(wei: int) -> int:
    return wei + -(-wei // 8)
