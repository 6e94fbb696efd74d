"""Opens the market data that the config names."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.config import MarketDataName, Recorded, RecordedSource, Settings
from bot.engine.ports import Report
from bot.errors import ConfigError
from bot.model.units import Price, Shares
from bot.venues.ports import MarketData
from bot.venues.recorded.tape import Tape

if TYPE_CHECKING:
    from bot.history.closes import PriceHosts
    from bot.venues.polymarket.settings import Endpoints, Pace


def open_market_data(settings: Settings, *, clock: Clock, report: Report) -> MarketData:
    """Return the source of quotes, not started yet."""
    match settings.market_data:
        case MarketDataName.PRACTICE:
            from bot.venues.practice.source import PracticeMarketData

            practice = settings.practice
            return PracticeMarketData(clock=clock, seed=practice.seed, start=practice.start)
        case MarketDataName.POLYMARKET:
            return _polymarket(settings, clock=clock, report=report)
        case MarketDataName.RECORDED:
            from bot.venues.recorded.source import RecordedMarketData

            return RecordedMarketData(clock=clock, tape=open_tape(settings))


def _polymarket(settings: Settings, *, clock: Clock, report: Report) -> MarketData:
    from bot.venues.polymarket.market_data import PolymarketData

    return PolymarketData(
        endpoints=endpoints(settings),
        pace=pace(settings),
        clock=clock,
        report=tell_sources(report),
    )


def tell_sources(report: Report) -> Callable[[str, str], None]:
    """Return what a source tells of its failures and recoveries."""

    def tell(source: str, problem: str) -> None:
        name = "source.failed" if problem else "source.recovered"
        report(name, source=source, problem=problem)

    return tell


def endpoints(settings: Settings) -> "Endpoints":
    """Return every address of the real venue, as the config has them."""
    from bot.venues.polymarket.settings import Endpoints

    venue = settings.polymarket
    return Endpoints(
        gamma=venue.gamma_url,
        clob=venue.clob_url,
        data=venue.data_url,
        relayer=venue.relayer_url,
        rpc=venue.rpc_url,
        geoblock=venue.geoblock_url,
        market_stream=venue.market_ws_url,
        user_stream=venue.user_ws_url,
    )


def price_hosts(settings: Settings) -> "PriceHosts":
    """Return where daily closes are asked for, as the config has it."""
    from bot.history.closes import PriceHosts

    hosts = settings.history
    return PriceHosts(shares=hosts.shares_url, vix=hosts.vix_url, crypto=hosts.crypto_url)


def pace(settings: Settings) -> "Pace":
    """Return how the venue is asked; who polls faster than usual also waits less elsewhere."""
    from bot.venues.polymarket.settings import Pace

    usual = Pace()
    poll = min(settings.polymarket.poll, settings.max_quote_age / 3).total_seconds()
    ping_every = min(usual.ping_every, poll)
    return Pace(
        timeout=settings.polymarket.request_timeout.total_seconds(),
        first_wait=min(usual.first_wait, poll),
        longest_wait=min(usual.longest_wait, poll),
        confirm_every=poll,
        look_every=min(usual.look_every, poll),
        markets_every=min(usual.markets_every, 2 * poll),
        ping_every=ping_every,
        pong_stale=3 * ping_every,
        owed_for=min(usual.owed_for, poll),
    )


def open_tape(settings: Settings) -> Tape:
    """Return the recording that the config names.

    Raises:
        ConfigError: There is none, or a file of it is missing.
        BadData: A row of it cannot be right.
    """
    recorded, path = settings.recorded, settings.recorded_path
    if recorded is None or path is None:
        raise ConfigError(
            f"{settings.path}: market_data is recorded, but recorded: names no recording."
            " Write recorded: {source: journal, path: ...}"
        )
    match recorded.source:
        case RecordedSource.JOURNAL:
            from bot.venues.recorded.journal import open_journal

            return open_journal(path)
        case RecordedSource.L2_BOOKS:
            from bot.venues.recorded.l2_books import open_l2_books

            return open_l2_books(path)
        case RecordedSource.FED_DEC2025:
            from bot.venues.recorded.fed_dec2025 import open_fed_dec2025

            return open_fed_dec2025(path)
        case RecordedSource.DAILY:
            from bot.venues.recorded.daily import Assumed, open_daily

            since, until = _span(settings, recorded)
            assumed = Assumed(
                half_spread=Price(recorded.half_spread),
                half_spread_low=Price(recorded.half_spread_below_5c),
                depth_per_cent=Shares(Decimal(recorded.depth_per_cent_shares)),
            )
            return open_daily(path, since=since.date(), until=until.date(), assumed=assumed)


def _span(settings: Settings, recorded: Recorded) -> tuple[datetime, datetime]:
    if recorded.since is None or recorded.until is None:
        raise ConfigError(
            f"{settings.path}: recorded.since and recorded.until are needed for daily bars:"
            " years of them take long. Write since: 2024-09-01T00:00:00Z and"
            " until: 2024-11-30T00:00:00Z"
        )
    return recorded.since, recorded.until


def first_instant(settings: Settings) -> datetime:
    """Return where a replay begins: ``recorded.since``, or the first row of the recording."""
    if settings.recorded is not None and settings.recorded.since is not None:
        return settings.recorded.since
    return open_tape(settings).starts_at - timedelta(seconds=1)
