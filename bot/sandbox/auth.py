"""Who asks: a signed statement for an API key (L1), an HMAC over the raw bytes after it (L2).

**Source:** POLYMARKET sections 3.2 to 3.4, read 2026-11. The venue's tolerance for a wrong clock
is not known; here it is a setting.
"""

import base64
import hashlib
import hmac

from bot.chain.addresses import CHAIN_ID
from bot.clock import Clock
from bot.sandbox.accounts import Accounts, ApiKey
from bot.sandbox.http import Request
from bot.sandbox.refusals import BAD_KEY, BAD_L1, Refusal
from bot.sandbox.signatures import recover, typed_hash

_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId)"
_STATEMENT = "ClobAuth(address address,string timestamp,uint256 nonce,string message)"
_MESSAGE = "This message attests that I control the given wallet"


class Auth:
    """Checks requests.

    Args:
        accounts: The API keys.
        clock: The venue's time.
    """

    def __init__(self, *, accounts: Accounts, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock
        self.most_skew_s: float | None = None
        """A request stamped further from the venue's time is refused; None: any time is good."""

    def signer(self, request: Request) -> tuple[str, int]:
        """Return the address and nonce that a request for an API key proves.

        Raises:
            Refusal: It proves nothing.
        """
        head = request.headers
        address, stamp = head.get("poly_address", ""), head.get("poly_timestamp", "")
        nonce, signature = head.get("poly_nonce", "0"), head.get("poly_signature", "")
        try:
            digest = statement_hash(address, stamp, int(nonce))
            found = recover(digest, bytes.fromhex(signature.removeprefix("0x")))
        except ValueError:
            raise Refusal(401, BAD_L1) from None
        if found is None or found.lower() != address.lower() or self._is_skewed(stamp):
            raise Refusal(401, BAD_L1)
        return found, int(nonce)

    def key(self, request: Request) -> ApiKey:
        """Return the API key that a request is signed with.

        Raises:
            Refusal: It is not.
        """
        head = request.headers
        key = self._accounts.keys.get(head.get("poly_api_key", ""))
        stamp = head.get("poly_timestamp", "")
        if key is None or key.address.lower() != head.get("poly_address", "").lower():
            raise Refusal(401, BAD_KEY)
        right = sign_request(key.secret, stamp, request)
        is_right = hmac.compare_digest(right, head.get("poly_signature", ""))
        if not is_right or head.get("poly_passphrase") != key.passphrase or self._is_skewed(stamp):
            raise Refusal(401, BAD_KEY)
        return key

    def builder_key(self, request: Request) -> None:
        """Check that a request for the relayer is signed with a builder key. Raises ``Refusal``."""
        head = request.headers
        key = next(
            (
                one
                for one in self._accounts.builder_keys.values()
                if one.key == head.get("poly_builder_api_key")
            ),
            None,
        )
        stamp = head.get("poly_builder_timestamp", "")
        if key is None or head.get("poly_builder_signature") != sign_request(
            key.secret, stamp, request
        ):
            raise Refusal(401, "invalid authorization")

    def relayer_key(self, request: Request) -> None:
        """Check that a request for the relayer names a relayer or a builder key.

        Any relayer key is good: the venue gives them out on its site. Raises ``Refusal``.
        """
        if not request.headers.get("relayer_api_key"):
            self.builder_key(request)

    def _is_skewed(self, stamp: str) -> bool:
        if not stamp.isdecimal():
            return True
        if self.most_skew_s is None:
            return False
        return abs(int(stamp) - self._clock.now().timestamp()) > self.most_skew_s


def sign_request(secret: str, stamp: str, request: Request) -> str:
    """Return the HMAC of a request: over its raw body and its path without host prefix or query."""
    path = request.path.removeprefix("/clob").removeprefix("/relayer")
    signed = f"{stamp}{request.method}{path}".encode() + request.body
    made = hmac.new(base64.urlsafe_b64decode(secret), signed, hashlib.sha256)
    return base64.urlsafe_b64encode(made.digest()).decode()


def statement_hash(address: str, stamp: str, nonce: int) -> bytes:
    """Return what a key signs to get an API key. Raises ``ValueError`` for no address."""
    from eth_utils.crypto import keccak

    domain = (_DOMAIN, ("bytes32", "bytes32", "uint256"))
    separator = typed_hash(*domain, keccak(text="ClobAuthDomain"), keccak(text="1"), CHAIN_ID)
    statement = typed_hash(
        _STATEMENT,
        ("address", "bytes32", "uint256", "bytes32"),
        address,
        keccak(text=stamp),
        nonce,
        keccak(text=_MESSAGE),
    )
    return keccak(b"\x19\x01" + separator + statement)
