"""Listens to the market channel for a moment and holds each kind of message against our model."""

from typing import Any

import msgspec

from bot.clock import Clock
from bot.model.units import TokenId
from bot.owner.probes import Probe
from bot.owner.public import Seen, Verdict, judge
from bot.venues.polymarket import stream_rows
from bot.venues.polymarket.settings import Pace
from bot.venues.polymarket.stream import MarketStream

_NAME = "stream"
_SHAPES = {
    shape.__struct_config__.tag: shape
    for shape in (
        stream_rows.BookMessage,
        stream_rows.PriceChangeMessage,
        stream_rows.TradeMessage,
        stream_rows.TickMessage,
        stream_rows.BestMessage,
        stream_rows.NewMarketMessage,
        stream_rows.ResolvedMessage,
    )
}


async def look_at_frames(
    *, url: str, clock: Clock, pace: Pace, tokens: list[TokenId], seconds: float
) -> tuple[Seen, ...]:
    """Return the first message of each kind that comes within ``seconds``.

    A kind that does not come is not in the answer; a silent channel is one that gave no answer.
    """
    frames: list[str] = []
    ends: list[str] = []
    stream = MarketStream(
        url=url,
        clock=clock,
        pace=pace,
        on_frame=lambda _, frame: frames.append(frame),
        on_pong=lambda _: None,
        on_end=lambda _, why: ends.append(why),
    )
    await stream.set_tokens(tokens)
    stream.start()
    try:
        await clock.sleep(seconds)
        stream.check()
    finally:
        await stream.close()
    seen = _judge_frames(frames)
    if seen:
        return seen
    problem = ends[0] if ends else f"no message came within {seconds:g} s"
    return (Seen(name=_NAME, asked=url, verdict=Verdict.NO_ANSWER, problem=problem),)


def _judge_frames(frames: list[str]) -> tuple[Seen, ...]:
    """Judge the first message of each kind; a frame that is no JSON is judged as a whole."""
    first: dict[str, Seen] = {}
    for frame in frames:
        for kind, message in _split(frame):
            if kind not in first:
                first[kind] = judge(_probe(kind), message)
    return tuple(first.values())


def _split(frame: str) -> list[tuple[str, bytes]]:
    text = frame if frame.startswith("[") else f"[{frame}]"
    try:
        raws = msgspec.json.decode(text, type=list[msgspec.Raw])
        rows = msgspec.json.decode(text, type=list[dict[str, object]])
    except msgspec.DecodeError:
        return [("frame", frame.encode())]
    return [
        (str(row.get("event_type", "unnamed")), bytes(raw))
        for raw, row in zip(raws, rows, strict=True)
    ]


def _probe(kind: str) -> Probe:
    reader = stream_rows.FrameReader()
    return Probe(
        name=f"{_NAME} {kind}",
        path="/ws/market",
        shape=_SHAPES.get(kind, Any),
        read=lambda body: reader.read(body.decode()),
    )
