"""Token ids against published markets, against the layout, and against a lying feed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chain.addresses import POLYGON
from bot.chain.token_ids import (
    check_tokens,
    condition_id,
    ctf_token_ids,
    is_v2,
    position_parts,
    v2_condition,
    v2_token_ids,
)
from bot.errors import BadData
from bot.model.market import FeeSchedule, Market, MarketKind
from bot.model.units import ConditionId, Price, Shares, TokenId

UMA_ADAPTER = "0xb21182d0494521Cf45DbbeEbb5A3ACAAb6d22093"
QUESTION = "0x4f4598cf6af36ca9540c66e35a0ca0ac1f10f31d53c6d5b2f2e040096ea50941"
CONDITION = ConditionId("0x834e57936657ae5ddaea6d9e18ee780d04d588018ab6b9b18a44cc5317e5f6f2")
TOKENS = (
    TokenId("111921395645355300487518569145849548118782457875824781317525262592604421091895"),
    TokenId("63900173641965756847547093054309931316785483274507634668979439177621966623897"),
)
NEG_RISK_QUESTION = "0x0d3ecb119ebc29f6f40017ac97c2564aef5bebea98817d0c64ce7aedc7de1500"
NEG_RISK_CONDITION = ConditionId(
    "0x396cff35d0089be0dd7a31c3dd8893dba91087cb204f36fd596ea8e176c8194f"
)
NEG_RISK_TOKENS = (
    TokenId("56301394996158099288337148092833602815489233233695788581935629307696915237267"),
    TokenId("24020800886044361928297303482313439338060103716147186009149855318565271604084"),
)
V2_CONDITION = ConditionId("0x01" + "ab" * 16 + "0002" + "00" * 8 + "00000001")


def _market(
    *,
    kind: MarketKind,
    condition: ConditionId,
    tokens: tuple[TokenId, TokenId],
    neg_risk: bool,
) -> Market:
    return Market(
        condition_id=condition,
        kind=kind,
        question="Will it rain?",
        slug="rain",
        outcomes=("Yes", "No"),
        token_ids=tokens,
        tick=Price(Decimal("0.01")),
        minimum_shares=Shares(Decimal(5)),
        neg_risk=neg_risk,
        fee=FeeSchedule(rate=Decimal(0)),
    )


def _ctf() -> Market:
    return _market(kind=MarketKind.CTF, condition=CONDITION, tokens=TOKENS, neg_risk=False)


def _neg_risk() -> Market:
    return _market(
        kind=MarketKind.CTF, condition=NEG_RISK_CONDITION, tokens=NEG_RISK_TOKENS, neg_risk=True
    )


def _v2() -> Market:
    return _market(
        kind=MarketKind.V2,
        condition=V2_CONDITION,
        tokens=v2_token_ids(V2_CONDITION),
        neg_risk=False,
    )


def test_a_published_standard_market_gives_its_ids() -> None:
    assert condition_id(UMA_ADAPTER, QUESTION) == CONDITION
    assert ctf_token_ids(CONDITION, collateral=POLYGON.usdce) == TOKENS


def test_a_published_neg_risk_market_gives_its_ids() -> None:
    assert condition_id(POLYGON.neg_risk_adapter, NEG_RISK_QUESTION) == NEG_RISK_CONDITION
    made_of = POLYGON.wrapped_collateral
    assert ctf_token_ids(NEG_RISK_CONDITION, collateral=made_of) == NEG_RISK_TOKENS


def test_pusd_is_not_what_tokens_are_made_of() -> None:
    assert ctf_token_ids(CONDITION, collateral=POLYGON.collateral) != TOKENS


def test_the_kind_is_told_by_the_reserved_bits() -> None:
    # The second is the Protocol V2 vector of POLYMARKET 2.4.
    vector = "753854747638777313955540266983645233419726449145324353030771697392992107264"
    assert not is_v2(TOKENS[0])
    assert is_v2(TokenId(vector))


def test_a_position_has_module_condition_and_outcome() -> None:
    yes, no = v2_token_ids(V2_CONDITION)
    assert position_parts(yes) == (1, v2_condition(V2_CONDITION), 0)
    assert position_parts(no) == (1, v2_condition(V2_CONDITION), 1)


def test_a_padded_v2_condition_is_the_same_condition() -> None:
    assert v2_token_ids(ConditionId(V2_CONDITION + "00")) == v2_token_ids(V2_CONDITION)


@given(st.binary(min_size=18, max_size=18), st.binary(min_size=4, max_size=4))
def test_every_v2_condition_gives_two_ids_that_lead_back_to_it(base: bytes, tail: bytes) -> None:
    condition = b"\x02" + base + bytes(8) + tail
    for outcome, token in enumerate(v2_token_ids(ConditionId("0x" + condition.hex()))):
        assert is_v2(token)
        assert position_parts(token) == (2, condition, outcome)


def test_a_ctf_token_has_no_parts() -> None:
    with pytest.raises(BadData, match=r"not of Protocol V2"):
        position_parts(TOKENS[0])


@pytest.mark.parametrize("text", ["", "0x12", "-1", "1.5", "\u0663", str(1 << 256), "9" * 5000])
def test_what_is_no_number_of_256_bits_is_refused(text: str) -> None:
    with pytest.raises(BadData, match=r"decimal number below 2\^256"):
        is_v2(TokenId(text))


@pytest.mark.parametrize("text", ["", "0x", "834e", CONDITION[2:], CONDITION + "00", "0xzz"])
def test_a_condition_id_of_the_wrong_length_is_refused(text: str) -> None:
    with pytest.raises(BadData, match=r"0x and 64 hex digits"):
        ctf_token_ids(ConditionId(text), collateral=POLYGON.usdce)


def test_true_markets_of_all_kinds_pass() -> None:
    check_tokens(_ctf(), question_id=QUESTION, oracle=UMA_ADAPTER)
    check_tokens(_neg_risk(), question_id=NEG_RISK_QUESTION, oracle=None)
    check_tokens(_v2(), question_id=None, oracle=None)


@pytest.mark.parametrize("question_id", [None, ""])
def test_a_ctf_market_without_its_question_is_not_signed_for(question_id: str | None) -> None:
    with pytest.raises(BadData, match=r"came without its question id or oracle"):
        check_tokens(_ctf(), question_id=question_id, oracle=UMA_ADAPTER)


def test_a_ctf_market_under_another_question_is_refused() -> None:
    with pytest.raises(BadData, match=r"its question id and oracle give 0x"):
        check_tokens(_ctf(), question_id=NEG_RISK_QUESTION, oracle=UMA_ADAPTER)


def test_a_neg_risk_market_that_is_called_standard_is_refused() -> None:
    lie = replace(_neg_risk(), neg_risk=False)
    with pytest.raises(BadData, match=r"rain has token 5630.* for Yes; its condition id gives"):
        check_tokens(lie, question_id=NEG_RISK_QUESTION, oracle=POLYGON.neg_risk_adapter)


@pytest.mark.parametrize("market", [_ctf(), _v2()], ids=["ctf", "v2"])
def test_swapped_tokens_are_refused(market: Market) -> None:
    lie = replace(market, token_ids=market.token_ids[::-1])
    with pytest.raises(BadData, match=r"for Yes; its condition id gives"):
        check_tokens(lie, question_id=QUESTION, oracle=UMA_ADAPTER)


def test_a_v2_market_of_another_module_is_refused() -> None:
    with pytest.raises(BadData, match=r"of module 1; a market with neg risk has module 2"):
        check_tokens(replace(_v2(), neg_risk=True), question_id=None, oracle=None)


def test_a_v2_market_with_ctf_tokens_is_refused() -> None:
    with pytest.raises(BadData, match=r"is of Protocol V2, but its token 1119.* is not"):
        check_tokens(replace(_v2(), token_ids=TOKENS), question_id=None, oracle=None)


def test_a_v2_market_with_a_ctf_condition_is_refused() -> None:
    with pytest.raises(BadData, match=r"0x and 62 hex digits"):
        check_tokens(replace(_v2(), condition_id=CONDITION), question_id=None, oracle=None)
