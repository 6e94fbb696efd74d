"""Markets that could hedge something: searched by words, with what their books offer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.app.preview import open_readers
from bot.app.sheet import BookFigures, read_book
from bot.config import Settings
from bot.engine.ports import Report
from bot.model.market import Market
from bot.model.strategy import Costs, RollRule

_QUOTED = 20
"""Markets whose books are asked for; a search for one word may find thousands."""
_DECIDED, _LIKELY = 0.01, 0.5
"""Below the first bid a market is as good as decided; above the second ask it is no insurance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One market and the book of its first outcome."""

    market: Market
    book: BookFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What a search found."""

    text: str
    found: int
    shown: tuple[Candidate, ...]
    """The first ones, soonest end first."""
    best: Candidate | None
    """The deepest book that could be a hedge; None if there is none."""
    snippet: str
    """A strategy file for the best one; empty without."""


async def find_candidates(settings: Settings, text: str, *, report: Report) -> Candidates:
    """Search and quote.

    Raises:
        DataError: The market data does not answer.
        LedgerError: The ledger that says how far practice has come cannot be read.
    """
    async with open_readers(settings, report=report) as readers:
        data = readers.market_data
        markets = await data.search(text)
        some = markets[:_QUOTED]
        await data.watch(market.token_ids[0] for market in some)
        await data.refresh()
        shown: list[Candidate] = []
        for market in some:
            quote = data.quote(market.token_ids[0])
            figures = read_book(
                market,
                index=0,
                book=quote.book if quote else None,
                confirmed_at=quote.confirmed_at if quote else None,
            )
            shown.append(Candidate(market=market, book=figures))
    now = readers.clock.now()
    best = pick_best(shown, now=now)
    return Candidates(
        text=text,
        found=len(markets),
        shown=tuple(shown),
        best=best,
        snippet=write_snippet(best.market) if best else "",
    )


def pick_best(candidates: Iterable[Candidate], *, now: datetime) -> Candidate | None:
    """Return the one with most USD on offer near the mid, of those that could be a hedge.

    It has a usual spread, is neither decided nor likelier than not, and does not end before a
    strategy would roll out of it.
    """
    fit = [candidate for candidate in candidates if _could_hedge(candidate, now)]
    return max(fit, key=_offered_usd, default=None)


def _could_hedge(candidate: Candidate, now: datetime) -> bool:
    book, market = candidate.book, candidate.market
    if book.bid is None or book.ask is None or not market.accepting_orders:
        return False
    if market.ends_at is not None and market.ends_at <= now + RollRule().before_end:
        return False
    narrow = book.ask - book.bid <= float(Costs().max_spread)
    return narrow and book.bid >= _DECIDED and book.ask <= _LIKELY


def _offered_usd(candidate: Candidate) -> float:
    return (candidate.book.ask_depth_shares or 0.0) * (candidate.book.ask or 0.0)


def write_snippet(market: Market) -> str:
    """Return a strategy file to start from; its impact is an example to be changed."""
    rolls = bool(market.series_slug and market.group_title)
    if rolls:
        where = f"{{series: {market.series_slug}, outcome: {_quote(market.group_title)}}}"
    else:
        where = f"{{slug: {market.slug}}}"
    return f"""\
strategy: {_name(market.series_slug if rolls else market.slug)}
why: {_quote(market.question)}

event:
  market: {where}
  adverse: {_quote(market.outcomes[0])}      # or {_quote(market.outcomes[1])}: the side that hurts
  horizon: 120d

impact:                # an example: what would it change for your holdings?
  asset_class: {{equity: -3%}}

sizing: {{rule: coverage, target: 50%}}
limits: {{max_premium_usd: 200, max_order_usd: 100}}
"""


def _name(slug: str) -> str:
    """Return a slug as the name of a strategy: short, small letters, digits and dashes."""
    plain = re.sub(r"[^a-z0-9]+", "-", slug.casefold()).strip("-")
    return plain[:40].rstrip("-") or "event"


def _quote(text: str) -> str:
    """Return text as YAML takes it whatever stands in it."""
    import json

    return json.dumps(text, ensure_ascii=False)
