"""Whose money is where, without a chain: cash and shares of wallets in memory.

With a chain, `bot.sandbox.chain_bank` takes its place; both answer the same questions.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from bot.clock import Clock
from bot.model.account import WalletKind
from bot.model.market import Market
from bot.sandbox.accounts import Accounts
from bot.sandbox.batches import Batch
from bot.sandbox.orders import Order
from bot.sandbox.signatures import Domain, SignedOrder
from bot.sandbox.wallets import wallets_of

ALL = 2**256 - 1
"""An allowance without a limit."""


class Leg(NamedTuple):
    """What one order gets out of a trade, in millionths."""

    order: Order
    shares_e6: int
    usd_e6: int
    """Price times shares, exact."""
    fee_e6: int


class Bank(Protocol):
    """What the venue asks of whoever keeps the money."""

    async def open(self) -> None:
        """Get ready."""
        ...

    async def close(self) -> None:
        """Let go of what is open."""
        ...

    async def balance(self, wallet: str, token_id: str | None) -> int:
        """Return millionths of a USD, or of a share of a token."""
        ...

    async def allowance(self, wallet: str, token_id: str | None, spender: str) -> int:
        """Return how much ``spender`` may move."""
        ...

    async def is_deployed(self, wallet: str) -> bool:
        """Whether the smart wallet exists."""
        ...

    async def may_sign(self, order: SignedOrder, domain: Domain, signer: str) -> bool:
        """Whether the wallet of a deposit-wallet order obeys the key that signed it."""
        ...

    async def settle(self, taker: Leg, makers: Iterable[Leg]) -> str:
        """Carry a trade out and return the hash of its transaction.

        Raises:
            NotDone: The chain refused it; nothing has moved.
        """
        ...

    async def deploy(self, owner: str) -> str:
        """Make the deposit wallet of a key and return the hash of the transaction."""
        ...

    async def nonce(self, wallet: str) -> int:
        """Return the nonce that a deposit wallet's next batch must carry."""
        ...

    async def carry(self, batch: Batch) -> str:
        """Bring a batch to its wallet and return the hash of the transaction.

        Raises:
            NotDone: The wallet or one of the calls refused it.
        """
        ...

    async def redeem_for(self, wallet: str, market: Market) -> str:
        """Turn a wallet's tokens of a resolved market into cash, as the auto-redeemer.

        Raises:
            NotDone: The chain refused it.
        """
        ...


class NotDone(Exception):
    """The chain refused; nothing has changed."""


class MemoryBank:
    """Keeps the money itself. Nobody is refused: a balance may go below zero.

    Args:
        accounts: For the session keys of deposit wallets.
        clock: For the end of session keys.
    """

    def __init__(self, *, accounts: Accounts, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock
        self._transactions = 0
        self.nonces: dict[str, int] = {}
        """What deposit wallets' next batches must carry."""
        self.balances: dict[tuple[str, str | None], int] = {}
        """(wallet, token id or None for cash) -> millionths."""
        self.allowances: dict[tuple[str, str], int] = {}
        """(wallet, spender) -> millionths; all that is not named here is without limit."""
        self.deployed: set[str] = set()

    async def open(self) -> None:
        """Get ready."""

    async def close(self) -> None:
        """Let go of what is open."""

    def give(self, wallet: str, millionths: int, token_id: str | None = None) -> None:
        """Add to a wallet's cash, or to its shares of a token; a negative sum takes away."""
        place = (wallet, token_id)
        self.balances[place] = self.balances.get(place, 0) + millionths

    async def balance(self, wallet: str, token_id: str | None) -> int:
        """Return millionths of a USD, or of a share of a token."""
        return self.balances.get((wallet, token_id), 0)

    async def allowance(self, wallet: str, token_id: str | None, spender: str) -> int:  # noqa: ARG002
        """Return how much ``spender`` may move."""
        return self.allowances.get((wallet, spender), ALL)

    async def is_deployed(self, wallet: str) -> bool:
        """Whether the smart wallet exists."""
        return wallet in self.deployed

    async def may_sign(self, order: SignedOrder, domain: Domain, signer: str) -> bool:  # noqa: ARG002
        """Whether the wallet of a deposit-wallet order obeys the key that signed it."""
        if order.maker in wallets_of(signer, WalletKind.DEPOSIT):
            return True
        session = self._accounts.sessions.get(order.maker, {}).get(signer)
        return session is not None and session.valid_until > self._clock.now().timestamp()

    async def settle(self, taker: Leg, makers: Iterable[Leg]) -> str:
        """Move shares and cash of all legs."""
        for leg in (taker, *makers):
            sign = 1 if leg.order.buys else -1
            self.give(leg.order.maker, sign * leg.shares_e6, leg.order.token_id)
            self.give(leg.order.maker, -sign * leg.usd_e6 - leg.fee_e6)
        return self._hash()

    async def deploy(self, owner: str) -> str:
        """Make the deposit wallet of a key and return the hash of the transaction."""
        self.deployed.add(wallets_of(owner, WalletKind.DEPOSIT)[0])
        return self._hash()

    async def nonce(self, wallet: str) -> int:
        """Return the nonce that a deposit wallet's next batch must carry."""
        return self.nonces.get(wallet, 0)

    async def carry(self, batch: Batch) -> str:
        """Check a batch's signature. Its calls change nothing: there is no chain."""
        signer = batch.signer()
        if signer is None or batch.wallet not in wallets_of(signer, WalletKind.DEPOSIT):
            raise NotDone("OnlyOwner")
        self.nonces[batch.wallet] = batch.nonce + 1
        return self._hash()

    async def redeem_for(self, wallet: str, market: Market) -> str:
        """Turn a wallet's tokens of a resolved market into cash."""
        if market.payouts is None:
            raise NotDone("result for condition not received yet")
        for token, payout in zip(market.token_ids, market.payouts, strict=True):
            shares = self.balances.pop((wallet, token), 0)
            self.give(wallet, int(shares * payout))
        return self._hash()

    def _hash(self) -> str:
        self._transactions += 1
        return f"0x{self._transactions:064x}"
