"""One event's sheet in words: what is lost, what the market says, what was concluded and why."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.app.sheet import BookFigures, EventSheet
from bot.cli.show.words import cents, code_words, day, instant, percent, reason_words, shares, usd
from bot.core.orders import say_bargain
from bot.model.decision import EventDecision, Verdict
from bot.model.orders import OrderIntent
from bot.model.rule import Firing

_TOP = 3
"""Holdings named one by one."""
_BOOKS = 3
_TONES = {Verdict.FROZEN: "yellow", Verdict.REFUSE: "dim", Verdict.QUIET: "dim"}

Line = tuple[str, str]
"""What it is about, and what there is to say."""


def render_sheet(sheet: EventSheet, *, firings: bool) -> Iterator[RenderableType]:
    """Yield an event's heading and its lines; ``firings``: also why it was looked at."""
    decision = sheet.decision
    heading = Text.assemble(
        (decision.event, "bold"),
        "  ",
        (str(decision.verdict), _TONES.get(decision.verdict, "bold")),
    )
    yield heading
    if sheet.why:
        yield Text(f"  {sheet.why}", "dim")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True, width=15)
    grid.add_column(overflow="fold")
    for name, said in _lines(sheet, firings=firings):
        grid.add_row(f"  {name}", said)
    yield grid


def _lines(sheet: EventSheet, *, firings: bool) -> Iterator[Line]:
    decision = sheet.decision
    if decision.verdict is Verdict.QUIET:
        yield from _say_quiet(sheet)
        return
    yield from _say_loss(sheet)
    yield from _say_forecast(decision)
    if firings:
        yield from (("because", say_firing(firing)) for firing in decision.firings)
    yield from _say_books(sheet.books, chosen=decision.token_id)
    yield from _say_shares(decision)
    yield from _say_worth(decision)
    yield from _say_uncovered(sheet)
    yield from (("why", reason_words(reason)) for reason in decision.reasons)
    yield from (("order", say_order(order)) for order in sheet.orders)
    for denial in sheet.denials:
        text = f"{denial.code}: limit {denial.limit}, this order {denial.actual}"
        yield "denied", f"{say_order(denial.intent)}: {text}"
    yield from _say_comparison(sheet)


def _say_quiet(sheet: EventSheet) -> Iterator[Line]:
    decision = sheet.decision
    yield "if it happens", usd(0.0 - decision.exposure_usd_est)
    yield from _say_forecast(decision)
    yield "shares", f"{shares(round(decision.held_shares, 2))} held"
    verdict, _, code = decision.memory.verdict.partition(":")
    yield "why", f"nothing asked for a new plan; the last one stands: {verdict}, {code_words(code)}"


def _say_loss(sheet: EventSheet) -> Iterator[Line]:
    loss = _loss(sheet)
    yield "if it happens", "not known" if loss is None else usd(0.0 - loss)
    if sheet.exposure is None:
        return
    lines = sheet.exposure.lines
    for line in lines[:_TOP]:
        yield "", f"{line.symbol} {usd(line.change_usd_est)}: {line.because}"
    rest = sum(line.change_usd_est for line in lines[_TOP:])
    if len(lines) > _TOP:
        yield "", f"{len(lines) - _TOP} more: {usd(rest)}"


def _loss(sheet: EventSheet) -> float | None:
    """Return what was decided on; for an event that could not be decided what is known now."""
    if sheet.decision.exposure_usd_est or sheet.exposure is None:
        return sheet.decision.exposure_usd_est or None
    return sheet.exposure.loss_usd_est


def _say_forecast(decision: EventDecision) -> Iterator[Line]:
    forecast = decision.forecast
    if forecast is None:
        yield "forecast", "not known"
        return
    parts = ", ".join(f"{name} weighs {weight:.0%}" for name, weight in forecast.shares_of)
    yield (
        "forecast",
        f"{percent(forecast.probability)}; the market says {percent(forecast.market)}; {parts}",
    )
    if forecast.calibrated is not None:
        yield "", f"the market without its usual bias: {percent(forecast.calibrated)}"
    for each in forecast.estimates:
        yield "", f"{each.signal} {percent(each.probability)}: {each.note}"
    yield from (("", note) for note in forecast.notes)


