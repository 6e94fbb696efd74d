"""``polyhedge check`` starts in a quarter of a second: what it reads imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
HEAVY = ("apscheduler", "httpx", "numpy", "polymarket", "scipy", "sqlite_utils", "web3")
PROGRAM = f"""
import sys
from pathlib import Path
from bot.config import load_settings
from bot.strategy import load_strategies, strategy_schema
settings = load_settings(Path("config.example.yaml"), {{}})
assert load_strategies(settings.strategies)[0]
assert strategy_schema()
print(sorted(set({HEAVY!r}) & set(sys.modules)))
"""


def test_reading_all_files_imports_nothing_heavy() -> None:
    done = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", PROGRAM], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
