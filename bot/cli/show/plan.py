"""Head and foot of `plan`: the common purse, and the orders a cycle would send."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from bot.cli.show.sheet import say_order
from bot.cli.show.words import instant, reason_words, short_id, usd
from bot.model.decision import Decision
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


def render_orders(view: View, decision: Decision) -> Iterator[RenderableType]:
    """Yield what would be sent, and what concerns the portfolio as a whole."""
    for note in decision.notes:
        yield Text(f"note  {reason_words(note)}", "yellow")
    if view.halted:
        yield Text(f"HALTED: {view.halted}. None of this would be sent.", "bold red")
    for order_id in decision.cancels:
        yield Text(f"would cancel  {short_id(order_id)}")
    for order in decision.approved:
        yield Text.assemble("would send  ", (order.event, "bold"), f"  {say_order(order)}")
    if not decision.approved and not decision.cancels:
        yield Text("No order would be sent.")
    yield Text("Nothing was sent: `polyhedge run` does that.", "dim")
