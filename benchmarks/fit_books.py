"""Spread and depth of recorded books: where the constants of a backtest's assumed books come from.

Ends with 1 if ``bot.history.open.FITTED`` is kinder than the recordings. A backtest has one price a
day; its books must be no better than what was really seen on most books of markets that are as
liquid as any. Those of small markets are worse still: no recording of one is here.

    python -m benchmarks.fit_books
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.history.open import FITTED
from bot.venues.recorded.columns import ParquetColumns

DATA = Path(__file__).resolve().parents[2] / "shared/data"
L1 = ("fed_dec2025_25bps_l1_oct15_31.parquet", "nyc_mayor_mamdani_l1_partial.parquet")
L1_DEPTH = "fed_dec2025_nochange_poly_vs_kalshi_30min.parquet"
TAIL = 0.05
MOST = 95
"""Percent of books whose half-spread is to be no wider than the assumed one."""
CENTS = 3
"""Depth is counted within so many cents of the touch: what one decision may look at."""

Floats = NDArray[np.float64]


class Recording(NamedTuple):
    """Books of one recording: mid, half-spread, shares at the touch and within three cents."""

    name: str
    mid: Floats
    half: Floats
    touch: Floats
    near: Floats | None


def read_all() -> list[Recording]:
    """Return what each recording shows of uncrossed books with both sides."""
    folder = DATA / "polymarket_l1_liquidity"
    found = []
    for name in L1:
        columns = ParquetColumns(folder / name)
        bid, ask = columns.floats("best_bid_price"), columns.floats("best_ask_price")
        touch = np.minimum(columns.floats("best_bid_size"), columns.floats("best_ask_size"))
        found.append(Recording(name, (bid + ask) / 2, (ask - bid) / 2, touch, None))
    columns = ParquetColumns(folder / L1_DEPTH)
    bid = columns.millionths_or_zero("poly_best_bid_yes") / 1e6
    ask = 1 - columns.millionths_or_zero("poly_best_bid_no") / 1e6
    both = (bid > 0) & (ask < 1) & (ask > bid)
    touch, near = (
        np.minimum(
            columns.millionths_or_zero(f"{what}_yes"), columns.millionths_or_zero(f"{what}_no")
        )[both]
        / 1e6
        for what in ("poly_depth_best", "poly_depth_top3")
    )
    found.append(Recording(L1_DEPTH, ((bid + ask) / 2)[both], ((ask - bid) / 2)[both], touch, near))
    found.append(_read_l2())
    return found


def _read_l2() -> Recording:
    columns = ParquetColumns(DATA / "polymarket_l2_books" / "books.parquet")
    bids = columns.ladder("bid_px", "bid_sz", descending=True)
    asks = columns.ladder("ask_px", "ask_sz", descending=False)
    rows = []
    for row in range(columns.row_count):
        bid, ask = (slice(side.starts[row], side.starts[row + 1]) for side in (bids, asks))
        if bid.start == bid.stop or ask.start == ask.stop:
            continue
        best_bid, best_ask = int(bids.prices[bid][0]), int(asks.prices[ask][0])
        if best_bid >= best_ask:
            continue
        reach = CENTS * 10_000
        near = asks.sizes[ask][asks.prices[ask] < best_ask + reach].sum()
        touch = min(int(bids.sizes[bid][0]), int(asks.sizes[ask][0]))
        rows.append(((best_bid + best_ask) / 2, (best_ask - best_bid) / 2, touch, near))
    mid, half, touch, near = np.array(rows, dtype=np.float64).T / 1e6
    return Recording("books.parquet (bitcoin, 15 minutes)", mid, half, touch, near)


def main() -> int:
    """Print what each recording shows and hold the constants against it."""
    if not DATA.is_dir():
        print(f"fit_books: needs the recorded market data in {DATA}, which is not here")
        return 0
    depths, wide, narrow = [], [], []
    print(f"{'recording':48} {'books':>7} {'half-spread 50/90/95%':>22} {'3c depth 5/50%':>18}")
    for found in read_all():
        in_tail = (found.mid < TAIL) | (found.mid > 1 - TAIL)
        wide.append(found.half[~in_tail])
        narrow.append(found.half[in_tail])
        spread = "/".join(f"{each * 100:.2f}c" for each in np.percentile(found.half, (50, 90, 95)))
        depth = ""
        if found.near is not None:
            few, half = np.percentile(found.near, (5, 50))
            depth = f"{few:,.0f}/{half:,.0f}"
            depths.append(half)
        print(f"{found.name[:48]:48} {len(found.mid):7,} {spread:>22} {depth:>18}")
    middle = float(np.percentile(np.concatenate(wide), MOST))
    tail = float(np.percentile(np.concatenate(narrow), MOST))
    cent = min(depths) / CENTS
    print(f"\n{MOST}% of books: half-spread {middle * 100:.2f}c, in the tails {tail * 100:.2f}c")
    print(f"median of the thinnest recording: {cent:,.0f} shares a cent")
    print(
        f"assumed: {FITTED.half_spread * 100}c, {FITTED.half_spread_low * 100}c,"
        f" {FITTED.depth_per_cent} shares a cent"
    )
    good = (
        float(FITTED.half_spread) >= middle
        and float(FITTED.half_spread_low) >= tail
        and float(FITTED.depth_per_cent) <= cent
    )
    print("no better than recorded" if good else "BETTER THAN RECORDED")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
