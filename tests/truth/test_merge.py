"""Pairs of both outcomes become cash on the real chain: a person's, and those of an exit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.app.rehearsal.files import RECESSION
from bot.engine.cycle import Engine
from bot.model.market import Quote
from bot.model.orders import Purpose
from bot.model.units import Shares, TokenId
from tests.truth.stage import NEG_RISK, PLAIN, RELAYED, RELAYER, SESSION, Stage

pytestmark = pytest.mark.chain


@pytest.fixture(autouse=True)
def relayer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in RELAYER:
        monkeypatch.setenv(name, text)


def merges(stage: Stage) -> list[tuple[str, str]]:
    """Return reason and outcome of each row of ``merges``."""
    return [tuple(row) for row in stage.ledger._all("SELECT reason, outcome FROM merges")]


async def hedged(stage: Stage) -> Decimal:
    await stage.cycle()
    await stage.calm()
    assert stage.held() > 0
    return stage.held()


@pytest.mark.parametrize("setting", [*PLAIN, RELAYED[1], *NEG_RISK], ids=str)
async def test_pairs_that_a_person_made_are_cash_again(stage: Stage) -> None:
    shares = await hedged(stage)
    before = stage.account.cash_usd
    await stage.chain.split(stage.wallet, stage.market, Shares(Decimal("12.000001")))
    for _ in range(4):
        await stage.patient()
    await stage.cycles(45)
    assert merges(stage) == [("outside", "sent"), ("outside", "done")]
    assert (stage.account.cash_usd, stage.held()) == (before, shares)
    assert stage.account.foreign == {}
    assert await stage.chain.cash(stage.wallet) == before


@pytest.mark.parametrize("setting", [SESSION[0]], ids=str)
async def test_a_session_key_leaves_pairs_to_the_owner(stage: Stage) -> None:
    await hedged(stage)
    await stage.chain.split(stage.wallet, stage.market, Shares(Decimal(12)))
    await stage.cycles(90)
    assert merges(stage) == []
    assert sorted(stage.account.foreign.values()) == [12, 12]


class OneSided:
    """Market data in which nobody bids for one token, although others of the exchange do.

    The sandbox shows one book from two sides, as the venue does; they part only while one of them
    is late. So the bids are only hidden.
    """

    def __init__(self, market_data: Any, token: TokenId) -> None:
        self._market_data, self._token = market_data, token

    def __getattr__(self, name: str) -> Any:
        return getattr(self._market_data, name)

    def quote(self, token_id: TokenId) -> Quote | None:
        quote: Quote | None = self._market_data.quote(token_id)
        if quote is None or token_id != self._token:
            return quote
        return Quote(quote.book._replace(bid_prices=(), bid_sizes=()), quote.confirmed_at)


def hide_bids(stage: Stage) -> None:
    """From now on, and until a restart, the daemon sees no bids for what it holds."""
    daemon = stage.daemon
    ports = replace(daemon.ports, market_data=OneSided(daemon.ports.market_data, stage.yes))
    stage._daemon = replace(daemon, ports=ports, engine=Engine(ports=ports, decided=lambda _: None))


def doubt_the_event(stage: Stage) -> None:
    """The owner does not believe in the event any more: the hedge has no reason, and goes whole."""
    path = stage.settings.strategies / f"{RECESSION}.yaml"
    view = "forecast: {own_view: {probability: 1%, weight: 90%}}\n"
    text = path.read_text("utf-8").replace("max_order_usd: 100", "max_order_usd: 150")
    path.write_text(text + view, "utf-8")


async def leave(stage: Stage, *, until: Callable[[Stage], bool]) -> None:
    for _ in range(60):
        if until(stage):
            return
        hide_bids(stage)
        await stage.patient()
    raise AssertionError((merges(stage), stage.orders(), stage.account))


def is_left(stage: Stage) -> bool:
    return bool(merges(stage)) and not stage.account.positions


@pytest.mark.parametrize("setting", [*PLAIN, RELAYED[0], NEG_RISK[0]], ids=str)
async def test_an_exit_without_bids_buys_the_complement_and_merges(stage: Stage) -> None:
    shares, before = await hedged(stage), stage.account.cash_usd
    doubt_the_event(stage)
    await leave(stage, until=is_left)
    bought = stage.ledger.orders()[-1]
    assert (bought.purpose, bought.token_id) == (Purpose.MERGE, stage.market.token_ids[1])
    assert merges(stage) == [("unit", "sent"), ("unit", "done")]
    cost = sum(fill.cash_usd for fill in stage.ledger.fills() if fill.order_id == bought.order_id)
    assert stage.account.cash_usd == before + shares + cost
    assert stage.ledger.lifecycle_counts()["merged"] == 2


@pytest.mark.parametrize("setting", PLAIN, ids=str)
async def test_a_daemon_killed_between_purchase_and_merge_merges_after_the_restart(
    stage: Stage,
) -> None:
    await hedged(stage)
    doubt_the_event(stage)
    await leave(stage, until=lambda s: s.ledger.orders()[-1].purpose is Purpose.MERGE)
    assert merges(stage) == []
    await stage.restart()
    await leave(stage, until=is_left)
    assert merges(stage) == [("unit", "sent"), ("unit", "done")]
    assert [order.purpose for order in stage.ledger.orders()] == [Purpose.OPEN, Purpose.MERGE]
