"""Keystore files: what is written opens again, and nothing loose, foreign or doubtful opens."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from bot.errors import CredentialError
from bot.model.account import Secret
from bot.owner import keystore
from bot.owner.passphrase import read_descriptor, read_passphrase

KEY = Secret("0x" + "11" * 32)
ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
WORD = Secret("correct horse")
FEW = 2**4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "owner.json"


def save(path: Path) -> Path:
    assert keystore.save_key(path, KEY, passphrase=WORD, rounds=FEW) == ADDRESS
    return path


def test_what_is_saved_opens_again_and_names_its_address_unopened(path: Path) -> None:
    save(path)
    assert keystore.load_key(path, passphrase=WORD) == KEY
    assert keystore.stored_address(path) == ADDRESS


def test_only_we_may_read_the_file_and_its_new_folder(path: Path) -> None:
    save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["owner.json"]


def test_the_file_holds_neither_key_nor_passphrase_in_the_open(path: Path) -> None:
    text = save(path).read_text("utf-8")
    assert KEY.reveal()[2:] not in text
    assert WORD.reveal() not in text
    assert json.loads(text)["crypto"]["kdf"] == "scrypt"


def test_other_programs_keystores_open(path: Path) -> None:
    from eth_account import Account

    path.parent.mkdir()
    path.write_text(
        json.dumps(Account.encrypt(bytes.fromhex("11" * 32), "x", kdf="pbkdf2", iterations=FEW))
    )
    path.chmod(0o600)
    assert keystore.load_key(path, passphrase=Secret("x")) == KEY


def test_a_key_is_never_overwritten(path: Path) -> None:
    before = save(path).read_bytes()
    with pytest.raises(CredentialError, match="overwritten is lost for ever"):
        save(path)
    assert path.read_bytes() == before


def test_a_dangling_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(CredentialError, match="exists"):
        save(path)
    assert not (tmp_path / "elsewhere.json").exists()


def test_another_passphrase_is_said_to_be_one(path: Path) -> None:
    with pytest.raises(CredentialError, match="the passphrase does not open it") as told:
        keystore.load_key(save(path), passphrase=Secret("wrong"))
    assert "wrong" not in str(told.value)


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o620, 0o602])
def test_a_file_that_others_can_touch_is_refused_with_the_chmod(path: Path, mode: int) -> None:
    save(path).chmod(mode)
    with pytest.raises(CredentialError, match=f"mode {mode:04o}.* Type: chmod 600 {path}"):
        keystore.load_key(path, passphrase=WORD)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_folder_where_others_can_swap_it_is_refused_with_the_chmod(path: Path, mode: int) -> None:
    save(path).parent.chmod(mode)
    with pytest.raises(CredentialError, match=f"Type: chmod go-w {path.parent}"):
        keystore.stored_address(path)


def test_no_key_is_written_into_a_folder_of_others(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o777)
    with pytest.raises(CredentialError, match="chmod go-w"):
        save(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"address": 7}', "\x00\xff"])
def test_what_is_no_keystore_is_said_to_be_none(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    for opened in (keystore.stored_address, lambda p: keystore.load_key(p, passphrase=WORD)):
        with pytest.raises(CredentialError, match="is no keystore"):
            opened(path)


@pytest.mark.parametrize("change", [{"version": 1}, {"version": 3, "crypto": {"kdf": "argon2"}}])
def test_a_keystore_of_a_kind_that_cannot_be_opened_is_named(
    path: Path, change: dict[str, object]
) -> None:
    content = json.loads(save(path).read_text(encoding="utf-8"))
    content["crypto"] |= change.pop("crypto", {})
    path.write_text(json.dumps(content | change), encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(CredentialError, match="is no keystore"):
        keystore.load_key(path, passphrase=WORD)


def test_a_missing_file_names_the_command_that_makes_one(path: Path) -> None:
    with pytest.raises(CredentialError, match="polyhedge wallet new"):
        keystore.load_key(path, passphrase=WORD)


@pytest.mark.parametrize("text", ["11" * 32, "0x" + "11" * 32, f" 0x{'11' * 32}\n"])
def test_a_key_is_read_with_and_without_its_prefix(text: str) -> None:
    assert keystore.read_key(text) == KEY


@pytest.mark.parametrize("text", ["", "0x", "12" * 31, "zz" * 32, "00" * 32, "ff" * 32])
def test_what_is_no_key_is_not_repeated(text: str) -> None:
    with pytest.raises(CredentialError, match="64 hex digits") as told:
        keystore.read_key(text)
    assert len(text) < 3 or text not in str(told.value)


def test_two_new_keys_are_two() -> None:
    assert keystore.address_of(keystore.make_key()) != keystore.address_of(keystore.make_key())


def descriptor(content: bytes) -> str:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return str(reading)


def test_a_passphrase_comes_from_the_environment_a_descriptor_or_a_person() -> None:
    wanted = Secret("s e c r e t")
    assert read_passphrase({"POLYHEDGE_PASSPHRASE": "s e c r e t"}, ask=None) == wanted
    number = descriptor(b"s e c r e t\n")
    assert read_passphrase({"POLYHEDGE_PASSPHRASE_FD": number}, ask=None) == wanted
    assert read_passphrase({}, ask=lambda: "s e c r e t") == wanted


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        pytest.param({}, "no terminal to ask on. Set POLYHEDGE_PASSPHRASE", id="nothing"),
        pytest.param(
            {"POLYHEDGE_PASSPHRASE": "a", "POLYHEDGE_PASSPHRASE_FD": "0"}, "both set", id="two"
        ),
        pytest.param({"POLYHEDGE_PASSPHRASE_FD": "x"}, "must be the number", id="word"),
        pytest.param({"POLYHEDGE_PASSPHRASE_FD": "9" * 20}, "must be the number", id="too large"),
        pytest.param({"POLYHEDGE_PASSPHRASE_FD": "987654321"}, "cannot be read", id="large"),
        pytest.param({"POLYHEDGE_PASSPHRASE_FD": "987"}, "cannot be read", id="closed"),
    ],
)
def test_a_passphrase_that_is_not_there_is_told(environment: dict[str, str], said: str) -> None:
    with pytest.raises(CredentialError, match=said):
        read_passphrase(environment, ask=None)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(CredentialError, match="is empty"):
        read_passphrase({"POLYHEDGE_PASSPHRASE_FD": descriptor(b"\n")}, ask=None)
    with pytest.raises(CredentialError, match="is empty"):
        read_passphrase({}, ask=lambda: "")


def test_a_descriptor_of_no_text_is_refused() -> None:
    with pytest.raises(CredentialError, match="holds no text"):
        read_descriptor(descriptor(b"\xff\xfe"), name="POLYHEDGE_KEY_FD")
