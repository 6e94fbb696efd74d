"""The pooled forecast against the market on real history, out of sample, whichever way it falls.

Walked forward month by month: what is learned on the first of a month comes from markets that had
resolved by then. A forecast is scored once per market and horizon; days before the *scheduled* end,
because the time of resolution was not known. Intervals resample whole groups of events.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.recorded_questions import (
    DATA,
    Question,
    read_closes,
    read_forecastbench,
    read_polymarket_daily,
)
from bot.core.forecast import MIDDLE, days_until, pool_forecast
from bot.core.learn import learn
from bot.core.scores import brier, log_scores, murphy_parts, paired_gain, reliability_bins
from bot.errors import DataError
from bot.model.signal import NOTHING_LEARNED, Estimate, Learned, Outlook, Raw, Scored
from bot.rules.signals.base_rate import BaseRate
from bot.rules.signals.vol_implied import VolImplied, When

LEAST_CASES = 20
_LEVEL = re.compile(
    r"\b(Bitcoin|BTC|Ethereum|ETH)\b.*?\b(reach|hit|dip to|dip below|above|less than)"
    r" \$([\d,.]+\d)(k)?\b(?!.*\b(again|first)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was forecast, and what it would have been in simpler ways."""

    question: Question
    pooled: float
    unlearned: float
    """With the defaults: nothing learned from any record."""
    estimates: tuple[Estimate, ...]


def main() -> int:
    """Print both histories; return 1 if we are worse than the market beyond noise."""
    if not (DATA / "forecastbench").exists():
        print("forecast_history: skipped, there is no recorded data beside the repository")
        return 0
    missed = False
    prices = {name: read_closes(name) for name in ("BTC_USD", "ETH_USD")}
    for name, questions in (
        ("forecastbench: Polymarket, Manifold, Metaculus, INFER", list(read_forecastbench())),
        ("polymarket_daily: 00:00 UTC prices", list(read_polymarket_daily())),
    ):
        print(f"\n{name}: {len(questions)} forecasts")
        missed |= _report(_walk(questions, prices))
    return int(missed)


def _walk(questions: Sequence[Question], prices: dict[str, Raw]) -> list[Answer]:
    """Forecast each question with what was known then, oldest first."""
    ordered = sorted(questions, key=lambda each: each.at)
    said: list[tuple[Question, tuple[Estimate, ...]]] = []
    answers: list[Answer] = []
    learned, month = NOTHING_LEARNED, (0, 0)
    for each in ordered:
        if (each.at.year, each.at.month) != month:
            month = (each.at.year, each.at.month)
            learned = learn([_scored(q, e) for q, e in said if q.resolved_at < each.at])
        estimates = tuple(_estimates(each, questions, prices))
        said.append((each, estimates))
        pooled, unlearned = (_pool(each, estimates, known) for known in (learned, NOTHING_LEARNED))
        answers.append(
            Answer(question=each, pooled=pooled, unlearned=unlearned, estimates=estimates)
        )
    print(f"  learned at the end: {_say(learned)}")
    return answers


def _pool(each: Question, estimates: tuple[Estimate, ...], learned: Learned) -> float:
    # The market itself stands in where no signal speaks: calibration alone is then what is scored.
    none = Estimate(signal="none", probability=each.market, as_of=each.at, source="", note="")
    forecast = pool_forecast(
        each.market,
        None,
        estimates or (none,),
        learned=learned,
        category=each.category,
        days_left=days_until(each.ends_at, each.at),
        weight=MIDDLE if estimates else 0.0,
    )
    return forecast.probability


