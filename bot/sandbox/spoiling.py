"""Turns a right answer into the wrong one that a fault asks for."""

import json
from collections.abc import Callable, Iterator, Mapping

from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Fault, RestFault
from bot.sandbox.writing import Json

_ABOVE_ALL = {"price": "0.999", "size": "7"}


def spoil(payload: object, fault: RestFault | None, exchange: Exchange) -> bytes:
    """Return the body of an answer, wrong in the way of ``fault``; right without one."""
    if fault is None:
        return _json(payload)
    if fault.fault is Fault.CUT:
        body = _json(payload)
        return body[: len(body) // 2]
    if fault.fault is Fault.STALE_BOOK:
        for row in _books(payload):
            _make_stale(row, exchange)
    else:
        _CHANGES[fault.fault](payload)
    return _json(payload)


def _json(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


def _drop_cursor(payload: object) -> None:
    if isinstance(payload, dict):
        payload.pop("next_cursor", None)


def _add_fields(payload: object) -> None:
    for row in list(_rows(payload)):
        row["fieldOfTomorrow"] = {"nested": [1, None, "x"]}


def _spoil_row(payload: object) -> None:
    row = next(_rows(payload), None)
    if row is None:
        return
    for name, wrong in (("asset_id", 5), ("conditionId", None), ("slug", 5)):
        if name in row:
            row[name] = wrong
            return


def _cross(payload: object) -> None:
    for row in _books(payload):
        bids = row["bids"]
        if isinstance(bids, list):
            bids.append(dict(_ABOVE_ALL))


def _make_stale(row: Json, exchange: Exchange) -> None:
    token = str(row["asset_id"])
    market = exchange.market_of(token)
    for old in exchange.previous.values():
        if old.token_id == token and market is not None:
            row.update(exchange.write_book(old, market))


def _rows(payload: object) -> Iterator[Json]:
    """Find the rows of a page, a list or a single answer."""
    if isinstance(payload, list):
        for one in payload:
            yield from _rows(one)
    elif isinstance(payload, dict):
        inner = payload.get("markets", payload.get("events"))
        if isinstance(inner, list) and "conditionId" not in payload:
            yield from _rows(inner)
        else:
            yield payload


def _books(payload: object) -> list[Json]:
    return [row for row in _rows(payload) if "bids" in row]


_CHANGES: Mapping[Fault, Callable[[object], None]] = {
    Fault.NO_CURSOR: _drop_cursor,
    Fault.EXTRA_FIELDS: _add_fields,
    Fault.SPOILED_ROW: _spoil_row,
    Fault.CROSSED_BOOK: _cross,
}
