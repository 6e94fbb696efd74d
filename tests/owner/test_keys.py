"""Where the keys come from: a keystore before the environment, and never half of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import CredentialError
from bot.model.account import Secret
from bot.owner.keys import find_key, relayer_key
from bot.owner.keystore import save_key
from bot.venues.polymarket.sdk.client import BuilderKey, RelayerKey
from tests.owner.rig import KEY, SIGNER

BUILDER = {
    "POLYMARKET_BUILDER_KEY": "k",
    "POLYMARKET_BUILDER_SECRET": "s",
    "POLYMARKET_BUILDER_PASSPHRASE": "p",
}
RELAYER = {"POLYMARKET_RELAYER_KEY": "r", "POLYMARKET_RELAYER_ADDRESS": SIGNER}


def test_the_keystore_goes_before_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    save_key(path, KEY, passphrase=Secret("pw"), rounds=2**4)
    environment = {"POLYMARKET_PRIVATE_KEY": "22" * 32, "POLYHEDGE_PASSPHRASE": "pw"}
    assert find_key(path, environment, ask=None) == KEY
    assert find_key(None, environment, ask=None) == Secret("0x" + "22" * 32)


def test_a_passphrase_is_not_asked_for_where_the_file_is_loose(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    save_key(path, KEY, passphrase=Secret("pw"), rounds=2**4)
    path.chmod(0o640)

    def ask() -> str:
        raise AssertionError("asked")

    with pytest.raises(CredentialError, match="chmod 600"):
        find_key(path, {}, ask=ask)


def test_no_key_at_all_names_both_ways() -> None:
    with pytest.raises(CredentialError, match=r"POLYMARKET_PRIVATE_KEY is not set.*wallet import"):
        find_key(None, {}, ask=None)


def test_a_builders_key_goes_first_because_it_does_all() -> None:
    assert isinstance(relayer_key(BUILDER | RELAYER), BuilderKey)
    assert relayer_key(RELAYER) == RelayerKey(key=Secret("r"), address=SIGNER)
    assert relayer_key({}) is None


@pytest.mark.parametrize("absent", [*BUILDER, *RELAYER])
def test_half_a_key_names_what_is_not_set(absent: str) -> None:
    half = dict(BUILDER if absent in BUILDER else RELAYER)
    del half[absent]
    with pytest.raises(CredentialError, match=f"^{absent} is not set"):
        relayer_key(half)


def test_no_repr_shows_a_secret() -> None:
    assert "'k'" not in repr(relayer_key(BUILDER))
    assert "'r'" not in repr(relayer_key(RELAYER))
