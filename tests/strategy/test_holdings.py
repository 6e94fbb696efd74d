"""What impact lines say about the holdings there are."""

from __future__ import annotations

from bot.model.portfolio import Holding, Tags
from bot.model.strategy import Strategy
from bot.strategy import find_contradictions, find_idle_lines, find_idle_tags, parse_strategy

TEXT = """\
strategy: fed
event:
  market: {slug: fed-hike}
  adverse: "Yes"
  horizon: 120d
impact:
IMPACT
sizing: {rule: coverage, target: 50%}
limits: {max_premium_usd: 400, max_order_usd: 150}
"""


def strategy(*impact: str) -> Strategy:
    return parse_strategy(TEXT.replace("IMPACT", "\n".join(f"  {x}" for x in impact)), "fed.yaml")


def holding(**tags: object) -> Holding:
    return Holding(symbol="TLT", tags=Tags(**tags), source="config.yaml:7")  # type: ignore[arg-type]


def test_two_different_tag_lines_contradict_each_other() -> None:
    found = find_contradictions(
        strategy("sector: {bonds: -4%}", "region: {us: -200usd}"),
        [holding(sector="bonds", region="US")],
    )
    assert found == (
        "fed.yaml:7: impact.sector.bonds says -4.00% for TLT (config.yaml:7), but impact.region.us"
        " says -200 USD (fed.yaml:8). Write impact.symbol.TLT, or tag the holding with"
        " events: {fed: ...}.",
    )


def test_one_message_a_holding_is_enough() -> None:
    lines = ("sector: {bonds: -4%}", "region: {us: -2%}", "cluster: {rates: -1%}")
    held = [holding(sector="bonds", region="US", cluster="rates")]
    assert len(find_contradictions(strategy(*lines), held)) == 1


def test_two_usd_lines_contradict_each_other_even_if_equal() -> None:
    lines = ("sector: {bonds: -200usd}", "region: {us: -200usd}")
    assert find_contradictions(strategy(*lines), [holding(sector="bonds", region="US")])


def test_same_percentage_is_no_contradiction() -> None:
    lines = ("sector: {bonds: -4%}", "region: {us: -4%}")
    assert find_contradictions(strategy(*lines), [holding(sector="bonds", region="US")]) == ()


def test_line_for_the_symbol_decides() -> None:
    lines = ("sector: {bonds: -4%}", "region: {us: -2%}", "symbol: {tlt: -3%}")
    assert find_contradictions(strategy(*lines), [holding(sector="bonds", region="US")]) == ()


def test_tag_of_the_holding_decides() -> None:
    lines = ("sector: {bonds: -4%}", "region: {us: -2%}")
    held = holding(sector="bonds", region="US", events={"fed": -0.05})
    assert find_contradictions(strategy(*lines), [held]) == ()


def test_holding_that_nothing_matches_is_fine() -> None:
    assert find_contradictions(strategy("sector: {bonds: -4%}"), [holding()]) == ()


def test_line_that_matches_nothing_is_named_with_a_guess() -> None:
    found = find_idle_lines(
        strategy("sector: {bond: -4%, gold: 1%}", "region: {us: -2%}"),
        [holding(sector="bonds", region="US")],
    )
    assert found == (
        "fed.yaml:7: no holding has sector bond. Did you mean 'bonds'?",
        "fed.yaml:7: no holding has sector gold.",
    )


def test_a_tag_for_an_event_that_no_strategy_has_is_told_with_the_closest_name() -> None:
    held = [holding(events={"fde": -0.04}), holding(events={"fed": -0.04, "tulips": 0.1})]

    assert find_idle_tags([strategy("sector: {bonds: -4%}")], held) == (
        "config.yaml:7: TLT has its own change for fde, and there is no such strategy. Did you"
        " mean 'fed'?",
        "config.yaml:7: TLT has its own change for tulips, and there is no such strategy.",
    )
