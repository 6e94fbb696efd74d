"""Reads Gamma, the venue's directory of events and markets; decides each market's kind.

**Source:** POLYMARKET section 6 and payloads captured 2026-02 .. 2026-05.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import msgspec

from bot.errors import BadData
from bot.model.market import FeeSchedule, Market, MarketKind
from bot.model.units import ConditionId, Price, Shares, TokenId
from bot.venues.polymarket import wire

_V2_ZERO_BITS = ((1 << 64) - 1) << 40
_RESOLVED = frozenset({"resolved", "settled"})
_DISPUTED = frozenset({"disputed", "challenged", "reproposed", "arbitration"})
_PAYOUTS = frozenset({("1", "0"), ("0", "1"), ("0.5", "0.5")})


class FeeRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``feeSchedule`` of a market; numbers on the wire."""

    rate: Decimal
    exponent: Decimal = Decimal(1)


class SeriesRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One recurring series."""

    id: str
    slug: str
    title: str = ""
    recurrence: str | None = None


class TagRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One label of events."""

    id: str
    label: str
    slug: str


class EventRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One event; its markets come with it unless the event itself hangs on a market."""

    id: str
    slug: str
    title: str = ""
    series_slug: str | None = None
    series: list[SeriesRow] | None = None
    markets: list["MarketRow"] | None = None

    @property
    def series_name(self) -> str:
        """The slug of the series it belongs to; empty if none."""
        return self.series_slug or (self.series[0].slug if self.series else "")


class MarketRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One market; what has a default is left out by some live rows."""

    condition_id: str
    question: str
    slug: str
    version: str | None = None
    outcomes: str | list[str] | None = None
    outcome_prices: str | list[str] | None = None
    clob_token_ids: str | list[str] | None = None
    position_ids: list[str] | None = None
    group_item_title: str | None = None
    order_price_min_tick_size: Decimal | None = None
    order_min_size: Decimal | None = None
    neg_risk: bool | None = None
    fees_enabled: bool | None = None
    fee_schedule: FeeRow | None = None
    seconds_delay: Decimal | None = None
    end_date: str | None = None
    closed: bool = False
    accepting_orders: bool | None = None
    enable_order_book: bool | None = None
    uma_resolution_status: str | None = None
    resolution_status: str | None = None
    question_id: str | None = msgspec.field(name="questionID", default=None)
    resolved_by: str | None = None
    events: list[EventRow] | None = None


class MarketsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``/markets/keyset``."""

    markets: list[MarketRow]
    next_cursor: str | None = None


class EventsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``/events/keyset`` and ``/public-search``."""

    events: list[EventRow]
    next_cursor: str | None = None


class Origin(NamedTuple):
    """What a CTF market's token ids follow from; None where the row does not say."""

    question_id: str | None
    oracle: str | None
    """Who reports the outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Markets of one answer."""

    markets: tuple[Market, ...]
    """Those with an order book; old rows without one are no markets to us."""
    cursor: str | None
    rows: int
    """How many rows (markets or events) the answer had."""


def read_market(body: bytes, *, what: str) -> Market | None:
    """Read one market, or a list of exactly one; None if it has no order book.

    Raises:
        BadData: it cannot be read.
    """
    is_array = wire.is_array(body)
    rows = (
        wire.read(body, list[MarketRow], what) if is_array else [wire.read(body, MarketRow, what)]
    )
    if len(rows) != 1:
        raise BadData(f"{what} has {len(rows)} markets; it must have one")
    return _market(rows[0], what, None)


def read_markets(body: bytes, *, what: str) -> Page:
    """Read a keyset page or a legacy bare array of markets. Raises ``BadData``."""
    if wire.is_array(body):
        page = MarketsPage(markets=wire.read(body, list[MarketRow], what))
    else:
        page = wire.read(body, MarketsPage, what)
    markets = _markets(page.markets, f"{what} markets", None)
    return Page(markets=markets, cursor=wire.next_cursor(page.next_cursor), rows=len(page.markets))


def read_origins(body: bytes, *, what: str) -> tuple[Origin, ...]:
    """Read the origins of the markets of a keyset page, in its order. Raises ``BadData``."""
    rows = wire.read(body, MarketsPage, what).markets
    return tuple(Origin(row.question_id, row.resolved_by) for row in rows)


def read_events(body: bytes, *, what: str) -> Page:
    """Read the markets of a keyset page, a search, a legacy array or one event.

    Raises:
        BadData: a row cannot be read.
    """
    page = _event_page(body, what)
    markets: list[Market] = []
    for number, event in enumerate(page.events):
        markets.extend(_markets(event.markets or (), f"{what} events[{number}].markets", event))
    return Page(
        markets=tuple(markets), cursor=wire.next_cursor(page.next_cursor), rows=len(page.events)
    )


def _event_page(body: bytes, what: str) -> EventsPage:
    if wire.is_array(body):
        return EventsPage(events=wire.read(body, list[EventRow], what))
    if "events" in wire.read(body, dict[str, msgspec.Raw], what):
        return wire.read(body, EventsPage, what)
    return EventsPage(events=[wire.read(body, EventRow, what)])


def read_series(body: bytes, *, what: str) -> tuple[SeriesRow, ...]:
    """Read ``/series``. Raises ``BadData``."""
    return tuple(wire.read(body, list[SeriesRow], what))


