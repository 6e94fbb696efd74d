"""A logged-in client: signs orders, sends each request once, and tells what came back.

``post_order`` and ``cancel_order`` of the official client read answers so strictly that an order
that was taken could count as unknown. Their requests are made with its own builders and transport;
what came back is judged by ``answers`` and ``account``.
"""

import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.chain.addresses import CHAIN_ID, Contracts
from bot.errors import CredentialError, SourceDown, VenueError
from bot.model.account import Secret, TradingAccount
from bot.model.orders import OrderType
from bot.model.units import OrderId, TokenId
from bot.venues.polymarket.gamma import is_v2_token
from bot.venues.polymarket.l2 import ApiKey
from bot.venues.polymarket.order_hash import OrderFields, signature_tail, signing_hash
from bot.venues.polymarket.sdk.calls import Call
from bot.venues.polymarket.sdk.setup import account_of, check_client, environment
from bot.venues.polymarket.settings import Endpoints, Pace

if TYPE_CHECKING:
    from polymarket import AsyncSecureClient, BuilderApiKey, RelayerApiKey

_REFUSED = (400, 401, 403)
_V = 27  # Ethereum adds it to the last byte of a signature


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayerKey:
    """The user's key for gasless transactions, made on the venue's settings page."""

    key: Secret
    address: str
    """Whom it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderKey:
    """A builder's key: it does what a ``RelayerKey`` does, and authorizes session keys."""

    key: Secret
    secret: Secret
    passphrase: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back from one request."""

    status: int
    """HTTP status; 0: nothing came back, and ``body`` says why."""
    body: bytes
    """As JSON; empty if it was not the venue's own word."""
    retry_after_s: float | None = None
    was_sent: bool = True
    """False: no connection came about, so nothing left this machine."""


class HeartbeatMismatch(VenueError):
    """A heartbeat named another id than the venue expects; it did not count."""

    def __init__(self, *, expected: str) -> None:
        super().__init__("POST /v1/heartbeats: the venue expects another heartbeat id")
        self.expected = expected


class Sdk:
    """The official client for one account.

    Args:
        client: Logged in.
        account: Whom it trades for.
    """

    def __init__(self, *, client: "AsyncSecureClient", account: TradingAccount) -> None:
        from coincurve import PrivateKey

        self._client = client
        self._key = PrivateKey(bytes(client._ctx.signer.key))
        self.account = account

    @classmethod
    async def open(
        cls,
        *,
        key: Secret,
        wallet: str,
        endpoints: Endpoints,
        contracts: Contracts,
        pace: Pace,
        relayer_key: RelayerKey | BuilderKey | None,
    ) -> "Sdk":
        """Log in: ask the venue for the key's API key. Deploys, approves and sends nothing else.

        Raises:
            UserError: another version of the client, or other contracts.
            CredentialError: the key or wallet cannot be read, or the venue refuses the key.
            SourceDown: the venue does not answer.
        """
        from polymarket import AsyncSecureClient
        from polymarket.errors import PolymarketError, RequestRejectedError

        check_client(contracts)
        account = account_of(key=key, wallet=wallet)
        where = f"Log-in of {account.signer} at {endpoints.clob}"
        try:
            # ``create`` would deploy a deposit wallet that is not there yet.
            client = await AsyncSecureClient._create(
                private_key=key.reveal(),
                wallet=account.wallet,
                environment=environment(endpoints, pace),
                api_key=_client_key(relayer_key),
            )
        except RequestRejectedError as error:
            text = f"{where} was refused: HTTP {error.status} {error}"
            raise (CredentialError if error.status in _REFUSED else SourceDown)(text) from None
        except PolymarketError as error:
            raise SourceDown(f"{where} failed: {error}") from None
        client._ctx.secure_clob._client.timeout = pace.timeout  # else 10 s, whatever was set
        return cls(client=client, account=account)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    @property
    def api_key(self) -> ApiKey:
        """What authenticates our own reads and the user channel."""
        credentials = self._client.credentials
        return ApiKey(
            key=Secret(credentials.key),
            secret=Secret(credentials.secret),
            passphrase=Secret(credentials.passphrase),
        )

    def sign(
        self, order: OrderFields, *, order_type: OrderType, ends_s: int, post_only: bool
    ) -> bytes:
        """Return the exact bytes that `post` sends for this order.

        Args:
            order: What is signed.
            order_type: Not signed; a FAK is a priced order like any other.
            ends_s: Unix time that is sent as its end; 0 unless GTD.
            post_only: Whether it may only rest.
        """
        from polymarket._internal.actions.orders.orders import create_signed_order
        from polymarket._internal.actions.orders.post import build_post_order_request
        from polymarket._internal.wallet import wrap_deposit_wallet_signature
        from polymarket.types import HexString

        context = self._client._ctx
        unsigned = _unsigned(order, order_type=order_type, ends_s=ends_s)
        # The client hashes in 0.5 ms, which is ours already; its signer finds the public key anew.
        *signed, last = self._key.sign_recoverable(signing_hash(order), hasher=None)
        signature = wrap_deposit_wallet_signature(
            signer=context.signer.address,
            signer_type=context.signer_type,
            signature=HexString("0x" + (bytes([*signed, last + _V]) + signature_tail(order)).hex()),
        )
        _, payload = build_post_order_request(
            create_signed_order(unsigned, signature, post_only=post_only),
            owner_api_key=context.credentials.key,
        )
        return json.dumps(payload, separators=(",", ":")).encode()

    async def post(self, body: bytes) -> Answer:
        """Send one signed order, once."""
        asked = self._client._ctx.secure_clob.post_json("/order", json=json.loads(body))
        return await _answer(asked)

    async def cancel(self, order_id: OrderId) -> Answer:
        """Ask for the end of one order, once."""
        asked = self._client._ctx.secure_clob.delete_json("/order", json={"orderID": order_id})
        return await _answer(asked)

    async def reread(self, token_id: TokenId | None) -> Answer:
        """Let the venue read our shares of a token, or our cash, anew: its own copy lags."""
        params = {"asset_type": "COLLATERAL", "signature_type": str(self.account.kind.value)}
        if token_id is not None:
            kind = "CONDITIONAL-V2" if is_v2_token(token_id) else "CONDITIONAL"
            params |= {"asset_type": kind, "token_id": token_id}
        asked = self._client._ctx.secure_clob.get_json("/balance-allowance/update", params=params)
        return await _answer(asked)

    async def beat(self, last_id: str) -> str:
        """Send one heartbeat; return the id that the next one must name.

        Raises:
            HeartbeatMismatch: the venue expects another id.
            VenueError: it was not taken, or that is not known.
        """
        from polymarket.errors import OrderHeartbeatMismatchError, PolymarketError

        try:
            return (await self._client.send_order_heartbeat(heartbeat_id=last_id)).heartbeat_id
        except OrderHeartbeatMismatchError as error:
            raise HeartbeatMismatch(expected=error.heartbeat_id) from None
        except PolymarketError as error:
            raise VenueError(f"POST /v1/heartbeats failed: {error}") from None

    async def relay(self, calls: Sequence[Call], *, purpose: str) -> str:
        """Let the contract wallet make these calls in one transaction that the relayer pays.

        A busy wallet, a used-up quota and a stale nonce are waited out by the client: there the
        relayer has said that it did not take the batch.

        Args:
            calls: In their order.
            purpose: A short text that the relayer keeps.

        Returns:
            The hash of the confirmed transaction.

        Raises:
            VenueError: refused, failed, or not known in time: read the chain before the next try.
        """
        from polymarket._internal.actions.relayer.calls import TransactionCall
        from polymarket.errors import PolymarketError
        from polymarket.types import EvmAddress, HexString

        batch = [TransactionCall(EvmAddress(call.to), HexString(call.calldata)) for call in calls]
        try:
            handle = await self._client.execute_transaction(calls=batch, metadata=purpose)
            return str((await handle.wait()).transaction_hash)
        except PolymarketError as error:
            raise VenueError(f"{purpose} through the relayer failed: {error}") from None


