"""Which of the markets a source already holds a strategy or a person means."""

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.model.market import Market
from bot.model.strategy import MarketRef

_NEVER = datetime.max.replace(tzinfo=UTC)


def find_markets(markets: Iterable[Market], ref: MarketRef) -> tuple[Market, ...]:
    """Return the markets that ``ref`` names, soonest end first, closed ones left out."""
    found = [market for market in markets if _is_open(market) and _is_named(market, ref)]
    return tuple(sorted(found, key=_by_end))


def search_markets(markets: Iterable[Market], text: str) -> tuple[Market, ...]:
    """Return open markets whose question, slugs or label hold all words of ``text``."""
    words = text.casefold().split()
    found = [
        market
        for market in markets
        if _is_open(market) and all(word in _searched(market) for word in words)
    ]
    return tuple(sorted(found, key=_by_end))


def _is_open(market: Market) -> bool:
    return not market.closed and market.payouts is None


def _is_named(market: Market, ref: MarketRef) -> bool:
    if ref.slug:
        return market.slug == ref.slug
    if ref.condition_id:
        return market.condition_id.casefold() == ref.condition_id.casefold()
    if market.series_slug != ref.series:
        return False
    wanted = ref.match.casefold()
    return market.group_title.casefold() == wanted or wanted in market.question.casefold()


def _searched(market: Market) -> str:
    texts = (
        market.question,
        market.slug,
        market.event_slug,
        market.series_slug,
        market.group_title,
    )
    return " ".join(texts).casefold()


def _by_end(market: Market) -> tuple[datetime, str]:
    return (market.ends_at or _NEVER, market.slug)