def read_tags(body: bytes, *, what: str) -> tuple[TagRow, ...]:
    """Read ``/tags``. Raises ``BadData``."""
    return tuple(wire.read(body, list[TagRow], what))


def is_v2_token(token_id: str) -> bool:
    """Whether an outcome token lives on Protocol V2: the official client signs by this test.

    **Source:** POLYMARKET section 1 (polymarket-client 0.14.0), read 2026-11.
    """
    return int(token_id) & _V2_ZERO_BITS == 0


def _markets(rows: Iterable[MarketRow], where: str, event: EventRow | None) -> tuple[Market, ...]:
    found = (_market(row, f"{where}[{number}]", event) for number, row in enumerate(rows))
    return tuple(market for market in found if market is not None)


def _market(row: MarketRow, where: str, event: EventRow | None) -> Market | None:
    """Map a row; None if it says that it has no order book."""
    if row.enable_order_book is False or (row.enable_order_book is None and row.closed):
        return None
    parent = event or (row.events[0] if row.events else None)
    kind = _kind(row, where)
    siblings = (parent.markets if parent else None) or ()
    return Market(
        condition_id=_condition(row, kind, where),
        kind=kind,
        question=row.question,
        slug=row.slug,
        outcomes=_pair(row.outcomes, f"{where}.outcomes"),
        token_ids=_tokens(row, kind, where),
        tick=Price(
            wire.positive(row.order_price_min_tick_size, name=f"{where}.orderPriceMinTickSize")
        ),
        minimum_shares=Shares(wire.positive(row.order_min_size, name=f"{where}.orderMinSize")),
        # Rows older than neg risk leave it out; what is signed is checked against the chain.
        neg_risk=row.neg_risk or False,
        fee=_fee(row, where),
        group_title=row.group_item_title or "",
        event_slug=parent.slug if parent else "",
        group_size=len(siblings) if row.neg_risk else 0,
        series_slug=parent.series_name if parent else "",
        ends_at=wire.instant(row.end_date, name=f"{where}.endDate"),
        # Not said is not "yes".
        accepting_orders=(row.accepting_orders or False) and not row.closed,
        closed=row.closed,
        taker_delay_s=float(row.seconds_delay or 0),
        disputed=row.uma_resolution_status in _DISPUTED,
        payouts=_payouts(row, where),
    )


def _kind(row: MarketRow, where: str) -> MarketKind:
    if row.version in (None, "", "v1"):
        return MarketKind.CTF
    if row.version == "v2":
        return MarketKind.V2
    raise BadData(f"{where}.version was {row.version!r}; only v1 and v2 are known")


def _condition(row: MarketRow, kind: MarketKind, where: str) -> ConditionId:
    text = row.condition_id
    if kind is MarketKind.V2 and len(text) == 66 and text.endswith("00"):
        text = text[:-2]  # shown padded to 32 bytes by some endpoints
    return wire.condition_id(text, name=f"{where}.conditionId")


def _tokens(row: MarketRow, kind: MarketKind, where: str) -> tuple[TokenId, TokenId]:
    is_v2 = kind is MarketKind.V2
    name = f"{where}.positionIds" if is_v2 else f"{where}.clobTokenIds"
    first, second = _pair(row.position_ids if is_v2 else row.clob_token_ids, name)
    tokens = (wire.token_id(first, name=name), wire.token_id(second, name=name))
    for token in tokens:
        if is_v2_token(token) is not is_v2:
            raise BadData(
                f"{name} holds {token}, an id of the other kind of market; version says "
                f"{row.version!r}. An order on it would be signed for the wrong exchange"
            )
    return tokens


def _pair(raw: str | list[str] | None, name: str) -> tuple[str, str]:
    """Read two texts from an array, or from text that holds a JSON array."""
    if raw is None:
        raise BadData(f"{name} is absent; it must hold two texts")
    texts = wire.read(raw, list[str], name) if isinstance(raw, str) else raw
    if len(texts) != 2:
        raise BadData(f"{name} has {len(texts)} entries; it must have two")
    return texts[0], texts[1]


def _fee(row: MarketRow, where: str) -> FeeSchedule:
    if not row.fees_enabled:
        return FeeSchedule(rate=Decimal(0))
    if row.fee_schedule is None:
        raise BadData(f"{where}.feeSchedule is absent although feesEnabled is true")
    rate, exponent = row.fee_schedule.rate, row.fee_schedule.exponent
    if not rate.is_finite() or not 0 <= rate < 1:
        raise BadData(f"{where}.feeSchedule.rate was {rate}; it must be at least 0 and below 1")
    if exponent not in (0, 1, 2, 3):
        raise BadData(f"{where}.feeSchedule.exponent was {exponent}; it must be 0, 1, 2 or 3")
    return FeeSchedule(rate=rate, exponent=int(exponent))


def _payouts(row: MarketRow, where: str) -> tuple[Decimal, Decimal] | None:
    """Return what is final; prices of a closed but unresolved market are only prices."""
    is_resolved = row.uma_resolution_status in _RESOLVED or row.resolution_status == "resolved"
    if not (row.closed and is_resolved and row.outcome_prices):
        return None
    prices = _pair(row.outcome_prices, f"{where}.outcomePrices")
    return (Decimal(prices[0]), Decimal(prices[1])) if prices in _PAYOUTS else None
