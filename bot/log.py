"""Configures structlog: JSON to stdout unless it is a terminal, listed events, no secrets."""

import re
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple, TextIO

import structlog


class LogEvent(NamedTuple):
    """What one line of the log tells."""

    level: str
    meaning: str


EVENTS: Mapping[str, LogEvent] = {
    "app.started": LogEvent("info", "The daemon runs; with its version."),
    "app.stopped": LogEvent("info", "The daemon ended cleanly; what rested was cancelled."),
    "strategy.loaded": LogEvent("info", "A strategy file is new, changed, broken or gone."),
    "cycle.finished": LogEvent("info", "One cycle with its totals: the line to watch."),
    "cycle.skipped": LogEvent("warning", "A cycle ended early and sent nothing more; why."),
    "source.failed": LogEvent("warning", "A source failed for the first time; repeats are quiet."),
    "source.recovered": LogEvent("info", "A source that had failed answers again."),
    "plan.made": LogEvent("info", "Targets were computed for an event."),
    "hedge.decided": LogEvent("info", "What was concluded for an event, with exposure and cover."),
    "order.submitted": LogEvent("info", "An order is on disk and leaves now."),
    "order.rejected": LogEvent("warning", "The venue refused an order; code and words."),
    "account.refused": LogEvent(
        "warning", "The venue refuses this account, or would by the doctor; what to do."
    ),
    "order.unknown": LogEvent("warning", "No answer to an order; it is never sent again."),
    "order.cancelled": LogEvent("info", "What the venue said of a cancel."),
    "fill.recorded": LogEvent("info", "A fill is new in the ledger, or has come further."),
    "risk.denied": LogEvent("warning", "A control refused an intent; limit and actual figure."),
    "transfer.recorded": LogEvent("info", "Cash or shares came or went without an order of ours."),
    "transfer.undone": LogEvent(
        "warning", "A block was undone, and what it brought is taken back."
    ),
    "redeem.sent": LogEvent("info", "A redeem of a resolved market is on disk and leaves now."),
    "redeem.failed": LogEvent("warning", "A redeem is not known to be done; it is tried again."),
    "merge.sent": LogEvent("info", "A merge of pairs is on disk and leaves now; why they are."),
    "merge.failed": LogEvent("warning", "A merge is not known to be done; it is tried again."),
    "reconcile.finished": LogEvent("info", "Ledger and venue were compared and agree."),
    "reconcile.mismatched": LogEvent("warning", "Ledger and venue differ; both figures."),
    "invariant.broken": LogEvent("error", "Our own books contradict themselves: trading halts."),
}
"""Every event of the log, in the order in which a day brings them."""

Line = MutableMapping[str, Any]
"""Keys and values of one line of the log."""

Report = Callable[..., None]
"""Logs one event: its name, then keys and plain values. An ``event`` among the keys is the
real-world one and becomes ``risk_event``."""

_SECRET = re.compile(
    r"secret|passw|passphrase|private|mnemonic|seed_?phrase|credential|signature|authoriz|bearer"
    r"|cookie|webhook|keystore|api_?key|(^|_)(key|token|auth)$",
    re.IGNORECASE,
)


def open_log(
    *,
    mode: str,
    now: Callable[[], datetime],
    stream: TextIO,
    level: str = "info",
    as_json: bool | None = None,
    strict: bool = False,
) -> Report:
    """Send the log to ``stream`` and return what writes to it.

    Args:
        mode: Bound on each line.
        now: The clock of each line's ``at``.
        stream: Where the lines go.
        as_json: JSON, or lines for a person; None: JSON unless ``stream`` is a terminal.
        level: Lines below it are left out: ``debug``, ``info``, ``warning``, ``error``.
        strict: Refuse names that are not in ``EVENTS``, as tests do.
    """
    structlog.configure(
        processors=[
            *([_each(refuse_unlisted)] if strict else []),
            structlog.processors.add_log_level,
            _each(lambda line: {"at": now(), "mode": mode, **line}),
            _each(drop_secrets),
            _each(plain_values),
            _renderer(as_json=not stream.isatty() if as_json is None else as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logger = structlog.get_logger()

    def report(name: str, /, **keys: object) -> None:
        if "event" in keys:
            keys["risk_event"] = keys.pop("event")
        listed = EVENTS.get(name)
        write = getattr(logger, listed.level if listed else "warning")
        write(name, **keys)

    return report


def refuse_unlisted(line: Line) -> Line:
    """Refuse a name that is not in ``EVENTS``.

    Raises:
        ValueError: It is not.
    """
    if line["event"] not in EVENTS:
        raise ValueError(f"log event {line['event']!r} is not listed in bot/log.py EVENTS")
    return line


def drop_secrets(line: Line) -> Line:
    """Drop every key that looks like a secret, however deep it stands."""
    return {key: _without_secrets(found) for key, found in line.items() if not _SECRET.search(key)}


def plain_values(line: Line) -> Line:
    """Write decimals and times as text, and anything unknown as its ``str``."""
    return {key: _plain(found) for key, found in line.items()}


def _renderer(*, as_json: bool) -> structlog.typing.Processor:
    if as_json:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def _each(step: Callable[[Line], Line]) -> structlog.typing.Processor:
    def process(_logger: object, _method: str, line: Line) -> Line:
        return step(line)

    return process


def _without_secrets(found: object) -> object:
    if isinstance(found, Mapping):
        return {
            key: _without_secrets(inner)
            for key, inner in found.items()
            if not _SECRET.search(str(key))
        }
    if isinstance(found, list | tuple | set | frozenset):
        return [_without_secrets(inner) for inner in found]
    return found


def _plain(found: object) -> object:
    if isinstance(found, Mapping):
        return {str(key): _plain(inner) for key, inner in found.items()}
    if isinstance(found, list):
        return [_plain(inner) for inner in found]
    if found is None or (isinstance(found, str | int | float) and not isinstance(found, Enum)):
        return found
    return _text(found)


def _text(found: object) -> str:
    if isinstance(found, Decimal):
        return f"{found:f}"
    if isinstance(found, datetime):
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(found, timedelta):
        return f"{found.total_seconds():g} s"
    return str(found.value if isinstance(found, Enum) else found)
