"""Live mode opens by three locks; any two of them name the third."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.app.locks import unlock
from bot.config import Settings, load_settings
from bot.errors import ConfigError, CredentialError
from bot.model.account import Secret

KEY = "0x" + "11" * 32
HOLDING = "portfolio:\n  holdings:\n    - {symbol: HOUSE, value: 12000}\n"
LIVE = f"mode: live\nmarket_data: polymarket\n{HOLDING}"
GIVEN: Mapping[str, str] = {"POLYMARKET_PRIVATE_KEY": KEY}


def settings(tmp_path: Path, text: str = LIVE) -> Settings:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, {})


def test_all_three_give_the_key(tmp_path: Path) -> None:
    key = unlock(settings(tmp_path), is_asked_for=True, environment=GIVEN, ask=None)
    assert key == Secret(KEY)


def test_paper_needs_none_and_takes_none(tmp_path: Path) -> None:
    paper = settings(tmp_path, HOLDING)
    assert unlock(paper, is_asked_for=False, environment=GIVEN, ask=None) is None


@pytest.mark.parametrize(
    ("text", "is_asked_for", "environment", "names"),
    [
        (LIVE, True, {}, "there is no key: export POLYMARKET_PRIVATE_KEY"),
        (LIVE, False, GIVEN, "--live was not given: type `polyhedge run --live`"),
        (HOLDING, True, GIVEN, "mode is paper in "),
    ],
)
def test_two_locks_name_the_third(
    tmp_path: Path, text: str, is_asked_for: bool, environment: Mapping[str, str], names: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        unlock(
            settings(tmp_path, text), is_asked_for=is_asked_for, environment=environment, ask=None
        )
    assert names in str(caught.value)
    assert "; and " not in str(caught.value)
    assert KEY not in str(caught.value)


def test_one_lock_names_both_others(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--live was not given.*; and there is no key"):
        unlock(settings(tmp_path), is_asked_for=False, environment={}, ask=None)


def test_two_keys_are_one_too_many(tmp_path: Path) -> None:
    both = settings(tmp_path, f"{LIVE}wallet: {{keystore: k.json}}\n")
    with pytest.raises(CredentialError, match="clear which key trades"):
        unlock(both, is_asked_for=True, environment=GIVEN, ask=None)
