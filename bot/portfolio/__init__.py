"""Reads holdings and their prices; one file per source."""

from bot.model.portfolio import (
    PortfolioSource,
    PriceFile,
    PriceFolder,
    PriceSource,
    PriceUrl,
    StatedPrices,
)
from bot.portfolio.reader import PortfolioReader, Report
from bot.portfolio.series import SeriesReader
from bot.portfolio.sources import (
    FileReader,
    FolderReader,
    Prices,
    StatedReader,
    UrlReader,
    connect,
)

__all__ = ["PortfolioReader", "open_portfolio"]


def open_portfolio(source: PortfolioSource, *, report: Report) -> PortfolioReader:
    """Return the reader for what ``portfolio:`` of ``config.yaml`` names.

    Args:
        source: Holdings or their file, and where prices come from.
        report: Told of the first failure of a source and of its recovery.

    Raises:
        ConfigError: The file of holdings cannot be used.
    """
    return PortfolioReader(
        holdings=source.holdings,
        file=source.file,
        prices=None if source.prices is None else _open_prices(source.prices),
        readings=source.readings,
        computed=source.computed,
        series=SeriesReader(folder=source.folder),
        report=report,
    )


def _open_prices(source: PriceSource) -> Prices:
    match source:
        case StatedPrices():
            return StatedReader(source=source)
        case PriceFile():
            return FileReader(source=source)
        case PriceFolder():
            return FolderReader(source=source)
        case PriceUrl():
            return UrlReader(source=source, connect=connect)
