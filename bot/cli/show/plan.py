"""Head and foot of `plan`: the common purse, all events at a glance, and the orders to be sent."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.app.sheet import EventSheet
from bot.cli.show.board import say_short
from bot.cli.show.sheet import say_order
from bot.cli.show.tables import make_table
from bot.cli.show.words import cents, instant, percent, reason_words, short_id, usd
from bot.core.tail import WORST, Tail
from bot.model.decision import Decision, EventDecision, Verdict
from bot.model.view import View


def render_head(view: View) -> Text:
    """Return what all events share."""
    limits, account = view.limits, view.account
    head = Text()
    head.append(f"{instant(view.now)} · portfolio {usd(view.portfolio.usd_est)}")
    head.append(f" · cash on the venue {usd(account.cash_usd)}\n")
    head.append(
        f"premium used {usd(account.premium_used_usd)} of {usd(limits.premium_budget_usd)} in 365"
        f" days · risk aversion {limits.risk_aversion:g}"
    )
    return head


def render_glance(sheets: Sequence[EventSheet], *, width: int) -> Table:
    """Return a line for each event."""
    rows = [
        (
            sheet.decision.event,
            str(sheet.decision.verdict),
            "not known" if sheet.loss_usd_est is None else usd(0.0 - sheet.loss_usd_est),
            _say_covered(sheet),
            *_say_prices(sheet.decision),
            _say_outcome(sheet.decision),
        )
        for sheet in sheets
    ]
    titles = ("event", "", "if it happens", "covered", "forecast", "worth", "ask", "why")
    return make_table(titles, rows, width=width, flexible="why", left=("",))


def _say_covered(sheet: EventSheet) -> str:
    loss, decision = sheet.loss_usd_est, sheet.decision
    if loss is None or loss <= 0.0 or decision.forecast is None:
        return "-"
    held, after = (f"{n / loss:.0%}" for n in (decision.held_shares, decision.planned_shares))
    return held if held == after else f"{held} -> {after}"


def _say_prices(decision: EventDecision) -> tuple[str, str, str]:
    forecast = "-" if decision.forecast is None else percent(decision.forecast.probability)
    if decision.ask <= 0.0:
        return forecast, "-", "-"
    return forecast, cents(decision.reservation_price), cents(decision.ask)


def _say_outcome(decision: EventDecision) -> str:
    benefit, cost = decision.benefit_usd_est, decision.cost_usd_est
    if decision.verdict in (Verdict.OPEN, Verdict.ADD, Verdict.ROLL, Verdict.REDUCE):
        times = f", {benefit / cost:.1f} times its cost" if cost > 0.0 else ""
        return f"brings {usd(round(benefit, 2))}{times}"
    if not decision.reasons:
        return ""
    first, *others = decision.reasons
    # The prices of one that is too dear stand beside it.
    said = "too dear" if first.code == "TOO_DEAR" else say_short(first)
    if any(reason.code == "OTHER_INSTRUMENT" for reason in others):
        said += "; another instrument fits better"
    return said


def render_tail(tail: Tail) -> Text:
    """Return what the worst outcomes leave, without hedges, with those held, with these orders."""
    held = usd(tail.held_usd_est)
    text = f"in the worst {WORST:.0%} of a year's outcomes {held} are left on average"
    if round(tail.planned_usd_est) != round(tail.held_usd_est):
        text += f"; {usd(tail.planned_usd_est)} with the orders below"
    if round(tail.unhedged_usd_est) != round(tail.held_usd_est):
        text += f"; {usd(tail.unhedged_usd_est)} without what is held"
    return Text(text)


def render_orders(view: View, decision: Decision) -> Iterator[RenderableType]:
    """Yield what would be sent, and what concerns the portfolio as a whole."""
    for note in decision.notes:
        yield Text(f"note  {reason_words(note)}", "yellow")
    if view.halted:
        yield Text(f"HALTED: {view.halted}. None of this would be sent.", "bold red")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for order_id in decision.cancels:
        grid.add_row("would cancel", short_id(order_id), "")
    for order in decision.approved:
        grid.add_row("would send", order.event, say_order(order))
    if grid.row_count:
        yield grid
    else:
        yield Text("No order would be sent.")
    yield Text("Nothing was sent: `polyhedge run` does that.", "dim")
