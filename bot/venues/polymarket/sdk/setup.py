"""Points the client at our addresses, checks that it is the one we know, and reads a key."""

import dataclasses
from typing import TYPE_CHECKING, Any, cast

from bot.chain.addresses import Contracts
from bot.errors import CredentialError, UserError
from bot.model.account import Secret, TradingAccount, WalletKind
from bot.venues.polymarket.settings import Endpoints, Pace

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from polymarket import Environment

VERSION = "0.14.0"
_NOWHERE = "127.0.0.1:9"
"""Where nobody listens: the addresses of services that we do not use."""
_KINDS = {
    "EOA": WalletKind.EOA,
    "POLY_PROXY": WalletKind.PROXY,
    "GNOSIS_SAFE": WalletKind.SAFE,
    "DEPOSIT_WALLET": WalletKind.DEPOSIT,
}
_NAMES = {
    "collateral_token": "collateral",
    "conditional_tokens": "conditional_tokens",
    "neg_risk_adapter": "neg_risk_adapter",
    "collateral_adapter": "collateral_adapter",
    "neg_risk_collateral_adapter": "neg_risk_collateral_adapter",
    "standard_exchange": "exchange",
    "neg_risk_exchange": "neg_risk_exchange",
    "exchange_v3": "exchange_v3",
    "protocol_v2_router": "router",
    "binary_module": "binary_module",
    "neg_risk_module": "neg_risk_module",
    "position_manager": "position_manager",
    "auto_redeem_operator": "auto_redeemer",
    "deposit_wallet_factory": "deposit_wallet_factory",
    "deposit_wallet_implementation": "deposit_wallet_implementation",
    "deposit_wallet_beacon": "deposit_wallet_beacon",
}
"""The client's names of contracts, and ours."""


def environment(endpoints: Endpoints, pace: Pace) -> "Environment":
    """Return the client's environment with every one of its addresses replaced."""
    from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment

    urls = {
        field.name: f"{'ws' if '_ws_' in field.name else 'http'}://{_NOWHERE}"
        for field in dataclasses.fields(PRODUCTION_CONFIG)
        if field.name.endswith("_url")
    }
    urls |= {
        "clob_url": endpoints.clob,
        "gamma_url": endpoints.gamma,
        "data_url": endpoints.data,
        "relayer_url": endpoints.relayer,
        "rpc_url": endpoints.rpc,
        "clob_market_ws_url": endpoints.market_stream,
        "clob_user_ws_url": endpoints.user_stream,
    }
    config = dataclasses.replace(
        PRODUCTION_CONFIG,
        relayer_poll_frequency_ms=max(1, round(pace.first_wait * 1000)),
        **cast("Any", urls),
    )
    return create_environment(name="polyhedge", config=config)


def check_client(contracts: Contracts) -> None:
    """Check that the installed client is the one we know, and that it means our contracts.

    Raises:
        UserError: it is another version, or one of its addresses differs from ours.
    """
    from importlib.metadata import version

    found = version("polymarket-client")
    if found != VERSION:
        raise UserError(
            f"polymarket-client is {found}; private parts of {VERSION} are used here, and no other "
            "version is known to work. Install what requirements.lock names"
        )
    for theirs, ours in _NAMES.items():
        address, expected = client_addresses()[theirs], getattr(contracts, ours)
        if address.lower() != expected.lower():
            raise UserError(
                f"contract {ours} is {expected} here, but {theirs} of polymarket-client {VERSION} "
                f"is {address}. Install what requirements.lock names, or a newer polyhedge"
            )


def client_addresses() -> dict[str, str]:
    """Return the client's contract addresses by its own names."""
    from polymarket._internal.environment import PRODUCTION_CONFIG

    derivation = PRODUCTION_CONFIG.wallet_derivation
    return {
        name: getattr(PRODUCTION_CONFIG, name, None) or getattr(derivation, name) for name in _NAMES
    }


def read_key(key: Secret) -> "LocalAccount":
    """Return the client's signer for a private key.

    Raises:
        CredentialError: it is none; the message does not show it.
    """
    from eth_account import Account

    try:
        return cast("LocalAccount", Account.from_key(key.reveal()))
    except Exception:  # noqa: BLE001 - whatever it is, it quotes the key
        raise CredentialError(
            "The trading key is no private key; it must be 0x and 64 hex digits"
        ) from None


def account_of(*, key: Secret, wallet: str) -> TradingAccount:
    """Return what the key is to the wallet, by the addresses that follow from the key.

    A wallet that does not follow from the key is taken for a deposit wallet that has authorized it
    as a session key; only the chain can say whether it has.

    Raises:
        CredentialError: the key or the address cannot be read.
    """
    from eth_utils.address import is_address, to_checksum_address
    from polymarket._internal.environment import PRODUCTION_CONFIG
    from polymarket._internal.wallet import classify_account

    if not is_address(wallet):
        raise CredentialError(
            f"The wallet is {wallet!r}; it must be an address: 0x and 40 hex digits"
        )
    signer = str(read_key(key).address)
    found = classify_account(
        signer=signer, wallet=wallet, config=PRODUCTION_CONFIG.wallet_derivation
    )
    return TradingAccount(
        signer=signer,
        wallet=str(to_checksum_address(wallet)),
        kind=_KINDS[found.wallet_type],
        is_session=found.signer_type == "SESSION_KEY",
    )


def deposit_wallet_of(signer: str) -> str:
    """Return the address of the deposit wallet that this address can own."""
    from polymarket._internal.environment import PRODUCTION_CONFIG
    from polymarket._internal.wallet import derive_beacon_deposit_wallet_address

    return derive_beacon_deposit_wallet_address(signer, PRODUCTION_CONFIG.wallet_derivation)
