"""Live market data against the sandbox: each fault leaves a quote unconfirmed, and it recovers."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from bot.errors import SourceDown
from bot.model.market import Book, MarketChanged, MarketKind, Print
from bot.model.strategy import MarketRef
from bot.model.units import TokenId
from bot.sandbox.faults import Fault, Silence
from bot.venues.polymarket.settings import Pace
from tests.venues.polymarket.rig import CTF_IDS, V2_IDS, ctf_market, running, until

NARROW = ([("0.51", "15"), ("0.49", "100")], [("0.53", "30")])
DEEPER = ([("0.50", "40"), ("0.49", "100"), ("0.30", "7")], [("0.54", "30"), ("0.55", "10")])
DEEPER_YET = (DEEPER[0], [("0.54", "30"), ("0.55", "10"), ("0.70", "7")])
WIDE = ([("0.40", "15")], [("0.60", "30")])


async def test_watched_books_are_right_and_confirmed() -> None:
    async with running() as rig:
        assert rig.is_right()
        book = rig.data.quote(TokenId(V2_IDS[1]))
        assert book is not None


async def test_price_changes_reach_quote_and_listeners() -> None:
    async with running() as rig:
        rig.set_book(*NARROW)
        await rig.becomes_right()

        books = [event for event in rig.heard if isinstance(event, Book)]
        assert {book.token_id for book in books} == set(CTF_IDS)
        assert "POST /clob/books" not in rig.sandbox.rest.asked[-1:]


async def test_prints_reach_listeners() -> None:
    async with running() as rig:
        rig.tell(Print(rig.yes, 1_795_000_000_000, 540_000, 3_000_000, True))
        await until(lambda: bool(rig.heard))

        assert rig.heard == [Print(rig.yes, 1_795_000_000_000, 540_000, 3_000_000, True)]


async def test_one_sided_book_is_confirmed_as_such() -> None:
    async with running() as rig:
        rig.set_book([], [("0.03", "5")])
        await rig.becomes_right()

        quote = rig.data.quote(rig.yes)
        assert quote is not None
        assert quote.book.bid_prices == ()
        assert quote.book.mid is None


async def test_dropped_socket_leaves_quote_unconfirmed_until_it_is_back() -> None:
    async with running() as rig:
        rig.sandbox.channel.drop_sockets()
        await until(lambda: any(problem for _, problem in rig.reports))
        rig.set_book(*NARROW)
        assert not rig.is_right()

        await rig.recovers()
        await rig.soon(lambda: len(rig.sandbox.channel.subscribed) == 4)
        rig.set_book(*WIDE)
        await rig.recovers()
        await rig.soon(lambda: ("polymarket stream", "") in rig.reports)


async def test_open_but_silent_socket_is_found_and_opened_anew() -> None:
    async with running() as rig:
        rig.set_book(*NARROW)
        await rig.becomes_right()
        rig.sandbox.faults.silence = Silence.PONG_ONLY
        rig.set_book(*WIDE)

        await rig.pass_seconds(5)
        assert not rig.is_right()
        await rig.recovers()  # by a snapshot
        await rig.soon(lambda: rig.sandbox.channel.opened > 1)
        assert any("silent" in problem for _, problem in rig.reports)

        rig.sandbox.faults.clear()
        rig.sandbox.channel.drop_sockets()
        await rig.soon(lambda: len(rig.sandbox.channel.subscribed) == 4)
        rig.set_book(*NARROW)
        await rig.recovers()


async def test_dead_socket_is_dropped_when_pongs_end() -> None:
    async with running() as rig:
        rig.sandbox.faults.silence = Silence.DEAD
        await rig.soon(lambda: rig.sandbox.channel.opened > 1)

        assert rig.clock.monotonic() > 30


async def test_live_stream_keeps_quiet_books_confirmed() -> None:
    async with running(Pace(timeout=2.0, confirm_every=1000.0, stream_proves_for=1000.0)) as rig:
        quiet = TokenId(V2_IDS[0])
        before = rig.data.quote(quiet)
        rig.clock.advance(8)
        rig.set_book(*NARROW)
        await rig.becomes_right()
        assert before is not None

        def is_confirmed_again() -> bool:
            after = rig.data.quote(quiet)
            return after is not None and after.confirmed_at > before.confirmed_at

        await rig.soon(is_confirmed_again)

        after = rig.data.quote(quiet)
        assert after is not None
        assert after.confirmed_at == rig.changed_at[rig.yes]  # when the stream last spoke
        assert after.book == before.book


async def test_lost_message_is_found_by_best_price() -> None:
    async with running() as rig:
        rig.sandbox.faults.lose_messages = 1
        rig.set_book(*WIDE)
        rig.set_book([("0.40", "15"), ("0.39", "1")], [("0.60", "30")])
        await until(lambda: rig.sandbox.faults.lose_messages == 0)
        assert not rig.is_right()

        await rig.recovers()


async def test_unreadable_message_puts_books_in_doubt() -> None:
    async with running() as rig:
        rig.sandbox.faults.add(Fault.STATUS, path="/clob/books")
        rig.sandbox.faults.spoil_messages = 1
        rig.set_book(*DEEPER)  # not read; its best prices are those of the next book too
        await until(lambda: any(problem for _, problem in rig.reports))
        rig.set_book(*DEEPER_YET)
        await rig.pass_seconds(5)
        assert not rig.is_right()

        rig.sandbox.faults.clear()
        await rig.recovers()


async def test_reconnected_stream_proves_nothing_before_a_snapshot() -> None:
    async with running() as rig:
        rig.sandbox.faults.add(Fault.STATUS, path="/clob/books")
        rig.sandbox.channel.drop_sockets()
        await until(lambda: not rig.sandbox.channel.subscribed)
        rig.set_book(*DEEPER)
        rig.sandbox.faults.lose_messages = 1  # the books that come with the subscription
        await rig.soon(lambda: len(rig.sandbox.channel.subscribed) == 4)
        rig.set_book(*DEEPER_YET)
        await rig.pass_seconds(5)
        assert not rig.is_right()

        rig.sandbox.faults.clear()
        await rig.recovers()


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.STATUS, 429),
        (Fault.STATUS, 500),
        (Fault.STATUS, 503),
        (Fault.CUT, 0),
        (Fault.CROSSED_BOOK, 0),
    ],
)
async def test_failing_snapshots_do_not_confirm(fault: Fault, status: int) -> None:
    async with running() as rig:
        rig.set_book(*WIDE)
        await rig.becomes_right()
        rig.sandbox.channel.drop_sockets()
        rig.sandbox.faults.silence = Silence.DEAD
        rig.sandbox.faults.add(fault, path="/clob/books", status=status)
        rig.set_book(*NARROW)

        await rig.pass_seconds(20)
        assert not rig.is_right()

        rig.sandbox.faults.clear()
        await rig.recovers()


async def test_stale_snapshot_does_not_replace_a_newer_book() -> None:
    async with running() as rig:
        rig.set_book(*WIDE)
        rig.set_book(*NARROW)
        await rig.becomes_right()
        rig.sandbox.faults.add(Fault.STALE_BOOK, path="/clob/books")

        await rig.pass_seconds(30)

        quote = rig.data.quote(rig.yes)
        assert quote is not None
        assert quote.book.bid_prices[0] == 510_000
        assert (rig.clock.now() - quote.confirmed_at).total_seconds() >= 20


async def test_one_unreadable_book_leaves_the_others_confirmed() -> None:
    async with running() as rig:
        begun = rig.clock.now()
        rig.sandbox.faults.add(Fault.SPOILED_ROW, path="/clob/books")
        tokens = [TokenId(token) for token in (*CTF_IDS, *V2_IDS)]

        def confirmed() -> list[bool]:
            quotes = [rig.data.quote(token) for token in tokens]
            return sorted(quote is not None and quote.confirmed_at > begun for quote in quotes)

        await rig.soon(lambda: confirmed() == [False, True, True, True])
        await rig.pass_seconds(15)
        assert confirmed() == [False, True, True, True]
        assert "polymarket books" in rig.data.problems


async def test_hanging_snapshot_times_out_and_recovers() -> None:
    async with running(Pace(timeout=0.05, tries=1)) as rig:
        rig.sandbox.faults.add(Fault.HANG, path="/clob/books", times=1)
        rig.clock.advance(11)
        await rig.data.refresh()
        assert "polymarket books" in rig.data.problems

        rig.clock.advance(10)
        await rig.data.refresh()
        assert rig.reports[-1] == ("polymarket books", "")


async def test_retry_after_is_honoured() -> None:
    async with running() as rig:
        rig.sandbox.faults.add(
            Fault.STATUS, path="/gamma/markets/slug", times=1, status=429, retry_after=7
        )
        asked = asyncio.create_task(
            rig.data.find(MarketRef(slug="recession-2027"), now=rig.clock.now())
        )
        await until(lambda: 7.0 in rig.clock.slept)
        assert not asked.done()
        rig.clock.advance(7)

        (market,) = await asked
        assert market.kind is MarketKind.V2


async def test_too_long_a_retry_after_means_down() -> None:
    async with running() as rig:
        rig.sandbox.faults.add(
            Fault.STATUS, path="/gamma/markets/slug", times=1, status=429, retry_after=600
        )

        with pytest.raises(SourceDown, match="600 s"):
            await rig.data.find(MarketRef(slug="recession-2027"), now=rig.clock.now())


async def test_tick_change_puts_book_in_doubt_until_a_snapshot() -> None:
    async with running() as rig:
        rig.sandbox.faults.add(Fault.STATUS, path="/clob/books")
        rig.change_market(tick=Decimal("0.001"))
        await until(lambda: any(isinstance(event, MarketChanged) for event in rig.heard))
        rig.set_book([("0.501", "4")], [("0.539", "30")])
        await rig.pass_seconds(5)
        assert not rig.is_right()  # its best prices agree, but nothing has shown the rest

        rig.sandbox.faults.clear()
        await rig.recovers()
        found = await rig.data.market(ctf_market().condition_id)
        assert found.tick == Decimal("0.001")


async def test_closing_is_told_and_book_is_confirmed_no_more() -> None:
    async with running() as rig:
        rig.change_market(closed=True, accepting_orders=False)
        rig.clock.advance(61)
        await rig.data.refresh()

        told = [event.market for event in rig.heard if isinstance(event, MarketChanged)]
        assert [market.closed for market in told] == [True]
        assert told[0].payouts is None
        before = rig.data.quote(rig.yes)
        await rig.pass_seconds(20)
        assert rig.data.quote(rig.yes) == before


@pytest.mark.parametrize(
    ("payouts", "by_stream"),
    [(("1", "0"), True), (("0", "1"), True), (("0.5", "0.5"), False)],
)
async def test_resolution_is_told_with_payouts(payouts: tuple[str, str], by_stream: bool) -> None:
    expected = (Decimal(payouts[0]), Decimal(payouts[1]))
    async with running() as rig:
        rig.change_market(closed=True, accepting_orders=False, payouts=expected)
        await until(lambda: any(isinstance(event, MarketChanged) for event in rig.heard))
        if not by_stream:
            await rig.data.refresh()

        told = [event.market for event in rig.heard if isinstance(event, MarketChanged)]
        assert told[-1].payouts == expected
        assert told[-1].closed


async def test_list_that_is_kept_leaves_out_what_has_resolved_since() -> None:
    async with running() as rig:
        ref = MarketRef(slug=ctf_market().slug)
        (found,) = await rig.data.find(ref, now=rig.clock.now())
        asked = len(rig.sandbox.rest.asked)
        payouts = (Decimal(1), Decimal(0))
        rig.change_market(closed=True, payouts=payouts)
        await until(lambda: bool(rig.heard))

        assert await rig.data.find(ref, now=rig.clock.now()) == ()
        assert (await rig.data.market(found.condition_id)).payouts == payouts
        assert len(rig.sandbox.rest.asked) == asked


async def test_dispute_is_told() -> None:
    async with running() as rig:
        rig.change_market(disputed=True)
        rig.clock.advance(61)
        await rig.data.refresh()

        told = [event.market for event in rig.heard if isinstance(event, MarketChanged)]
        assert [market.disputed for market in told] == [True]


async def test_unwatched_tokens_are_forgotten() -> None:
    async with running() as rig:
        await rig.data.watch([rig.yes])
        await until(lambda: rig.sandbox.channel.subscribed == {rig.yes})

        assert rig.data.quote(TokenId(V2_IDS[0])) is None
        await rig.data.watch([])
        await until(lambda: not rig.sandbox.channel.subscribed)


async def test_more_tokens_than_fit_take_a_second_stream() -> None:
    async with running(Pace(timeout=2.0, tokens_per_stream=3)) as rig:
        await until(lambda: rig.sandbox.channel.opened == 2)

        rig.set_book(*NARROW)
        await rig.becomes_right()
