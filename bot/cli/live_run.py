"""The face of `run` on a terminal: listens to the daemon, draws the table anew after each cycle."""

from typing import TYPE_CHECKING, Any

from bot.cli.show.board import Board
from bot.cli.show.live import Screen, render_screen
from bot.cli.show.words import span
from bot.clock import SystemClock
from bot.config import MarketDataName, Mode, Settings
from bot.engine.cycle import CycleResult

if TYPE_CHECKING:
    from rich.live import Live

    from bot.app.build import Daemon

_DRAWN_AT_MOST_EVERY_S = 0.1
_NEWS = 12


class LiveRun:
    """Shows one daemon; ``report`` and ``decided`` are handed to it, ``watch`` names it.

    Args:
        settings: For the words of the first line.
        live: Where to draw.
    """

    def __init__(self, *, settings: Settings, live: "Live") -> None:
        self._where = say_where(settings)
        self._live = live
        self._daemon: Daemon | None = None
        self._board = Board()
        self._last: CycleResult | None = None
        self._failing: dict[str, str] = {}
        self._real = SystemClock()
        self._drawn_at = float("-inf")

    def watch(self, daemon: "Daemon") -> None:
        """Show this daemon from now on."""
        self._daemon = daemon

    def report(self, event: str, **keys: Any) -> None:
        """Take in an event of the log: what fails is shown until it recovers."""
        source = str(keys.get("source", ""))
        if event == "source.failed":
            self._failing[source] = str(keys.get("error") or keys.get("problem"))
        elif event == "account.refused" and "topic" in keys:  # else it stands in the ledger
            self._failing[str(keys["topic"])] = str(keys["problem"])
        elif event == "source.recovered":
            self._failing.pop(source, None)
        elif event in ("cycle.finished", "cycle.skipped"):
            self.draw()

    def decided(self, result: CycleResult) -> None:
        """Take in a decision."""
        if result.view is not None and result.decision is not None:
            self._board.take(result.view, result.decision.events, result.strategies)
            self._last = result

    def draw(self, *, now: bool = False) -> None:
        """Draw the table, unless it was drawn a moment ago."""
        moment = self._real.monotonic()
        if now or moment - self._drawn_at >= _DRAWN_AT_MOST_EVERY_S:
            self._drawn_at = moment
            screen = self._screen()
            if screen is not None:
                width, height = self._live.console.size
                self._live.update(render_screen(screen, width=width, height=height), refresh=True)

    def _screen(self) -> Screen | None:
        daemon, last = self._daemon, self._last
        if daemon is None or last is None or last.view is None:
            return None
        ledger, now = daemon.ports.ledger, daemon.ports.clock.now()
        account = ledger.account(now)
        return Screen(
            where=self._where,
            now=now,
            cycle=last.cycle,
            portfolio_usd_est=last.view.portfolio.usd_est,
            cash_usd=account.cash_usd,
            premium_used_usd=account.premium_used_usd,
            premium_budget_usd=last.view.limits.premium_budget_usd,
            rows=self._board.rows(account, now),
            lifecycle=ledger.recent_lifecycle(_NEWS),
            amiss={**ledger.standing(), **self._failing},
            halted=ledger.halted(),
        )


def say_where(settings: Settings) -> str:
    """Return where quotes come from, and how fast time passes."""
    if settings.mode is Mode.LIVE:
        most = settings.live.max_total_usd
        return f"LIVE on Polymarket, with real money · at most {most:,} USD in all hedges"
    if settings.market_data is not MarketDataName.PRACTICE:
        return "paper on live Polymarket quotes (play money)"
    return f"practice market (no network, no money) · 1 s = {span(settings.practice.pace)}"