def say_firing(firing: Firing) -> str:
    """Return a firing with its reading and threshold, where it has them."""
    said = f"{firing.trigger.replace('_', ' ')}: {firing.text}"
    if firing.reading == firing.threshold == 0.0:
        return said
    said += f" (reading {firing.reading:.4g}, threshold {firing.threshold:.4g}"
    if firing.hysteresis:
        said += f", hysteresis {firing.hysteresis:.4g}"
    if firing.cooldown_s:
        said += f", then not before {firing.cooldown_s / 3600:g} h"
    return f"{said})"


def _say_books(books: Sequence[BookFigures], *, chosen: str) -> Iterator[Line]:
    for place, figures in enumerate(books[:_BOOKS]):
        mark = " (this one)" if len(books) > 1 and figures.token_id == chosen else ""
        yield ("" if place else "book"), f"{say_book(figures)}{mark}"
    if len(books) > _BOOKS:
        yield "", f"and {len(books) - _BOOKS} that end later"


def say_book(figures: BookFigures) -> str:
    """Return a book in one line."""
    ends = f"ends {day(figures.ends_at)}: " if figures.ends_at else ""
    if figures.confirmed_at is None:
        return f"{ends}never seen"
    sides = (
        "no bid" if figures.bid is None else f"bid {cents(figures.bid)}",
        "no ask" if figures.ask is None else f"ask {cents(figures.ask)}",
    )
    said = f"{ends}{', '.join(sides)}"
    if figures.spread is not None:
        said += f", spread {cents(figures.spread)}"
    if figures.ask_depth_shares is not None:
        said += f", {shares(round(figures.ask_depth_shares))} shares on offer within 3c"
    return said


def _say_shares(decision: EventDecision) -> Iterator[Line]:
    if decision.forecast is None:
        return
    wanted = f"{shares(round(decision.target_shares, 2))} wanted"
    note = f" ({decision.sizing_note})" if decision.sizing_note else ""
    yield (
        "shares",
        f"{shares(round(decision.held_shares, 2))} held, {wanted}{note},"
        f" {shares(round(decision.planned_shares, 2))} after this",
    )


def _say_worth(decision: EventDecision) -> Iterator[Line]:
    if decision.ask <= 0:
        return
    said = f"one more share is worth {cents(decision.reservation_price)} to you"
    said += f" and costs {cents(decision.ask)} with fee"
    if decision.benefit_usd_est or decision.cost_usd_est:
        said += (
            f"; benefit {usd(round(decision.benefit_usd_est, 2))}"
            f" for {usd(round(decision.cost_usd_est, 2))} of cost"
        )
    yield "worth", said


def _say_uncovered(sheet: EventSheet) -> Iterator[Line]:
    loss = _loss(sheet)
    if loss is None or loss <= 0:
        return
    decision = sheet.decision
    kept = decision.held_shares if decision.forecast is None else decision.planned_shares
    left = max(loss - kept, 0.0)
    yield "uncovered", f"{usd(left)} of {usd(loss)} ({left / loss:.0%})"


def say_order(order: OrderIntent) -> str:
    """Return an order as a person would give it."""
    price = f"at {'most' if order.side == 'buy' else 'least'} {cents(order.limit)}"
    rests = f", rests until {instant(order.expires_at)}" if order.expires_at else ""
    purpose = str(order.purpose).replace("_", " ")
    return (
        f"{order.side} {shares(order.size)} {price} ({order.order_type}{rests}): {purpose},"
        f" {usd(order.notional_usd)} and at most {usd(order.fee_usd)} of fee; {say_bargain(order)}"
    )


def _say_comparison(sheet: EventSheet) -> Iterator[Line]:
    compared, ask = sheet.decision.comparison, sheet.decision.ask
    wealth = sheet.wealth_usd_est
    if compared is None or wealth is None or ask <= 0:
        return
    popular, kelly = (
        f"{percent(part)} of wealth, {shares(round(part * wealth / ask))} shares"
        for part in (compared.edge_over_odds, compared.kelly_fraction)
    )
    full = f"full coverage {shares(round(compared.full_coverage_shares))} shares"
    yield "others say", f"edge / odds {popular}; true Kelly {kelly}; {full}"
