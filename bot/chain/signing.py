"""Signs transactions of a key. It sends nothing."""

from dataclasses import dataclass

from bot.chain.addresses import CHAIN_ID
from bot.chain.gas import Offer
from bot.errors import CredentialError
from bot.model.account import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a transaction does, whatever it offers: the same nonce is mined once only."""

    to: str
    calldata: str
    nonce: int
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A transaction that may leave; its hash is known before."""

    transaction: str
    raw: str


def address_of(key: Secret) -> str:
    """Return the checksummed address of a key.

    Raises:
        CredentialError: it is no key.
    """
    from eth_account import Account

    try:
        return str(Account.from_key(key.reveal()).address)
    except Exception:  # noqa: BLE001 - many kinds, and each may show the key
        raise CredentialError("The private key must be 0x and 64 hex digits") from None


def sign(key: Secret, act: Act, offer: Offer) -> Signed:
    """Return an act as a transaction with this offer."""
    from eth_account import Account

    signed = Account.sign_transaction(
        {
            "type": 2,
            "chainId": CHAIN_ID,
            "to": act.to,
            "data": act.calldata,
            "value": 0,
            "nonce": act.nonce,
            "gas": act.gas,
            "maxFeePerGas": offer.most_wei,
            "maxPriorityFeePerGas": offer.tip_wei,
        },
        key.reveal(),
    )
    return Signed(
        transaction="0x" + bytes(signed.hash).hex(),
        raw="0x" + bytes(signed.raw_transaction).hex(),
    )
