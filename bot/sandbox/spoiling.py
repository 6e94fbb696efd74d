"""Turns a right answer into the wrong one that a fault asks for."""

import json
from collections.abc import Callable, Iterator, Mapping

from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Fault, RestFault
from bot.sandbox.http import Reply, Request, as_json
from bot.sandbox.refusals import refused_row
from bot.sandbox.writing import Json

_CLOUDFLARE = (
    b"<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head>"
    b"<body><h1>Sorry, you have been blocked</h1></body></html>"
)
_ABOVE_ALL = {"price": "0.999", "size": "7"}


def instead(request: Request, fault: RestFault) -> Reply | None:
    """Return the whole answer that a fault puts in place of the right one, if it does."""
    match fault.fault:
        case Fault.CLOUDFLARE:
            return Reply(status=403, body=_CLOUDFLARE, headers={"Content-Type": "text/html"})
        case Fault.STATUS:
            wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            body = as_json({"error": fault.text})
            return Reply(status=fault.status, body=body, headers=wait)
        case Fault.NULL:
            return Reply(status=200, body=b"null")
        case Fault.EMPTY_ID:
            row = refused_row(fault.text)
            return Reply(status=200, body=as_json([row] if fault.path.endswith("s") else row))
        case Fault.RPC_ERROR:
            return Reply(status=200, body=as_json(_rpc_error(json.loads(request.body), fault)))
        case _:
            return None


def _rpc_error(asked: object, fault: RestFault) -> object:
    if isinstance(asked, list):
        return [_rpc_error(call, fault) for call in asked]
    number = asked.get("id") if isinstance(asked, dict) else None
    return {"jsonrpc": "2.0", "id": number, "error": {"code": -32000, "message": fault.text}}


def spoil(payload: object, fault: RestFault | None, exchange: Exchange) -> bytes:
    """Return the body of an answer, wrong in the way of ``fault``; right without one."""
    if fault is None:
        return as_json(payload)
    if fault.fault is Fault.STALE_BOOK:
        for row in _books(payload):
            _make_stale(row, exchange)
    elif fault.fault in _CHANGES:
        _CHANGES[fault.fault](payload)
    return as_json(payload)


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
