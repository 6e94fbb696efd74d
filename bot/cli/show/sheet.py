"""One event's sheet in words: what is lost, what the market says, what was concluded and why."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.app.compared import RuleFigures
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
_TOLD = frozenset({"WORTH_IT"})
"""Reasons that stand on lines of their own."""
_A_BET = 1.005
"""Coverage from which on a rule bets on the event."""

Line = tuple[str, RenderableType]
"""What it is about, and what there is to say."""


def render_sheet(sheet: EventSheet, *, firings: bool) -> Iterator[RenderableType]:
    """Yield an event's heading and its lines; ``firings``: also why it was looked at."""
    yield render_heading(sheet)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True, width=15)
    grid.add_column(overflow="fold")
    for name, said in _lines(sheet, firings=firings):
        grid.add_row(f"  {name}", said)
    yield grid


def render_heading(sheet: EventSheet) -> Text:
    """Return an event's name and verdict, and the user's own words for it."""
    verdict = sheet.decision.verdict
    heading = Text.assemble((sheet.decision.event, "bold"), "  ")
    heading.append(str(verdict), _TONES.get(verdict, "bold"))
    if sheet.why:
        heading.append(f"\n  {sheet.why}", "dim")
    return heading


def _lines(sheet: EventSheet, *, firings: bool) -> Iterator[Line]:
    decision = sheet.decision
    if decision.verdict is Verdict.QUIET:
        yield from _say_quiet(sheet)
        return
    yield "if it happens", _say_loss(sheet)
    yield from _say_forecast(decision)
    if firings:
        yield from (("because", say_firing(firing)) for firing in decision.firings)
    yield from _say_books(sheet.books, chosen=decision.token_id)
    yield from _say_price(decision)
    yield from _say_cover(sheet)
    yield from _say_benefit(decision)
    yield from _say_uncovered(sheet)
    yield from _say_proof(decision)
    told = (reason for reason in decision.reasons if reason.code not in _TOLD)
    yield from (("why", reason_words(reason)) for reason in told)
    yield from (("order", _say_trade(order)) for order in sheet.orders)
    for denial in sheet.denials:
        text = f"{denial.code}: limit {denial.limit}, this order {denial.actual}"
        yield "denied", f"{_say_trade(denial.intent)}: {text}"
    if sheet.rules:
        yield "rules", _render_rules(sheet.rules)


def _say_quiet(sheet: EventSheet) -> Iterator[Line]:
    decision = sheet.decision
    yield "if it happens", usd(0.0 - decision.exposure_usd_est)
    yield from _say_forecast(decision)
    yield "shares", f"{shares(round(decision.held_shares, 2))} held"
    verdict, _, code = decision.memory.verdict.partition(":")
    yield "why", f"nothing asked for a new plan; the last one stands: {verdict}, {code_words(code)}"


def _say_loss(sheet: EventSheet) -> str:
    loss = sheet.loss_usd_est
    if loss is None:
        return "not known"
    said = usd(0.0 - loss)
    lines = sheet.exposure.lines if sheet.exposure is not None else ()
    parts = [f"{line.symbol} {line.change_usd_est:,.0f}" for line in lines[:_TOP]]
    if len(lines) > _TOP:
        rest = sum(line.change_usd_est for line in lines[_TOP:])
        parts.append(f"{len(lines) - _TOP} more {rest:,.0f}")
    return f"{said}: {', '.join(parts)}" if parts else said


def _say_forecast(decision: EventDecision) -> Iterator[Line]:
    forecast = decision.forecast
    if forecast is None:
        yield "forecast", "not known"
        return
    parts = ", ".join(f"{name} {weight:.0%}" for name, weight in forecast.shares_of)
    market = percent(forecast.market)
    yield "forecast", f"{percent(forecast.probability)}; the market says {market}. Weights: {parts}"
    if forecast.calibrated is not None:
        yield "", f"the market without its usual bias: {percent(forecast.calibrated)}"
    for each in forecast.estimates:
        yield "", f"{each.signal} {percent(each.probability)}: {each.note}"
    yield from (("", Text(note, "yellow")) for note in forecast.notes)


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
    """Yield the book of the market that is meant in full, the others by their ends and asks."""
    mine = [figures for figures in books if figures.token_id == chosen] or list(books[:1])
    yield from (("book", say_book(figures)) for figures in mine)
    others = [figures for figures in books if figures not in mine]
    if not others:
        return
    said = [
        f"{day(figures.ends_at) if figures.ends_at else 'no end'}"
        f" {'no ask' if figures.ask is None else f'at {cents(figures.ask)}'}"
        for figures in others[:_BOOKS]
    ]
    more = f" and {len(others) - _BOOKS} more" if len(others) > _BOOKS else ""
    yield "", Text(f"others: {', '.join(said)}{more}", "dim")


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


