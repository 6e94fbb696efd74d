"""Signs requests to the private half of the CLOB with the API key of the trading key.

**Source:** POLYMARKET section 3.3 with test vectors (2.4), read 2026-11.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from bot.clock import Clock
from bot.model.account import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What the venue gave the trading key at log-in; all three parts are secret."""

    key: Secret
    secret: Secret
    """URL-safe base64."""
    passphrase: Secret


def sign_request(secret: Secret, *, seconds: int, method: str, path: str, body: bytes = b"") -> str:
    """Return ``POLY_SIGNATURE``.

    Args:
        secret: Of the API key.
        seconds: Unix time of the request.
        method: ``GET``, ``POST`` or ``DELETE``.
        path: As the venue names it, without prefix and question: ``/data/orders``.
        body: The exact bytes that are sent.
    """
    text = f"{seconds}{method}{path}".encode() + body
    key = base64.urlsafe_b64decode(secret.reveal())
    return base64.urlsafe_b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


class L2Signer:
    """Makes the headers of authenticated requests.

    Args:
        address: Of the trading key: the API key belongs to it, not to the wallet.
        api_key: What the venue gave it.
        clock: The venue refuses a request whose time is far off.
    """

    def __init__(self, *, address: str, api_key: ApiKey, clock: Clock) -> None:
        self._address = address
        self._api_key = api_key
        self._clock = clock

    def headers(self, method: str, path: str, body: bytes | None) -> Mapping[str, str]:
        """Return the five headers; they are secret."""
        seconds = int(self._clock.now().timestamp())
        return {
            "POLY_ADDRESS": self._address,
            "POLY_API_KEY": self._api_key.key.reveal(),
            "POLY_PASSPHRASE": self._api_key.passphrase.reveal(),
            "POLY_TIMESTAMP": str(seconds),
            "POLY_SIGNATURE": sign_request(
                self._api_key.secret, seconds=seconds, method=method, path=path, body=body or b""
            ),
        }
