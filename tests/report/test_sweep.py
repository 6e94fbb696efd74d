"""Sweeps: the same results on processes, on a Dask cluster and after a kill; an honest choice."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.app.sweep.grid import read_grid
from bot.errors import ConfigError
from bot.report.choice import Tried, certainty_equivalent, choose
from tests.cli.conftest import Typed, here, type_in
from tests.history.worlds import Recorded, days, write_config

__all__ = ["here", "type_in"]

GRID = """
options:
  costs.min_benefit_to_cost: [0.1, 0.5, 1, 2]
  limits.max_order_usd: [100, 200, 300, 400]
  sizing.target: [25%, 50%, 75%, 100%]
"""
VARIANTS = 64
SPAN = ("--data", "data", "--from", "2024-02-28", "--to", "2024-04-15")


@pytest.fixture
def folder(here: Path) -> Path:
    closes = {
        "SPY": [
            (day, 500.0 + 60.0 * math.sin(number / 9.0))
            for number, day in enumerate(days("2024-02-20", 60))
        ]
    }
    Recorded(closes=closes).write(here / "data")
    write_config(here)
    (here / "grid.yaml").write_text(GRID)
    return here


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


@contextmanager
def dask_cluster() -> Iterator[str]:
    """A scheduler and two workers, each a process of its own on this machine."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.simulation
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_sweep_is_the_same_on_processes_on_dask_and_after_a_kill(
    folder: Path, type_in: Typed
) -> None:
    words = ("sweep", "grid.yaml", *SPAN, "--json", "--folds", "1", "--purge", "1")
    alone = type_in(*words, "--results", "processes")
    assert alone.exit_code == 0, alone.output
    wanted = results(folder / "processes")
    assert len(wanted) == VARIANTS

    with dask_cluster() as scheduler:
        spread = type_in(*words, "--results", "dask", "--scheduler", scheduler)
    assert spread.exit_code == 0, spread.output
    assert results(folder / "dask") == wanted

    begun = kill_in_the_middle([*words, "--results", "killed"], folder / "killed")
    assert 0 < len(begun) < VARIANTS
    resumed = type_in(*words, "--results", "killed")
    assert resumed.exit_code == 0, resumed.output
    assert results(folder / "killed") == wanted
    # What was there is not run again.
    assert {name: os.stat(folder / "killed" / name).st_mtime_ns for name in begun} == begun

    assert json.loads(alone.stdout) == json.loads(spread.stdout) == json.loads(resumed.stdout)
    names = [score["name"] for score in json.loads(alone.stdout)["scores"]]
    assert len(set(names)) == VARIANTS


