"""Markets for the local chain, whose ids come about as production's: from question and oracle.

A market's question id is the hash of its slug, so nothing about it has to be kept anywhere.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.chain.addresses import POLYGON
from bot.chain.token_ids import condition_id, ctf_token_ids, v2_token_ids
from bot.model.market import FeeSchedule, Market, MarketKind
from bot.model.units import ConditionId, Price, Shares, TokenId

UMA_ADAPTER: Final = "0x6A9D222616C90FcA5754cd1333cFD9b7fb6a4F74"
"""Oracle of CTF markets without neg risk. **Source:** POLYMARKET section 8.1, read 2026-11."""
_FEE: Final = FeeSchedule(rate=Decimal("0.04"))
_UNPLACED: Final = (TokenId("0"), TokenId("0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMarkets:
    """What several markets have in common; its methods make one of each kind."""

    series_slug: str = ""
    event_slug: str = ""
    ends_at: datetime | None = None
    tick: Price = Price(Decimal("0.01"))
    minimum_shares: Shares = Shares(Decimal(5))
    fee: FeeSchedule = _FEE

    def ctf(self, slug: str) -> Market:
        """Return a market on ConditionalTokens."""
        return self._make(slug, kind=MarketKind.CTF, neg_risk=False)

    def neg_risk(self, slug: str) -> Market:
        """Return a market on ConditionalTokens whose event has exactly one outcome."""
        return self._make(slug, kind=MarketKind.CTF, neg_risk=True)

    def v2(self, slug: str) -> Market:
        """Return a binary market of Protocol V2."""
        return self._make(slug, kind=MarketKind.V2, neg_risk=False)

    def v2_neg_risk(self, slug: str) -> Market:
        """Return a market of Protocol V2 whose event has exactly one outcome."""
        return self._make(slug, kind=MarketKind.V2, neg_risk=True)

    def _make(self, slug: str, *, kind: MarketKind, neg_risk: bool) -> Market:
        return localized(
            Market(
                condition_id=ConditionId(""),
                kind=kind,
                question=f"{slug.replace('-', ' ').capitalize()}?",
                slug=slug,
                outcomes=("Yes", "No"),
                token_ids=_UNPLACED,
                tick=self.tick,
                minimum_shares=self.minimum_shares,
                neg_risk=neg_risk,
                fee=self.fee,
                event_slug=self.event_slug or slug,
                series_slug=self.series_slug,
                ends_at=self.ends_at,
            )
        )


def localized(market: Market) -> Market:
    """Return the market with the condition and token ids that its slug gives on a local chain."""
    if market.kind is MarketKind.V2:
        # The module, 16 bytes of hash and 14 zeros: the shape of every V2 condition id.
        module = b"\x02" if market.neg_risk else b"\x01"
        digest = bytes.fromhex(question_id(market).removeprefix("0x"))
        condition = ConditionId("0x" + (module + digest[:16] + bytes(14)).hex())
        return replace(market, condition_id=condition, token_ids=v2_token_ids(condition))
    condition = condition_id(oracle(market), question_id(market))
    tokens = ctf_token_ids(condition, collateral=collateral(market))
    return replace(market, condition_id=condition, token_ids=tokens)


def question_id(market: Market) -> str:
    """Return the question id, 0x and 64 hex digits, that the market's slug stands for."""
    from eth_hash.auto import keccak

    return "0x" + keccak(market.slug.encode()).hex()


def oracle(market: Market) -> str:
    """Return the address that may report the outcome of a CTF market."""
    return POLYGON.neg_risk_adapter if market.neg_risk else UMA_ADAPTER


def collateral(market: Market) -> str:
    """Return the address of what a CTF market's tokens are made of."""
    return POLYGON.wrapped_collateral if market.neg_risk else POLYGON.usdce
