"""What is kept in memory is what the rows say, and what SQL adds up, after any sequence."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ledger import Ledger, LedgerReader
from bot.model.orders import Fill, Side, TradeSettlement
from bot.model.units import Usd, from_e6
from tests.fakes import START
from tests.ledger.make import make_fill, send, settle, sums

steps = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "progress", "fail", "settle", "deposit", "again"]),
        st.integers(1, 20_000_000),
        st.integers(1, 99),
    ),
    max_size=25,
)


class Play:
    """Does what is possible on a ledger, and remembers the fills."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.fills: list[Fill] = []
        self.deposits = Decimal(0)

    def step(self, number: int, kind: str, size_e6: int, cents: int) -> None:
        held = sum((p.shares for p in self.ledger.account(START).positions), Decimal(0))
        shares = from_e6(size_e6)
        if kind in ("sell", "settle"):
            shares = min(shares, held)
        if shares <= 0:
            return
        if kind in ("buy", "sell"):
            self._trade(number, Side(kind), shares, cents)
        elif kind == "settle":
            settle(self.ledger, str(shares), str(shares if cents % 2 else 0))
        elif kind == "deposit":
            self.ledger.record_deposit(Usd(shares), START, "")
            self.deposits += shares
        elif self.fills:
            self._again(kind, cents % len(self.fills))

    def _trade(self, number: int, side: Side, shares: Decimal, cents: int) -> None:
        send(self.ledger, number, side=side, size=str(shares))
        fill = make_fill(number, side=side, size=str(shares), price=f"0.{cents:02}", fee="0.00001")
        self.fills.append(fill)
        assert self.ledger.record_fill(fill, START)

    def _again(self, kind: str, index: int) -> None:
        fill = self.fills[index]
        if kind == "progress":
            self.ledger.record_fill(replace(fill, settlement=TradeSettlement.MINED), START)
        elif kind == "fail":
            self.ledger.record_fill(replace(fill, settlement=TradeSettlement.FAILED), START)
        else:
            assert not self.ledger.record_fill(fill, START)


@given(steps)
@settings(max_examples=25)
def test_state_kept_up_is_state_rebuilt_and_both_are_what_sql_adds_up(
    done: list[tuple[str, int, int]],
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        ledger = Ledger.open(path, mode="paper")
        play = Play(ledger)
        for number, step in enumerate(done):
            play.step(number, *step)
        reader = LedgerReader.open(path)
        assert reader.account(START) == ledger.account(START)
        assert reader.totals() == ledger.totals()
        assert reader.fills() == ledger.fills()
        assert ledger.totals().gap_usd == 0
        assert ledger.totals().deposited_usd == play.deposits
        cash, shares = sums(reader)
        assert cash == ledger.totals().cash_usd
        assert shares == sum((p.shares for p in ledger.account(START).positions), Decimal(0))
        reader.close()
        ledger.close()
        again = Ledger.open(path, mode="paper")
        assert again.totals() == play.ledger._fold.books.totals()
        again.close()
