"""What a user types to replay: the example of docs/examples/replay, and a span of days."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.app.sources import open_tape
from bot.cli import main
from bot.config import load_settings
from bot.errors import ConfigError

REPO = Path(__file__).resolve().parents[2]


def test_the_example_records_and_replays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(REPO / "docs" / "examples" / "replay", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "config.yaml"
    text = config.read_text()
    for command in ("polyhedge record --for 7d --out journal", "polyhedge replay"):
        assert f"#   {command}\n" in text

    # The practice market stands in for the network.
    config.write_text(text.replace("market_data: polymarket", "market_data: practice"))
    assert type_in("record --for 20m --out journal").exit_code == 0
    answer = type_in("replay")
    assert answer.exit_code == 0, answer.output
    assert "adds up exactly" in answer.stdout


def test_days_need_a_span_and_the_message_shows_one_that_can_be_written(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    text = "market_data: recorded\nrecorded: {{source: daily, path: daily{}}}\nportfolio: {}\n"
    holdings = "{holdings: [{symbol: SPY, value: 1000}]}"
    config.write_text(text.format("", holdings))
    with pytest.raises(ConfigError, match="needed for daily bars") as raised:
        open_tape(load_settings(config, {}))
    since, until = str(raised.value).split("Write ")[1].split(" and ")
    config.write_text(text.format(f", {since}, {until}", holdings))
    with pytest.raises(ConfigError, match=r"daily/prices\.parquet does not exist"):
        open_tape(load_settings(config, {}))


def type_in(words: str) -> Result:
    return CliRunner().invoke(main, words.split())
