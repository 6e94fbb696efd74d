"""Joint outcomes: exact probabilities, exclusive groups, correlation, resolution, large samples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import raking
from bot.core.copula import Loadings
from bot.core.hedge_ratio import chance_behind
from bot.core.programme import Programme, Trouble
from bot.core.programme.problem import Floats
from bot.core.raking import rake
from bot.core.scenarios import Group, Scenarios, chances_behind, joint_scenarios
from tests.core.programmes import buy, scenarios, solved

APART = Loadings(0.0, 0.0)
CHANCES = st.floats(0.001, 0.999)


def group(
    name: str, *chances: float, missed: float = 0.0, stray: float = 0.0, cluster: str = ""
) -> Group:
    return Group(name=name, chances=chances, missed=missed, stray=stray, cluster=cluster)


def both(found: Scenarios, one: int = 0, other: int = 1) -> float:
    return float(found.weights @ (found.happens[:, one] * found.happens[:, other]))


@given(
    chances=st.lists(CHANCES, min_size=1, max_size=7),
    clusters=st.lists(st.sampled_from(("", "rates", "war")), min_size=7, max_size=7),
    loadings=st.sampled_from((APART, Loadings(), Loadings(0.7, 0.9), Loadings(0.0, 0.6))),
    wrong=st.floats(0.0, 0.3),
)
def test_each_event_happens_and_pays_with_its_probability(
    chances: list[float], clusters: list[str], loadings: Loadings, wrong: float
) -> None:
    groups = [
        group(f"event {index}", p, missed=wrong, stray=wrong / 4.0, cluster=cluster)
        for index, (p, cluster) in enumerate(zip(chances, clusters, strict=False))
    ]

    found = scenarios(*groups, loadings=loadings)

    p = np.array(chances)
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert float(found.weights.min()) >= 0.0
    assert found.weights @ found.happens == pytest.approx(p, abs=1e-9)
    paid = p * (1.0 - wrong) + (1.0 - p) * wrong / 4.0
    assert found.weights @ found.pays == pytest.approx(paid, abs=1e-9)


def test_independent_events_have_the_product_of_their_probabilities() -> None:
    found = scenarios(group("a", 0.2), group("b", 0.3), loadings=APART)

    assert found.exact
    assert both(found) == pytest.approx(0.06, abs=1e-12)


@pytest.mark.parametrize(
    ("loadings", "cluster", "correlation"),
    [
        (Loadings(0.5, 0.5), "", 0.5),
        (Loadings(0.3, 0.6), "rates", 0.6),
        (Loadings(0.3, 0.6), "", 0.3),
    ],
)
def test_two_even_events_move_together_as_the_normal_law_says(
    loadings: Loadings, cluster: str, correlation: float
) -> None:
    found = scenarios(
        group("a", 0.5, cluster=cluster), group("b", 0.5, cluster=cluster), loadings=loadings
    )

    # Sheppard: P(both above their median) = 1/4 + arcsin(rho) / (2 pi).
    assert both(found) == pytest.approx(0.25 + math.asin(correlation) / math.tau, abs=1e-6)


def test_events_of_two_clusters_share_only_what_all_share() -> None:
    found = scenarios(
        group("a", 0.5, cluster="rates"),
        group("b", 0.5, cluster="war"),
        group("c", 0.5, cluster="rates"),
    )

    assert both(found, 0, 1) == pytest.approx(0.25 + math.asin(0.3) / math.tau, abs=1e-6)
    assert both(found, 0, 2) == pytest.approx(0.25 + math.asin(0.6) / math.tau, abs=1e-6)


def test_of_an_exclusive_group_at_most_one_happens() -> None:
    found = scenarios(group("winner", 0.45, 0.3, 0.15), group("war", 0.1), loadings=Loadings())

    assert found.happens[:, :3].sum(axis=1).max() == 1.0
    assert found.weights @ found.happens == pytest.approx([0.45, 0.3, 0.15, 0.1], abs=1e-9)
    # The outcome named first comes with other bad events.
    given_war = found.weights * found.happens[:, 3]
    assert given_war @ found.happens[:, 0] / 0.1 > 0.6


def test_a_group_that_covers_everything_always_has_a_winner() -> None:
    found = scenarios(group("winner", 0.6, 0.4))

    assert len(found.weights) == 2
    assert found.happens.sum(axis=1).min() == 1.0


def test_a_group_resolved_wrongly_still_pays_one_of_its_outcomes_or_none() -> None:
    found = scenarios(group("winner", 0.5, 0.3, missed=0.1, stray=0.02), loadings=APART)

    table = {
        (tuple(happens), tuple(pays)): weight
        for happens, pays, weight in zip(found.happens, found.pays, found.weights, strict=True)
    }
    first, second, none = (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)
    assert table[first, first] == pytest.approx(0.5 * 0.9)
    assert table[first, second] == pytest.approx(0.5 * 0.1 * 0.3 / 0.5)
    assert table[first, none] == pytest.approx(0.5 * 0.1 * 0.2 / 0.5)
    assert table[none, second] == pytest.approx(0.2 * 0.02 * 0.3 / 0.8)
    assert table[none, none] == pytest.approx(0.2 * 0.98)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_what_is_certain_is_in_every_scenario(p: float) -> None:
    found = scenarios(group("a", p, missed=0.0), group("b", 0.3))

    assert len(found.weights) == 2
    assert set(found.happens[:, 0]) == {p}


def test_what_is_certain_may_still_be_resolved_otherwise_only_by_a_stray() -> None:
    sure = scenarios(group("a", 1.0, missed=0.1), loadings=APART)
    never = scenarios(group("a", 0.0, stray=0.1), loadings=APART)

    assert (len(sure.weights), sure.pays[0, 0]) == (1, 1.0)
    assert (len(never.weights), never.pays[0, 0]) == (1, 0.0)


def test_without_groups_one_scenario_is_left() -> None:
    found = scenarios()

    assert found.weights.tolist() == [1.0]
    assert found.happens.shape == (1, 0)


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ([group("a", 1.2)], "BAD_PROBABILITY"),
        ([group("a", -0.1)], "BAD_PROBABILITY"),
        ([group("a", math.nan)], "BAD_PROBABILITY"),
        ([group("a", 0.5, missed=2.0)], "BAD_PROBABILITY"),
        ([group("a", 0.7, 0.5)], "CONTRADICTION"),
        ([group("a", 0.7), group("a", 0.5)], "CONTRADICTION"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_reason(groups: list[Group], code: str) -> None:
    answer = joint_scenarios(groups, Loadings())

    assert isinstance(answer, Trouble)
    assert answer.code == code
    assert "a" in answer.text


def test_correlation_of_one_is_refused() -> None:
    answer = joint_scenarios([group("a", 0.5)], Loadings(0.3, 1.0))

    assert isinstance(answer, Trouble)
    assert answer.code == "BAD_CORRELATION"


def test_twelve_events_are_listed_and_thirteen_are_drawn() -> None:
    twelve = scenarios(*(group(f"event {index:02}", 0.2) for index in range(12)))
    thirteen = scenarios(*(group(f"event {index:02}", 0.2) for index in range(13)))

    assert (twelve.exact, len(twelve.weights)) == (True, 4096)
    assert not thirteen.exact
    assert len(thirteen.weights) < 4096  # rows that came twice are one
    assert thirteen.weights @ thirteen.happens == pytest.approx(0.2, abs=1e-9)


def ten_events(loadings: Loadings, *, most_rows: int) -> Scenarios:
    chance = np.random.default_rng(3)
    groups = [group(f"event {index:02}", float(chance.uniform(0.05, 0.4))) for index in range(10)]
    return scenarios(*groups, loadings=loadings, most_rows=most_rows)


def plan(found: Scenarios) -> tuple[Programme, Floats]:
    programme = Programme(
        wealth=np.prod(1.0 - 0.06 * found.happens, axis=1)[:, None],
        weights=found.weights,
        node_weights=np.ones(1),
        payoffs=found.pays,
        gamma=3.0,
        offers=tuple(
            buy(1.06 * float(p), market=index)
            for index, p in enumerate(found.weights @ found.happens)
        ),
    )
    return programme, np.array(solved(programme).shares)


@pytest.mark.parametrize("loadings", [APART, Loadings(0.3, 0.3)])
def test_a_sample_loses_almost_nothing_against_all_combinations(loadings: Loadings) -> None:
    exact = ten_events(loadings, most_rows=4096)
    drawn = ten_events(loadings, most_rows=512)
    programme, _ = plan(exact)
    _, taken = plan(drawn)
    best = solved(programme)

    cost = np.array([offer.charge for offer in programme.offers])
    wealth = programme.wealth[:, 0] + (programme.payoffs - cost) @ taken
    reached = float(programme.weights @ wealth**-2.0) ** -0.5

    assert exact.exact
    assert not drawn.exact
    available = best.ce_after_usd / best.ce_before_usd - 1.0
    assert best.ce_after_usd - reached < 0.03 * available


def test_the_order_of_the_groups_changes_only_that_of_the_columns() -> None:
    groups = [group(f"event {index:02}", 0.05 + 0.02 * index, missed=0.01) for index in range(9)]

    one, other = scenarios(*groups), scenarios(*reversed(groups))

    assert not one.exact
    assert other.weights == pytest.approx(one.weights, abs=1e-12)
    assert np.array_equal(other.happens, one.happens[:, ::-1])
    assert np.array_equal(other.pays, one.pays[:, ::-1])


@settings(max_examples=10)
@given(
    chances=st.lists(st.one_of(st.floats(1e-4, 0.9999), st.just(0.0)), min_size=13, max_size=40),
    wrong=st.sampled_from((0.0, 0.01, 0.05)),
)
def test_a_sample_of_many_events_keeps_each_probability(chances: list[float], wrong: float) -> None:
    groups = [
        group(f"event {index:02}", p, missed=wrong, stray=wrong / 4.0, cluster="ab"[index % 2])
        for index, p in enumerate(chances)
    ]

    found = scenarios(*groups, most_rows=1024)

    assert found.weights @ found.happens == pytest.approx(np.array(chances), abs=1e-7)
    assert float(found.weights.min()) >= 0.0


def test_raking_moves_weights_that_are_far_from_right() -> None:
    codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    weights = np.array([1.0 - 3e-9, 1e-9, 1e-9, 1e-9])
    wanted = [np.array([0.01, 0.99]), np.array([0.02, 0.98])]

    raked = rake(codes, weights, wanted)

    for column, chance in enumerate(wanted):
        assert np.bincount(codes[:, column], raked) == pytest.approx(chance, abs=1e-9)


def test_raking_what_cannot_be_ends_with_weights_that_add_up_to_1() -> None:
    codes = np.array([[0, 0], [1, 1]])  # both events always happen together

    raked = rake(codes, np.array([0.5, 0.5]), [np.array([0.3, 0.7]), np.array([0.6, 0.4])])

    assert raked.sum() == pytest.approx(1.0)
    assert float(raked.min()) >= 0.0


def test_a_sample_that_misses_a_probability_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raking, "_MOST_ROUNDS", 0)

    answer = joint_scenarios([group(f"event {index}", 0.213) for index in range(13)], Loadings())

    assert isinstance(answer, Trouble)
    assert answer.code == "NOT_RAKED"


@given(
    pays=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5),
    missed=st.floats(0.0, 0.3),
    stray=st.floats(0.0, 0.1),
)
def test_outcomes_are_as_probable_as_makes_their_markets_pay_what_their_prices_say(
    pays: list[float], missed: float, stray: float
) -> None:
    wanted = [each / max(1.0, sum(pays)) for each in pays]

    chances = chances_behind(wanted, missed=missed, stray=stray)

    assert sum(chances) <= 1.0 + 1e-9
    paid = scenarios(group("a", *chances, missed=missed, stray=stray), loadings=APART)
    reached = paid.weights @ paid.pays
    inner = len(wanted) == 1 and stray < wanted[0] < 1.0 - missed
    if inner:
        assert reached == pytest.approx(wanted, abs=1e-8)
        expected = chance_behind(wanted[0], missed=missed, stray=stray)
        assert chances[0] == pytest.approx(expected, abs=1e-7)


def test_exclusive_outcomes_pay_what_their_prices_say() -> None:
    wanted = (0.4, 0.3, 0.1)

    chances = chances_behind(wanted, missed=0.05, stray=0.01)

    found = scenarios(group("a", *chances, missed=0.05, stray=0.01), loadings=Loadings())
    assert found.weights @ found.pays == pytest.approx(wanted, abs=1e-8)
    assert chances != pytest.approx(wanted, abs=1e-4)


def test_a_sample_keeps_what_only_a_cluster_shares() -> None:
    others = [group(f"other {index:02}", 0.3, cluster="war") for index in range(12)]

    found = scenarios(group("a", 0.5, cluster="rates"), group("b", 0.5, cluster="rates"), *others)

    assert not found.exact
    assert both(found, 0, 1) == pytest.approx(0.25 + math.asin(0.6) / math.tau, abs=0.01)
    assert both(found, 0, 2) < both(found, 0, 1) - 0.05


def test_a_sample_of_what_never_happens_pays_only_by_a_stray() -> None:
    never = group("never", 0.0, missed=0.1, stray=0.02)
    others = [group(f"other {index:02}", 0.3, missed=0.1, stray=0.02) for index in range(13)]

    found = scenarios(never, *others, loadings=APART)

    assert not found.exact
    assert found.happens[:, 0].max() == 0.0
    assert found.weights @ found.happens[:, 1:] == pytest.approx([0.3] * 13, abs=1e-7)
