"""Situations and problems that rule tests begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.model.portfolio import Reading
from bot.model.rule import EventProblem, Situation
from bot.model.units import EventId, UsdEst

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday, 07:00 in New York."""


def situation(**changes: Any) -> Situation:
    plain = Situation(
        now=NOW,
        event=EventId("fed"),
        probability=0.3,
        exposure_usd_est=UsdEst(1000.0),
        ends_at=None,
        resolved=False,
        readings={},
        last_run_at=NOW,
        last_probability=0.3,
        last_exposure_usd_est=UsdEst(1000.0),
    )
    return plain._replace(**changes)


def problem(**changes: Any) -> EventProblem:
    plain = EventProblem(
        event=EventId("fed"),
        probability=0.3,
        unit_cost=0.25,
        wealth_usd_est=UsdEst(100_000.0),
        loss_usd_est=UsdEst(4_000.0),
        risk_aversion=4.3,
        readings={},
        state=None,
    )
    return replace(plain, **changes)


def readings(**numbers: float) -> Mapping[str, Reading]:
    return {name: Reading(name=name, number=n, as_of=NOW) for name, n in numbers.items()}
