"""The practice market as market data: everything up to the clock's now, told in order."""

from collections.abc import Iterable
from datetime import datetime

from bot.clock import Clock
from bot.errors import BadData
from bot.model.market import Market, MarketEvent, Quote
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId, TokenId
from bot.venues.books import epoch_ms, from_epoch_ms
from bot.venues.lookup import find_markets, search_markets
from bot.venues.ports import Listener
from bot.venues.practice.chance import STEP_MS
from bot.venues.practice.contract import Contract
from bot.venues.practice.members import Members
from bot.venues.practice.series import SERIES


class PracticeMarketData:
    """Simulated quotes; fulfils ``bot.venues.ports.MarketData``.

    Args:
        clock: Says how far the simulation has come; may start anywhere at or after ``start``.
        seed: Which world, 0 or more; the same seed and start always give the same one.
        start: When this world began, aware UTC. A restart hands in the first run's start.
    """

    def __init__(self, *, clock: Clock, seed: int, start: datetime) -> None:
        self._clock = clock
        self._members = [
            Members(series=series, number=number, seed=seed, start=start)
            for number, series in enumerate(SERIES)
        ]
        self._listed_up_to = [0] * len(SERIES)
        self._contracts: dict[ConditionId, Contract] = {}
        self._by_token: dict[TokenId, Contract] = {}
        self._seen = clock.now()
        self._step = epoch_ms(self._seen) // STEP_MS
        self._watched: frozenset[TokenId] = frozenset()
        self._untold: tuple[TokenId, ...] = ()
        self._listeners: list[Listener] = []

    async def start(self) -> None:
        """Make the markets listed by now; tells nothing."""
        self._see(self._clock.now())

    async def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with each later event of watched tokens, in order of time."""
        self._listeners.append(listener)

    async def find(
        self,
        ref: MarketRef,
        *,
        now: datetime,  # noqa: ARG002 - the simulation has its own time
    ) -> tuple[Market, ...]:
        """Return the markets ``ref`` names that were listed and open at the last refresh."""
        return find_markets(self._listed(), ref)

    async def market(self, condition_id: ConditionId) -> Market:
        """Return a market as of the last refresh; ``BadData`` if it was not yet listed."""
        contract = self._contracts.get(condition_id)
        if contract is None or contract.first > self._step:
            raise BadData(
                f"market {condition_id} is not in this practice market by "
                f"{self._seen.isoformat()}. See `polyhedge markets`; another seed or start is "
                "another practice market"
            )
        return contract.market_at(epoch_ms(self._seen))

    async def search(self, text: str) -> tuple[Market, ...]:
        """Return open markets that hold all words of ``text``."""
        return search_markets(self._listed(), text)

    async def watch(self, token_ids: Iterable[TokenId]) -> None:
        """Tell only of these tokens from now on.

        The standing book of a token that is new among them is told first at the next refresh.
        """
        wanted = tuple(dict.fromkeys(token_ids))
        self._untold = tuple(token for token in wanted if token not in self._watched)
        self._watched = frozenset(wanted)

    async def refresh(self) -> None:
        """Tell what happened since the last refresh up to the clock's now."""
        for token in self._untold:
            quote = self.quote(token)
            if quote is not None:
                self._tell(quote.book)
        self._untold = ()
        before_ms = epoch_ms(self._seen)
        self._see(max(self._seen, self._clock.now()))
        events = self._events(before_ms, epoch_ms(self._seen))
        for _, event in sorted(events, key=lambda event: event[0]):
            self._tell(event)

    def quote(self, token_id: TokenId) -> Quote | None:
        """Return the standing book of a watched token, confirmed now or when it closed."""
        contract = self._by_token.get(token_id)
        if contract is None or token_id not in self._watched or contract.first > self._step:
            return None
        book = contract.books_at(contract.last_step(self._step))
        closed_at = from_epoch_ms(contract.closes * STEP_MS)
        index = contract.market.token_ids.index(token_id)
        return Quote(book[index], min(self._seen, closed_at))

    def next_event_at(self) -> datetime | None:
        """Return when a watched market next changes, or the next market is listed."""
        due = [
            members.listed_at(n)
            for members, n in zip(self._members, self._listed_up_to, strict=True)
        ]
        due += [c.first for c in self._contracts.values() if c.first > self._step]
        seen_ms = epoch_ms(self._seen)
        for contract in self._watched_contracts():
            step = contract.next_step(self._step)
            if step is not None:
                due.append(step)
            due += [at_ms // STEP_MS for at_ms, _ in contract.changes if at_ms > seen_ms]
        return from_epoch_ms(min(due) * STEP_MS)

    def _see(self, instant: datetime) -> None:
        """Move on to ``instant`` and make the markets listed by then."""
        self._seen, self._step = instant, epoch_ms(instant) // STEP_MS
        for index, members in enumerate(self._members):
            while members.listed_at(self._listed_up_to[index]) <= self._step:
                for contract in members.contracts_of(self._listed_up_to[index]):
                    self._contracts[contract.market.condition_id] = contract
                    for token in contract.market.token_ids:
                        self._by_token[token] = contract
                self._listed_up_to[index] += 1

    def _listed(self) -> list[Market]:
        now_ms, step = epoch_ms(self._seen), self._step
        return [c.market_at(now_ms) for c in self._contracts.values() if c.first <= step]

    def _watched_contracts(self) -> list[Contract]:
        return list(
            {
                id(contract): contract
                for token in sorted(self._watched)
                if (contract := self._by_token.get(token)) is not None
            }.values()
        )

    def _events(self, after_ms: int, until_ms: int) -> list[tuple[int, MarketEvent]]:
        """Return what happens after one instant, up to another, to watched markets."""
        events: list[tuple[int, MarketEvent]] = []
        for contract in self._watched_contracts():
            events += [
                (at_ms, change)
                for at_ms, change in contract.changes
                if after_ms < at_ms <= until_ms
            ]
            step = contract.next_step(max(after_ms // STEP_MS, contract.first - 1))
            while step is not None and step * STEP_MS <= until_ms:
                events += [
                    (step * STEP_MS, event)
                    for event in contract.events_at(step)
                    if event.token_id in self._watched
                ]
                step = contract.next_step(step)
        return events

    def _tell(self, event: MarketEvent) -> None:
        for listener in self._listeners:
            listener(event)
