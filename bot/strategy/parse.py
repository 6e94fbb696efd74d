"""The text of a strategy file -> ``Strategy``, or every error of the file in one report."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from bot.errors import StrategyError, UserError
from bot.model.rule import Sizing, Trigger
from bot.model.signal import Signal
from bot.model.strategy import (
    CloseRule,
    Costs,
    Execution,
    Impact,
    ImpactKey,
    ImpactLine,
    Limits,
    MarketRef,
    OwnView,
    RollRule,
    Strategy,
)
from bot.model.units import EventId, Usd
from bot.strategy.choices import read_signals, read_sizing, read_triggers
from bot.strategy.file import StrategyFile
from bot.strategy.texts import ImpactChange
from bot.yaml_lines.fields import check_fields
from bot.yaml_lines.reader import MapNode, Problem, line_of, read_yaml, report

DEFAULT_MAX_QUOTE_AGE = timedelta(seconds=60)
DEFAULT_TRIGGERS = b"""
triggers:
  - probability: {crosses: [40%, 60%], changes_by: 5%}
  - exposure: {changes_by: 10%}
  - review: {every: week}
  - time_to_end: {below: 7d}
  - resolution: {}
"""
"""What a file without ``triggers`` has. **Source:** HEDGING section 12."""


def parse_strategy(
    text: str | bytes, path: str, *, max_quote_age: timedelta = DEFAULT_MAX_QUOTE_AGE
) -> Strategy:
    """Read one strategy file.

    Args:
        text: What stands in it; bytes if they come from disk.
        path: How the file is called in messages.
        max_quote_age: For a file that does not say.

    Raises:
        StrategyError: the file cannot be used; the message holds every error, a line each.
    """
    raw = text.encode() if isinstance(text, str) else text
    try:
        top = read_yaml(raw, path=path)
    except UserError as error:
        raise StrategyError(str(error)) from None
    problems: list[Problem] = []
    file = check_fields(StrategyFile, top, problems, top=top, owner="a strategy")
    sizing = read_sizing(top, problems)
    has_triggers = "triggers" in top.entries
    triggers = read_triggers(
        top if has_triggers else read_yaml(DEFAULT_TRIGGERS, path="default"), problems
    )
    signals = read_signals(top, problems)
    if file is not None:
        problems += _contradictions(file, top)
    if problems or file is None or sizing is None:
        raise StrategyError(report(path, problems))
    return _build(
        file,
        sizing=sizing,
        triggers=triggers,
        signals=signals,
        lines=tuple(_impact_lines(file, top, path)),
        max_quote_age=max_quote_age,
        path=path,
        raw=raw,
    )


def _contradictions(file: StrategyFile, top: MapNode) -> Iterator[Problem]:
    """Yield what each option may be but all together may not."""
    limits, event = file.limits, file.event
    if limits.max_order_usd > limits.max_premium_usd:
        text = (
            f"limits.max_order_usd is {limits.max_order_usd}, above limits.max_premium_usd,"
            f" {limits.max_premium_usd}. Lower it, or raise the other."
        )
        yield Problem(line_of(top, ("limits", "max_order_usd")), text)
    turnover = limits.max_turnover_usd
    if turnover is not None and turnover < limits.max_premium_usd:
        text = (
            f"limits.max_turnover_usd is {turnover}, below limits.max_premium_usd,"
            f" {limits.max_premium_usd}. Raise it: sales and rolls count as well."
        )
        yield Problem(line_of(top, ("limits", "max_turnover_usd")), text)
    if event.market.series and file.roll.before_end >= event.horizon:
        text = (
            f"event.horizon is {_days(event.horizon)} and roll.before_end is"
            f" {_days(file.roll.before_end)}: no market would ever be used."
            " Write a longer horizon or a shorter before_end."
        )
        yield Problem(line_of(top, ("event", "horizon")), text)


def _days(span: timedelta) -> str:
    days, rest = divmod(span, timedelta(days=1))
    return f"{span / timedelta(hours=1):g}h" if rest else f"{days}d"


def _impact_lines(file: StrategyFile, top: MapNode, path: str) -> Iterator[ImpactLine]:
    for key in ImpactKey:
        changes: dict[str, ImpactChange] = getattr(file.impact, key)
        for name, change in changes.items():
            yield ImpactLine(
                key=key,
                name=name,
                fraction=change.fraction,
                usd=change.usd,
                source=f"{path}:{line_of(top, ('impact', str(key), name))}",
            )


def _build(
    file: StrategyFile,
    *,
    sizing: Sizing,
    triggers: tuple[tuple[str, Trigger], ...],
    signals: tuple[tuple[str, Signal], ...],
    lines: tuple[ImpactLine, ...],
    max_quote_age: timedelta,
    path: str,
    raw: bytes,
) -> Strategy:
    text = raw.decode("utf-8-sig")
    turnover = file.limits.max_turnover_usd
    return Strategy(
        event=EventId(file.strategy),
        why=file.why,
        market=_market(file),
        adverse=file.event.adverse,
        horizon=file.event.horizon,
        impact=Impact(
            basis=file.impact.basis,
            lines=lines,
            uncertainty=file.impact.uncertainty,
            volatility=file.impact.volatility,
            volatility_reading=file.impact.volatility_reading,
        ),
        own_view=_own_view(file),
        sizing=sizing,
        triggers=triggers,
        signals=signals,
        category=file.forecast.category,
        cluster=file.event.cluster,
        execution=Execution(**dict(file.execution)),
        costs=Costs(**dict(file.costs)),
        limits=Limits(
            max_order_usd=Usd(file.limits.max_order_usd),
            max_premium_usd=Usd(file.limits.max_premium_usd),
            max_turnover_usd=None if turnover is None else Usd(turnover),
        ),
        roll=RollRule(before_end=file.roll.before_end, series_of=file.roll.series_of),
        close=_close(file),
        max_quote_age=file.max_quote_age or max_quote_age,
        on_remove=file.on_remove,
        expires_at=file.expires,
        path=path,
        text=text,
        # Of the text that is kept, not of the bytes: decided again from it, the digest is the same.
        digest=sha256(text.encode()).hexdigest(),
    )


def _market(file: StrategyFile) -> MarketRef:
    market = file.event.market
    return MarketRef(
        slug=market.slug,
        condition_id=market.condition_id,
        series=market.series,
        match=market.outcome,
        missed=market.missed,
        stray=market.stray,
        holding_reward=market.holding_reward,
    )


def _own_view(file: StrategyFile) -> OwnView | None:
    own_view = file.forecast.own_view
    if own_view is None:
        return None
    return OwnView(probability=own_view.probability, weight=own_view.weight)


def _close(file: StrategyFile) -> CloseRule:
    return CloseRule(
        when_probability_below=file.close.when_probability_below,
        when_exposure_below_usd=float(file.close.when_exposure_below_usd),
        after=file.close.after,
    )