def kill_in_the_middle(words: list[str], results_folder: Path) -> dict[str, int]:
    """Start a sweep and kill it with all its processes after some results."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *words],
        cwd=results_folder.parent,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and len(list(results_folder.glob("*.json"))) < 5:
            pass
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
    return {path.name: path.stat().st_mtime_ns for path in results_folder.glob("*.json")}


def test_variants_are_every_combination_in_the_order_of_the_file(folder: Path) -> None:
    variants = read_grid(folder / "grid.yaml", strategies=folder / "strategies")
    assert len(variants) == VARIANTS
    assert variants[0].name == (
        "costs.min_benefit_to_cost 0.1, limits.max_order_usd 100, sizing.target 25%"
    )
    ((name, text),) = variants[-1].files
    assert name == "it-happens.yaml"
    told = json.loads(text)
    assert told["costs"] == {"min_benefit_to_cost": "2", "max_share_of_depth": "100%"}
    assert told["sizing"] == {"rule": "coverage", "target": "100%"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("options: {}", "names no options"),
        ("grid: {a: [1]}", r"grid.yaml:1: grid is unknown"),
        ("options: {a: 1}", "a must be a list"),
        ("options: {a: []}", "a must be a list"),
        ("options: {a: [1, 1]}", "a has 1 twice"),
        ("options: {a: [[1]]}", "single words"),
        (
            f"options: {{a: {[*range(101)]}, b: {[*range(100)]}}}",
            "10,100 variants are more than 10,000",
        ),
    ],
)
def test_a_grid_that_cannot_be_used_is_named(folder: Path, text: str, message: str) -> None:
    (folder / "grid.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_grid(folder / "grid.yaml", strategies=folder / "strategies")


def test_what_is_missing_is_named(folder: Path, type_in: Typed) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml: cannot be read"):
        read_grid(folder / "none.yaml", strategies=folder / "strategies")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_grid(folder / "grid.yaml", strategies=folder / "none")
    (folder / "empty").mkdir()
    with pytest.raises(ConfigError, match="no strategy files"):
        read_grid(folder / "grid.yaml", strategies=folder / "empty")
    answer = type_in("sweep", "grid.yaml", *SPAN, "--scheduler", "tcp://127.0.0.1:9")
    assert answer.exit_code == 3
    assert "does not answer" in answer.stderr


def test_a_variant_that_is_no_strategy_costs_no_time(folder: Path, type_in: Typed) -> None:
    (folder / "grid.yaml").write_text("options: {costs.min_benefit_to_cost: [1, much]}")
    answer = type_in("sweep", "grid.yaml", *SPAN)
    assert answer.exit_code == 2
    assert "with costs.min_benefit_to_cost much:" in answer.stderr
    assert "strategies/it-happens.yaml" in answer.stderr
    assert not (folder / "sweep").exists()


def test_figures_are_shown(folder: Path, type_in: Typed) -> None:
    (folder / "grid.yaml").write_text("options: {sizing.target: [25%, 50%]}")
    answer = type_in("sweep", "grid.yaml", *SPAN)
    assert answer.exit_code == 0, answer.output
    assert "sizing.target 25%" in answer.stdout
    assert "2 variants were tried" in answer.stdout


def tried(name: str, gains: list[float]) -> Tried:
    """A variant that gains so much a day on top of a portfolio that goes nowhere."""
    count = len(gains)
    alone = 100.0 + 0.1 * np.sin(np.arange(count))
    return Tried(
        name=name,
        days=np.datetime64("2024-01-01") + np.arange(count),
        alone=alone,
        hedged=alone + np.cumsum(gains),
        premium_usd=1.0,
        brought_usd=0.0,
    )


def test_what_is_chosen_by_the_past_is_judged_after_the_purge() -> None:
    early, late = tried("early", [0.1] * 50 + [-0.1] * 50), tried("late", [0.0] * 50 + [0.1] * 50)
    (fold,) = choose([late, early], gamma=4.3, folds=1, purge=timedelta(days=10)).folds
    assert fold.chosen == "early"
    assert fold.before > 0.0 > fold.after
    assert fold.learned_until == date(2024, 2, 19)
    assert fold.judged_from == date(2024, 3, 1)
    assert fold.judged_until == date(2024, 4, 9)


def test_a_choice_never_sees_what_it_is_judged_on() -> None:
    quiet, other = tried("quiet", [0.0] * 120), tried("other", [0.01] * 60 + [-9.0] + [0.0] * 59)
    (fold,) = choose([quiet, other], gamma=4.3, folds=1, purge=timedelta(0)).folds
    assert fold.chosen == "other"
    assert fold.after < 0.0


def test_few_days_give_no_fold_and_no_luck() -> None:
    found = choose([tried("a", [0.1] * 15)], gamma=4.3, folds=3, purge=timedelta(days=5))
    assert found.folds == ()
    assert found.deflated_sharpe is None


def test_every_variant_counts_against_the_best() -> None:
    noise = np.random.default_rng(3).normal(0.02, 0.5, (64, 300))
    many = [tried(f"{number:02}", list(row)) for number, row in enumerate(noise)]
    best = choose(many, gamma=1.0, folds=0, purge=timedelta(0))
    alone = choose(
        [each for each in many if each.name == best.scores[0].name],
        gamma=1.0,
        folds=0,
        purge=timedelta(0),
    )
    assert best.deflated_sharpe is not None
    assert alone.deflated_sharpe is not None
    assert best.deflated_sharpe < alone.deflated_sharpe


def test_certainty_equivalent_takes_half_of_gamma_times_the_variance() -> None:
    wealth = np.array([100.0, 102.0, 100.98])
    assert certainty_equivalent(wealth, gamma=4.0) == pytest.approx(252 * (0.005 - 2.0 * 0.015**2))
