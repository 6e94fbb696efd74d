"""The track record: what was forecast, once a day for each market, and what came of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bot.ledger.rows import from_text, insert, to_text
from bot.model.decision import Decision, EventDecision
from bot.model.market import Market
from bot.model.signal import OWN_VIEW, Scored
from bot.model.strategy import Strategy
from bot.model.units import ConditionId, EventId, TokenId
from bot.model.view import View

if TYPE_CHECKING:
    from sqlite_utils import Database


TRACK_RECORD = """
CREATE TABLE forecasts (              -- the first of each day for a market, with all it was made of
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    condition_id TEXT NOT NULL,
    token_id TEXT NOT NULL,           -- of the adverse outcome
    day TEXT NOT NULL,
    at TEXT NOT NULL,
    ends_at TEXT,                     -- the scheduled end as it was known then
    category TEXT NOT NULL,
    market REAL NOT NULL,
    probability REAL NOT NULL,
    estimates TEXT NOT NULL,          -- JSON object: signal -> probability
    prior_weight REAL NOT NULL,
    mode TEXT NOT NULL,
    UNIQUE (event, token_id, day)
) STRICT;

CREATE TABLE outcomes (               -- what a forecast market came to
    id INTEGER PRIMARY KEY,
    token_id TEXT NOT NULL UNIQUE,
    payout REAL NOT NULL,             -- USD per share: 1, 0 or 0.5
    at TEXT NOT NULL,                 -- when we learned of it
    mode TEXT NOT NULL
) STRICT;
"""

Transaction = Callable[[], AbstractContextManager[None]]
_Row = dict[str, object]


class Awaited(NamedTuple):
    """A forecast market whose outcome is not known yet, with its newest forecast."""

    event: EventId
    condition_id: ConditionId
    token_id: TokenId
    at: datetime
    ends_at: datetime | None
    market: float
    probability: float
    estimates: dict[str, float]


class TrackRecord:
    """Writes rows of ``forecasts`` and ``outcomes``.

    It remembers which days it has; after an undone transaction it must be told to ``forget``.

    Args:
        db: The ledger.
        mode: Of its rows.
        transaction: Makes all that is written inside one atomic step.
    """

    def __init__(self, *, db: "Database", mode: str, transaction: Transaction) -> None:
        self._db = db
        self._mode = mode
        self._transaction = transaction
        self._days: dict[tuple[EventId, TokenId], str] = {}

    def forget(self) -> None:
        """Look again at what is stored before relying on it."""
        self._days.clear()

    def write(self, view: View, decision: Decision, strategies: Sequence[Strategy]) -> None:
        """Add the day's first forecast of each event's market."""
        day = to_text(view.now)[:10]
        new = [
            each
            for each in decision.events
            if each.forecast is not None and self._days.get((each.event, each.token_id)) != day
        ]
        if not new:
            return
        by_event = {strategy.event: strategy for strategy in strategies}
        markets = {seen.token_id: seen.market for event in view.events for seen in event.markets}
        with self._transaction():
            for each in new:
                market = markets[each.token_id]
                row = _row(each, market, by_event[each.event], at=view.now)
                self._insert(row | {"mode": self._mode})
                self._days[each.event, each.token_id] = day

    def write_outcome(self, token_id: TokenId, payout: float, at: datetime) -> None:
        """Add what a market came to, USD a share."""
        columns = {"token_id": token_id, "payout": payout, "at": to_text(at), "mode": self._mode}
        with self._transaction():
            insert(self._db, "outcomes", columns)

    def _insert(self, row: Mapping[str, object]) -> None:
        """Add a forecast, unless a run before this one has written that day's."""
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        sql = f"INSERT OR IGNORE INTO forecasts ({names}) VALUES ({marks})"  # noqa: S608 - ours
        self._db.execute(sql, list(row.values()))


def _row(decision: EventDecision, market: Market, strategy: Strategy, *, at: datetime) -> _Row:
    forecast = decision.forecast
    said = {each.signal: each.probability for each in forecast.estimates} if forecast else {}
    if strategy.own_view is not None:
        said[OWN_VIEW] = strategy.own_view.probability
    return {
        "event": decision.event,
        "condition_id": market.condition_id,
        "token_id": decision.token_id,
        "day": to_text(at)[:10],
        "at": to_text(at),
        "ends_at": to_text(market.ends_at) if market.ends_at else None,
        "category": strategy.category,
        "market": forecast.market if forecast else None,
        "probability": forecast.probability if forecast else None,
        "estimates": msgspec.json.encode(said, order="deterministic").decode(),
        "prior_weight": forecast.prior_weight if forecast else None,
    }


def awaited(db: "Database") -> Iterator[Awaited]:
    """Yield the forecast markets without an outcome, the newest forecast last."""
    rows = db.execute(
        "SELECT event, condition_id, token_id, at, ends_at, market, probability, estimates"
        " FROM forecasts WHERE id IN (SELECT max(id) FROM forecasts"
        " WHERE token_id NOT IN (SELECT token_id FROM outcomes) GROUP BY token_id) ORDER BY id"
    )
    for event, condition_id, token_id, at, ends_at, market, probability, said in rows:
        yield Awaited(
            event=EventId(event),
            condition_id=ConditionId(condition_id),
            token_id=TokenId(token_id),
            at=from_text(at),
            ends_at=from_text(ends_at) if ends_at else None,
            market=market,
            probability=probability,
            estimates=msgspec.json.decode(said, type=dict[str, float]),
        )


def scored(db: "Database") -> Iterator[Scored]:
    """Yield the forecasts of markets that have resolved, oldest first."""
    rows = db.execute(
        "SELECT f.event, f.token_id, f.category, f.at, f.ends_at, f.market, f.probability,"
        " f.estimates, f.prior_weight, o.payout"
        " FROM forecasts f JOIN outcomes o USING (token_id) ORDER BY f.id"
    )
    for event, token_id, category, at, ends_at, market, probability, said, weight, payout in rows:
        yield Scored(
            event=event,
            token_id=token_id,
            category=category,
            at=from_text(at),
            ends_at=from_text(ends_at) if ends_at else None,
            market=market,
            probability=probability,
            estimates=msgspec.json.decode(said, type=dict[str, float]),
            prior_weight=weight,
            payout=payout,
        )