def _estimates(
    each: Question, questions: Sequence[Question], prices: dict[str, Raw]
) -> Iterator[Estimate]:
    outlook = Outlook(each.at, each.market, each.ends_at, {})
    past = {
        other.key: other.payout
        for other in questions
        if other.category == each.category and other.resolved_at < each.at
    }
    if len(past) >= LEAST_CASES:
        happened = round(sum(past.values()))
        yield BaseRate(happened=happened, of=len(past)).estimate((), outlook)
    found = _LEVEL.search(each.text)
    if found is None:
        return
    series = prices["BTC_USD" if found[1].casefold().startswith("b") else "ETH_USD"]
    level = float(found[3].replace(",", "")) * (1000.0 if found[4] else 1.0)
    verb = found[2].casefold()
    rule = VolImplied(
        file=found[1],
        above=level if verb in ("reach", "hit", "above") else None,
        below=None if verb in ("reach", "hit", "above") else level,
        when=When.AT_END if verb in ("above", "less than") else When.ANY_TIME,
    )
    known = tuple(reading for reading in series if reading.as_of + rule.lag <= each.at)
    try:
        yield rule.estimate(known, outlook)
    except DataError as error:
        print(f"  {each.text}: {error}")


def _scored(each: Question, estimates: tuple[Estimate, ...]) -> Scored:
    return Scored(
        event=each.group,
        token_id=each.key,
        category=each.category,
        at=each.at,
        ends_at=each.ends_at,
        market=each.market,
        probability=each.market,
        estimates={estimate.signal: estimate.probability for estimate in estimates},
        prior_weight=MIDDLE,
        payout=each.payout,
    )


def _report(answers: list[Answer]) -> bool:
    """Print the scores of all and by horizon; return whether all are worse beyond noise."""
    all_high = _say_scores("all, one weight each", answers)
    for horizon in sorted({answer.question.horizon for answer in answers}):
        _say_scores(f"{horizon} d", [a for a in answers if a.question.horizon == horizon])
    for signal in ("base_rate", "vol_implied"):
        heard = [
            (answer, estimate.probability)
            for answer in answers
            for estimate in answer.estimates
            if estimate.signal == signal
        ]
        if heard:
            _say_gain(
                f"{signal} alone, {len(heard)} times",
                [probability for _, probability in heard],
                [answer for answer, _ in heard],
            )
            _say_gain("  pooled, there", [a.pooled for a, _ in heard], [a for a, _ in heard])
    return all_high < 0.0


def _say_scores(name: str, answers: list[Answer]) -> float:
    happened = [a.question.payout for a in answers]
    market = [a.question.market for a in answers]
    log_score = sum(log_scores(market, happened)) / len(market)
    parts = murphy_parts(reliability_bins(market, happened))
    groups = len({a.question.group for a in answers})
    print(
        f"  {name}: {len(answers)} forecasts of {groups} groups; the market: Brier"
        f" {brier(market, happened):.4f} (reliability {parts.reliability:.4f}), log score"
        f" {log_score:.4f}"
    )
    _say_gain("  calibrated and pooled, nothing learned", [a.unlearned for a in answers], answers)
    high = _say_gain(
        "  pooled as shipped, learned as it goes", [a.pooled for a in answers], answers
    )
    unlearned = [a.unlearned for a in answers]
    _say_gain("  what was learned adds", [a.pooled for a in answers], answers, against=unlearned)
    return high


def _say_gain(
    name: str, said: list[float], answers: list[Answer], *, against: list[float] | None = None
) -> float:
    """Print how much better than the market, in thousandths; return the interval's upper end."""
    happened = [a.question.payout for a in answers]
    ours, theirs = (
        log_scores(each, happened)
        for each in (said, against or [a.question.market for a in answers])
    )
    gain = paired_gain(
        [one - other for one, other in zip(ours, theirs, strict=True)],
        [a.question.group for a in answers],
    )
    mean, low, high = (1000.0 * number for number in gain)
    verdict = "better" if low > 0 else "WORSE" if high < 0 else "no difference beyond noise"
    print(f"    {name}: {mean:+.2f} ({low:+.2f} to {high:+.2f}): {verdict}")
    return high


def _say(learned: Learned) -> str:
    calibrations = (
        f"{name} {each.intercept:+.2f}/{each.slope_change:+.2f} ({each.events})"
        for name, each in learned.calibrations.items()
    )
    signals = (
        f"{name} {each.weight_change:+.3f} ({each.events})"
        for name, each in learned.signals.items()
    )
    return "; ".join([*calibrations, *signals])


if __name__ == "__main__":
    sys.exit(main())
