"""``portfolio.computed``: readings from recorded series."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.errors import ConfigError
from bot.rules.readings.correlation import Correlation
from bot.rules.readings.sentiment import Sentiment
from bot.rules.readings.volatility import Volatility

HEAD = "portfolio:\n  holdings: [{symbol: QQQ, value: 1000}]\n"


def said_of(text: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


def test_readings_are_rules_by_name_and_files_are_beside_the_config() -> None:
    path = Path(__file__).with_name("good.yaml")
    source = load_settings(path, {}).portfolio
    assert source.folder == path.parent
    assert source.computed == (
        ("btc_vol", Volatility(file="prices/BTC.csv", enter=0.9, leave=0.7)),
        ("together", Correlation(file="prices/all.csv", symbols=("QQQ", "IWM", "TLT"))),
        ("news", Sentiment(file="news/scores.csv", symbol="crypto", lag=timedelta(minutes=15))),
    )


def test_the_reading_that_makes_losses_larger_is_named() -> None:
    path = Path(__file__).with_name("good.yaml")
    assert load_settings(path, {}).volatility_reading == "btc_vol"


@pytest.mark.parametrize(
    ("computed", "has"),
    [
        ("", "there is none"),
        ("  computed: {vol: {rule: volatility, file: a.csv}}\n", "those are vol"),
    ],
)
def test_a_reading_that_is_no_volatility_makes_no_loss_larger(
    computed: str, has: str, tmp_path: Path
) -> None:
    (said,) = said_of(f"{HEAD}{computed}volatility_reading: VIX\n", tmp_path)
    assert said.endswith(
        f"volatility_reading is 'VIX', no volatility of portfolio.computed: {has}."
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("computed: [vol]", "3: portfolio.computed must be a group of names."),
        ("computed: {vol: volatility}", "3: portfolio.computed.vol names no rule."),
        ("computed: {vol: {file: x}}", "3: portfolio.computed.vol names no rule."),
        (
            "computed: {vol: {rule: volatilty, file: x}}",
            "3: portfolio.computed: 'volatilty' is not a reading. Did you mean 'volatility'?",
        ),
        (
            "computed: {vol: {rule: volatility, fil: x}}",
            "3: portfolio.computed.vol.fil is not an option of reading 'volatility'."
            " Did you mean 'file'?",
        ),
        (
            "computed: {vol: {rule: volatility, file: x, confirm: 0}}",
            "3: portfolio.computed.vol never ends. Write leave below enter, and confirm 1 or more.",
        ),
    ],
)
def test_what_is_wrong_is_said(line: str, message: str, tmp_path: Path) -> None:
    (said,) = said_of(f"{HEAD}  {line}\n", tmp_path)
    assert said.startswith(message)