def _say_price(decision: EventDecision) -> Iterator[Line]:
    if decision.ask > 0.0:
        worth = cents(decision.reservation_price)
        yield "price", f"{cents(decision.ask)} a share with fee; one more is worth {worth} to you"


def _say_cover(sheet: EventSheet) -> Iterator[Line]:
    decision = sheet.decision
    if decision.forecast is None or not (decision.held_shares or decision.target_shares):
        return
    held, after = decision.held_shares, decision.planned_shares
    said = f"{shares(round(held, 2))} shares held"
    if after != held:
        said += f", {shares(round(after, 2))} after this"
    loss = sheet.loss_usd_est
    if loss is not None and loss > 0.0:
        said += f": {after / loss:.0%} of the loss"
    note = f" ({decision.sizing_note})" if decision.sizing_note else ""
    yield "covered", f"{said}; {shares(round(decision.target_shares))} wanted{note}"


def _say_benefit(decision: EventDecision) -> Iterator[Line]:
    benefit, cost = decision.benefit_usd_est, decision.cost_usd_est
    if not benefit and not cost:
        return
    said = f"{usd(round(benefit, 2))} for {usd(round(cost, 2))} of cost"
    if cost > 0.0:
        said += f": {benefit / cost:.1f} times"
    if decision.planned_shares == decision.held_shares:
        said += ", if it were traded"
    yield "benefit", said


def _say_uncovered(sheet: EventSheet) -> Iterator[Line]:
    first = sheet.decision.reasons[0].text if sheet.decision.reasons else ""
    for place, part in enumerate(sheet.uncovered):
        because = "" if part.because == first else f": {part.because}"  # it is told as why
        yield "" if place else "uncovered", f"{usd(part.usd_est)}{because}"


def _say_proof(decision: EventDecision) -> Iterator[Line]:
    proof = decision.certificate
    if proof is None or decision.planned_shares == decision.held_shares:
        return
    said = f"after this one more share is worth {cents(proof.worth_after)}"
    if proof.money_price > 0.0:
        said += f", and a further USD to spend would bring {usd(proof.money_price)} beyond itself"
    yield "proof", f"{said}; no plan is better by {proof.gap * 1e4:g} bp of wealth"


def _say_trade(order: OrderIntent) -> str:
    price = f"at {'most' if order.side == 'buy' else 'least'} {cents(order.limit)}"
    rests = f", rests until {instant(order.expires_at)}" if order.expires_at else ""
    purpose = str(order.purpose).replace("_", " ")
    fee = f" and at most {usd(order.fee_usd)} of fee" if order.fee_usd else ""
    return (
        f"{order.side} {shares(order.size)} {price} ({order.order_type}{rests}): {purpose},"
        f" {usd(order.notional_usd)}{fee}"
    )


def say_order(order: OrderIntent) -> str:
    """Return an order as a person would give it, with what it brings and costs."""
    return f"{_say_trade(order)}; {say_bargain(order)}"


def _render_rules(rules: Sequence[RuleFigures]) -> Table:
    """Return the popular rules beside this plan, at the first ask."""
    grid = Table.grid(padding=(0, 3, 0, 0))
    grid.add_column()
    for _ in range(3):
        grid.add_column(justify="right")
    grid.add_column(style="dim")
    for each in rules:
        bet = "more than is lost: a bet" if each.coverage > _A_BET else ""
        grid.add_row(
            each.rule,
            f"{shares(round(each.shares))} shares",
            usd(round(each.premium_usd_est, 2)),
            f"covers {each.coverage:,.0%}",
            bet,
        )
    return grid
