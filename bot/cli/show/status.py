"""How the daemon stands, for people."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.app.standing import Held, Standing
from bot.cli.show.tables import make_table
from bot.cli.show.words import about, cents, day, instant, moment, shares, short_id, span, usd
from bot.core.orders import say_bargain
from bot.model.orders import LiveOrder, OrderStatus


def render_standing(standing: Standing, *, width: int) -> Iterator[RenderableType]:
    """Yield what to print, the most urgent first."""
    if standing.halted:
        yield from _render_halt(standing)
    yield from (Text(line, "yellow") for line in _unknown_orders(standing))
    yield _render_figures(standing)
    if standing.held:
        yield Text()
        yield _render_held(standing, width=width)
        yield from (Text(_say_upkeep(held), "dim") for held in standing.held)
    resting = [order for order in standing.orders if order.status is OrderStatus.OPEN]
    if resting:
        yield Text()
        yield _render_orders(resting, width=width)
        yield from (Text(f"{order.event}: {say_bargain(order)}", "dim") for order in resting)
    if standing.amiss:
        yield Text()
        for name, why in standing.amiss.items():
            yield Text.assemble(("amiss  ", "yellow"), about(name, why))


def _render_halt(standing: Standing) -> Iterator[Text]:
    since = f" since {instant(standing.halted_at)}" if standing.halted_at else ""
    yield Text(f"HALTED{since}: {standing.halted}. Nothing trades.", "bold red")
    yield Text('       When you know why: polyhedge resume "reason"\n')


def _unknown_orders(standing: Standing) -> Iterator[str]:
    for order in standing.orders:
        if order.status is not OrderStatus.OPEN:
            yield (
                f"UNKNOWN order {short_id(order.order_id)} ({order.event}, {order.side}"
                f" {shares(order.size)} at {cents(order.limit)}): sent {instant(order.sent_at)},"
                f" no answer. Not sent again. {say_bargain(order)}"
            )


def _render_figures(standing: Standing) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("mode", f"{standing.mode}, {standing.market_data} quotes, {standing.ledger}")
    grid.add_row("last cycle", _say_cycle(standing))
    grid.add_row("cash", usd(standing.cash_usd))
    budget, most = standing.premium_budget_usd, standing.max_total_usd
    grid.add_row(
        "premium used",
        f"{usd(standing.premium_used_usd)} in 365 days"
        + ("" if budget is None else f", of {usd(budget)}")
        + ("" if standing.premium_left_usd is None else f"; {_say_left(standing)}"),
    )
    grid.add_row(
        "all hedges", usd(standing.total_usd) + ("" if most is None else f", of {usd(most)}")
    )
    counts = ", ".join(f"{count} {kind}" for kind, count in standing.lifecycle.items())
    grid.add_row("so far", counts)
    return grid


def _say_left(standing: Standing) -> str:
    left = standing.premium_left_usd or Decimal(0)
    return f"{usd(left)} left" if left >= 0 else f"{usd(-left)} over it"


def _say_upkeep(held: Held) -> str:
    """Return the premium of a covered day, and what a day without news costs."""
    paid = held.premium_per_day_usd_est
    said = "end not known" if paid is None else f"{usd(paid)} of premium a covered day"
    if held.decay_usd_est is not None:
        loses = usd(held.decay_usd_est) if held.decay_usd_est > 0.0 else "nothing"
        said += f"; a day without news costs {loses}"
    return f"{held.event}: {said}"


def _say_cycle(standing: Standing) -> str:
    ago = span(timedelta(seconds=standing.written_s_ago))
    if standing.cycle is None or standing.cycle_at is None:
        return f"none yet; the ledger was written {ago} ago"
    return f"{standing.cycle:,} at {instant(standing.cycle_at)}, written {ago} ago"


def _render_held(standing: Standing, *, width: int) -> Table:
    seen = f" {moment(standing.worth_at)}" if standing.worth_at else ""
    titles = ("event", "shares", "cost", f"at the bid{seen}", "ends", "what")
    rows = [
        (
            held.event,
            shares(held.shares),
            usd(held.cost_usd),
            "not known" if held.worth_usd_est is None else usd(held.worth_usd_est),
            day(held.ends_at) if held.ends_at else "open",
            _name(held),
        )
        for held in standing.held
    ]
    return make_table(titles, rows, width=width, flexible="what")


def _name(held: Held) -> str:
    if not held.market:
        return f"token {short_id(held.token_id)}"
    return f"{held.outcome}: {held.question}"


def _render_orders(orders: list[LiveOrder], *, width: int) -> Table:
    rows = [
        (
            order.event,
            str(order.side),
            shares(order.open_shares),
            cents(order.limit),
            moment(order.expires_at) if order.expires_at else "now or never",
            order.order_id,
        )
        for order in orders
    ]
    titles = ("rests for", "side", "open shares", "limit", "until", "order")
    return make_table(titles, rows, width=width, flexible="order", left=("side",))
