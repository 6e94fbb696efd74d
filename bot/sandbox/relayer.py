"""The relayer: carries what deposit wallets sign, makes them, and keeps their session keys.

Payloads of Safes and proxy wallets are checked and recorded, not carried out.
**Source:** POLYMARKET sections 3.4, 3.5 and 8.5, read 2026-11.
"""

import json
from collections.abc import Callable, Sequence

from bot.model.account import WalletKind
from bot.sandbox import refusals
from bot.sandbox.accounts import Accounts, SessionKey
from bot.sandbox.auth import Auth
from bot.sandbox.bank import Bank, NotDone
from bot.sandbox.batches import (
    Batch,
    SessionWire,
    checksummed,
    read_batch,
    read_wire,
    session_batch,
)
from bot.sandbox.http import Request
from bot.sandbox.older_wallets import RELAY, Errand, read_errand
from bot.sandbox.orders import Order, Status
from bot.sandbox.refusals import Refusal
from bot.sandbox.rest import Payload, Routes
from bot.sandbox.wallets import wallets_of
from bot.sandbox.writing import Json

_OLDER = {kind.name: kind for kind in (WalletKind.SAFE, WalletKind.PROXY)}


class Relayer:
    """Transactions without gas.

    Args:
        auth: Who asks.
        accounts: Keeps the session keys.
        bank: Carries batches.
        open_orders: All open orders.
        end: Ends an order, with the reason.
    """

    def __init__(
        self,
        *,
        auth: Auth,
        accounts: Accounts,
        bank: Bank,
        open_orders: Callable[[], Sequence[Order]],
        end: Callable[[Order, str], None],
    ) -> None:
        self._auth = auth
        self._accounts = accounts
        self._bank = bank
        self._open_orders = open_orders
        self._end = end
        self._transactions: dict[str, Json] = {}
        self._done: dict[str, Json] = {}
        self._errands: dict[str, int] = {}
        """How many errands of a Safe or proxy wallet were recorded: the nonce of the next one."""
        self.submitted: list[Json] = []
        """Every payload of ``/submit`` that was accepted."""
        self.routes: Routes = {
            "GET /relayer/deployed": self._deployed,
            "GET /relayer/v1/account/transactions/params": self._params,
            "GET /relayer/relay-payload": self._relay_payload,
            "GET /relayer/v1/account/transactions/": self._transaction,
            "POST /relayer/submit": self._submit,
            "POST /relayer/v1/session-signers/authorizations": self._authorize,
            "POST /relayer/v1/session-signers/revocations": self._revoke,
        }

    async def _deployed(self, request: Request, _rest: str) -> Payload:
        return {"deployed": await self._bank.is_deployed(checksummed(request.one("address")))}

    async def _params(self, request: Request, _rest: str) -> Payload:
        owner = checksummed(request.one("address"))
        if request.one("type") == "WALLET":
            nonce = await self._bank.nonce(wallets_of(owner, WalletKind.DEPOSIT)[0])
        else:
            nonce = self._errands.get(wallets_of(owner, WalletKind.SAFE)[0], 0)
        return {"address": owner, "nonce": str(nonce)}

    def _relay_payload(self, request: Request, _rest: str) -> Payload:
        wallet = wallets_of(checksummed(request.one("address")), WalletKind.PROXY)[0]
        return {"address": RELAY, "nonce": str(self._errands.get(wallet, 0))}

    def _transaction(self, _request: Request, transaction_id: str) -> Payload:
        return self._transactions.get(transaction_id)

    async def _submit(self, request: Request, _rest: str) -> Payload:
        self._auth.relayer_key(request)
        payload = json.loads(request.body)
        if payload["type"] == "WALLET":
            done = await self._carry(read_batch(payload))
        elif payload["type"] == "WALLET-CREATE":
            done = await self._bank.deploy(checksummed(payload["from"]))
        elif payload["type"] in _OLDER:
            done = self._record(read_errand(payload, _OLDER[payload["type"]]))
        else:
            raise Refusal(400, f"unknown transaction type {payload['type']}")
        self.submitted.append(payload)
        return {"transactionID": self._keep(done), "state": "STATE_NEW", "transactionHash": ""}

    async def _authorize(self, request: Request, _rest: str) -> Payload:
        self._auth.builder_key(request)
        known = self._done.get(request.headers.get("idempotency-key", ""))
        if known is not None:
            return known
        wire = read_wire(json.loads(request.body), SessionWire)
        batch = session_batch(wire, revokes=False)
        done = await self._carry(batch)
        session = SessionKey(
            address=checksummed(wire.session_signer_address),
            scopes=wire.scopes,
            valid_until=int(wire.valid_until),
        )
        self._accounts.authorize(batch.wallet, session)
        number = self._keep(done)
        answer: Json = {"status": "REGISTERED", "transactionHash": done, "transactionId": number}
        return self._done.setdefault(request.headers.get("idempotency-key", ""), answer)

    async def _revoke(self, request: Request, _rest: str) -> Payload:
        self._auth.relayer_key(request)
        known = self._done.get(request.headers.get("idempotency-key", ""))
        if known is not None:
            return known
        wire = read_wire(json.loads(request.body), SessionWire)
        batch = session_batch(wire, revokes=True)
        done = await self._carry(batch)
        session = checksummed(wire.session_signer_address)
        self._accounts.sessions.get(batch.wallet, {}).pop(session, None)
        for order in self._open_orders():
            if order.owner.address == session:
                self._end(order, Status.CANCELED)
        answer: Json = {
            "status": "CHAIN_SUBMITTED",
            "fenced": True,
            "transactionId": self._keep(done),
        }
        return self._done.setdefault(request.headers.get("idempotency-key", ""), answer)

    async def _carry(self, batch: Batch) -> str:
        expected = await self._bank.nonce(batch.wallet)
        if batch.nonce != expected:
            text = refusals.nonce_mismatch(sent=batch.nonce, on_chain=expected)
            raise Refusal(400, text)
        try:
            return await self._bank.carry(batch)
        except NotDone as error:
            raise Refusal(400, f"execution reverted: {error}") from error

    def _record(self, errand: Errand) -> str:
        expected = self._errands.get(errand.wallet, 0)
        stale = refusals.nonce_mismatch(sent=errand.nonce, on_chain=expected)
        errand.check(expected_nonce=expected, stale=stale)
        self._errands[errand.wallet] = expected + 1
        return f"0x{len(self._transactions) + 1:064x}"

    def _keep(self, done: str) -> str:
        number = f"tx-{len(self._transactions) + 1}"
        self._transactions[number] = {
            "transaction_id": number,
            "state": "STATE_CONFIRMED",
            "transaction_hash": done,
            "error_msg": "",
        }
        return number
