"""Allowances: exact sums for exact contracts, nothing besides, and all of it can be taken back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.chain.addresses import POLYGON
from bot.chain.records import Allowance
from bot.errors import BadData, ConfigError
from bot.model.units import Usd
from bot.owner.allowances import ALL, NEEDED, USED, Spender, choose, raise_to, take_back
from bot.owner.calls import WITHOUT_LIMIT
from tests.owner.rig import everything

FIVE_HUNDRED = Usd(Decimal(500))
NOTHING = everything(Decimal(0))


def lacking(standing: tuple[Allowance, ...], usd: Usd) -> tuple[Spender, ...]:
    changes = raise_to(NEEDED, standing, POLYGON, usd=usd, is_exact=False)
    return tuple(change.spender for change in changes)


def test_no_contract_that_splits_and_no_auto_redeemer_is_needed() -> None:
    pusd = {each.contract for each in NEEDED if each.is_by_sum}
    assert pusd == {"exchange", "neg_risk_exchange", "exchange_v3"}
    assert "auto_redeemer" not in {each.contract for each in NEEDED}


def test_exchanges_are_allowed_the_exact_sum_and_the_rest_their_tokens() -> None:
    changes = raise_to(NEEDED, NOTHING, POLYGON, usd=FIVE_HUNDRED, is_exact=False)
    assert len(changes) == len(NEEDED)
    for change in changes:
        assert change.then == (500 if change.spender.is_by_sum else None)


def test_what_stands_already_is_not_signed_again() -> None:
    assert raise_to(NEEDED, everything(), POLYGON, usd=FIVE_HUNDRED, is_exact=False) == ()


def test_a_limit_that_is_typed_also_lowers() -> None:
    changes = raise_to(NEEDED, everything(), POLYGON, usd=FIVE_HUNDRED, is_exact=True)
    assert {(change.now, change.then) for change in changes} == {(None, Decimal(500))}


@pytest.mark.parametrize(("most", "is_enough"), [("499.999999", False), ("500", True)])
def test_an_allowance_that_was_used_up_in_part_is_missing(most: str, is_enough: bool) -> None:
    standing = tuple(
        replace(each, most=Decimal(most)) if each.most is not None else each
        for each in (replace(a, most=Decimal(1)) if a.token == POLYGON.collateral else a
                     for a in everything())
    )  # fmt: skip
    assert (lacking(standing, FIVE_HUNDRED) == ()) is is_enough


def test_no_allowance_is_missing_also_where_nothing_is_needed() -> None:
    assert lacking(NOTHING, Usd(Decimal(0))) == NEEDED


def test_all_that_stands_can_be_taken_back_also_what_we_never_ask_for() -> None:
    changes = take_back(ALL, everything(), POLYGON)
    assert len(changes) == len(ALL) > len(USED)
    assert {change.then for change in changes} == {Decimal(0)}
    assert take_back(ALL, NOTHING, POLYGON) == ()


def test_the_calls_name_token_contract_and_sum() -> None:
    sum_change, *_ = raise_to(NEEDED, NOTHING, POLYGON, usd=FIVE_HUNDRED, is_exact=False)
    call = sum_change.call(POLYGON)
    assert call.to == POLYGON.collateral
    assert call.calldata == (
        "0x095ea7b3" + POLYGON.exchange[2:].lower().rjust(64, "0") + f"{500_000_000:064x}"
    )
    endless = replace(sum_change, then=None).call(POLYGON).calldata
    assert endless.endswith(f"{WITHOUT_LIMIT:064x}")


def test_names_choose_and_a_wrong_one_lists_them() -> None:
    chosen = choose(["exchange-v3"], among=USED, default=NEEDED)
    assert [(each.name, each.token_name) for each in chosen] == [
        ("exchange-v3", "pUSD"), ("exchange-v3", "V2 tokens"),
    ]  # fmt: skip
    assert choose([], among=USED, default=NEEDED) == NEEDED
    with pytest.raises(ConfigError, match=r"--only exchange3 names no contract.*exchange-v3"):
        choose(["exchange3"], among=USED, default=NEEDED)


def test_what_the_chain_did_not_show_is_not_taken_for_nothing() -> None:
    with pytest.raises(BadData, match="did not show"):
        lacking(everything()[1:], FIVE_HUNDRED)