def _client_key(key: RelayerKey | BuilderKey | None) -> "RelayerApiKey | BuilderApiKey | None":
    from polymarket import BuilderApiKey, RelayerApiKey

    match key:
        case RelayerKey():
            return RelayerApiKey(key=key.key.reveal(), address=key.address)
        case BuilderKey():
            return BuilderApiKey(
                key=key.key.reveal(),
                secret=key.secret.reveal(),
                passphrase=key.passphrase.reveal(),
            )
        case None:
            return None


def _unsigned(order: OrderFields, *, order_type: OrderType, ends_s: int) -> Any:
    """Return the order as the client's own record."""
    from polymarket._internal.actions.orders.types import BYTES32_ZERO, UnsignedOrder

    fields: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "builder": BYTES32_ZERO,
        "exchange_address": order.domain.exchange,
        "expiration": ends_s,
        "maker": order.maker,
        "maker_amount": order.gives_e6,
        "metadata": BYTES32_ZERO,
        "order_type": order_type.value,
        "salt": order.salt,
        "side": order.side.name,
        "signature_type": order.signature_type,
        "signer": order.signer,
        "taker_amount": order.gets_e6,
        "timestamp": order.made_ms,
        "token_id": order.token_id,
        "protocol_version": order.domain.version,
    }
    return UnsignedOrder(**fields)


async def _answer(request: Awaitable[Any]) -> Answer:
    """Return what became of a request; only faults of this program raise."""
    import httpx
    from polymarket.errors import (
        RateLimitError,
        RequestRejectedError,
        TransportError,
        UnexpectedResponseError,
    )

    try:
        return Answer(status=200, body=json.dumps(await request).encode())
    except RequestRejectedError as error:
        text = str(error)  # its own sentence about a body it could not read is no word of the venue
        body = b"" if text.startswith("Request to ") else json.dumps({"error": text}).encode()
        return Answer(status=error.status, body=body, retry_after_s=error.retry_after)
    except RateLimitError as error:
        return Answer(status=429, body=b"", retry_after_s=error.retry_after)
    except UnexpectedResponseError as error:
        return Answer(status=200, body=str(error).encode())
    except TransportError as error:
        cause = error.__cause__
        unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
        text = f"{type(cause).__name__} {error}"
        return Answer(status=0, body=text.encode(), was_sent=not isinstance(cause, unsent))
