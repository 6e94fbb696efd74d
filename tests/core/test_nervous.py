"""What a regime does: losses and background grow with volatility, correlations rise; no more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.case import Case, open_case
from bot.core.decide import decide
from bot.core.known import know_all
from bot.core.nervous import nervous_scale
from bot.core.outlook import look_out
from bot.core.programme import Trouble
from bot.model.decision import EventDecision
from bot.model.portfolio import Reading
from bot.model.view import Correlations, View
from tests.core.builders import All, make_strategy, make_view, the_event
from tests.core.several import several
from tests.fakes import START

STRATEGY = make_strategy(sizing=All())


def nervous(
    view: View, ratio: float | None, *, stress: float | None = 1.0, age: timedelta = timedelta(0)
) -> View:
    """Return the view with a volatility that has grown; None: that reading is missing."""
    said = {"vol.ratio": ratio, "vol.stress": stress}
    readings = {
        name: Reading(name=name, number=number, as_of=view.now - age)
        for name, number in said.items()
        if number is not None
    }
    return replace(
        view,
        portfolio=replace(view.portfolio, readings=readings),
        limits=replace(view.limits, volatility_reading="vol"),
    )


@pytest.mark.parametrize(("ratio", "scale"), [(1.6, 1.6), (0.7, 1.0), (3.0, 2.0), (None, 1.0)])
def test_losses_grow_as_volatility_has_and_at_most_twice(ratio: float | None, scale: float) -> None:
    assert nervous_scale(nervous(make_view(), ratio)) == scale


@pytest.mark.parametrize("stress", [0.0, None])
def test_in_calm_nothing_grows(stress: float | None) -> None:
    assert nervous_scale(nervous(make_view(), 1.6, stress=stress)) == 1.0


def test_a_reading_too_old_says_nothing() -> None:
    assert nervous_scale(nervous(make_view(), 1.6, age=timedelta(days=4))) == 1.6
    assert nervous_scale(nervous(make_view(), 1.6, age=timedelta(days=5))) == 1.0


def test_no_reading_is_looked_at_unless_it_is_named() -> None:
    view = nervous(make_view(), 1.6)

    assert nervous_scale(replace(view, limits=make_view().limits)) == 1.0


def test_nervous_scales_the_loss_and_the_background_of_the_programme() -> None:
    calm, stress = (_spread(make_view(), scale) for scale in (1.0, 1.6))

    assert stress[0] == pytest.approx(1.6 * calm[0])
    assert stress[1] > 1.3 * calm[1]


def _spread(view: View, scale: float) -> tuple[float, float]:
    """Return what the event takes and how far the background spreads where it does not happen."""
    view = nervous(view, scale)
    case = open_case(view, view.events[0], STRATEGY)
    assert isinstance(case, Case)
    outlook = look_out(view, know_all(view, {STRATEGY.event: STRATEGY}), (), days=30.0)
    assert not isinstance(outlook, Trouble)
    best = outlook.wealth[outlook.wealth.mean(axis=1).argmax()]
    return case.exposure_usd_est, float(best.max() - best.min())


def decided(view: View) -> EventDecision:
    return the_event(decide(view, (STRATEGY,)))


def test_more_is_hedged_in_stress_and_the_plan_says_why() -> None:
    calm, stress = decided(make_view()), decided(nervous(make_view(), 1.6))
    (note,) = decide(nervous(make_view(), 1.6), (STRATEGY,)).notes

    assert stress.exposure_usd_est == pytest.approx(1.6 * calm.exposure_usd_est)
    assert stress.planned_shares > calm.planned_shares
    assert (note.code, note.text) == (
        "VOLATILITY_STRESS",
        "vol is in stress: losses count 1.60 times",
    )


def test_the_hedge_itself_is_not_multiplied() -> None:
    # A price that is worth nothing in calm stays refused: only the loss has grown.
    small = make_strategy(sizing=All(), lines=(replace(STRATEGY.impact.lines[0], fraction=-0.01),))

    event = the_event(decide(nervous(make_view(), 2.0), (small,)))

    assert event.planned_shares == 0.0
    assert event.target_shares == pytest.approx(1_000.0)


def test_a_breakdown_of_correlation_raises_what_cover_is_worth() -> None:
    view, strategies = several(3, fraction=0.4)
    reading = Reading(name="together.stress", number=1.0, as_of=START)
    limits = replace(view.limits, correlations=Correlations(stressed_by=reading.name))
    stressed = replace(
        view,
        limits=limits,
        portfolio=replace(view.portfolio, readings={reading.name: reading}),
    )

    before, after = decide(view, strategies).events, decide(stressed, strategies).events

    assert all(
        more.reservation_price > less.reservation_price
        for less, more in zip(before, after, strict=True)
    )


def test_an_old_reading_of_correlation_counts_as_calm() -> None:
    view, strategies = several(3, fraction=0.4)
    age = view.limits.max_price_age + timedelta(seconds=1)
    reading = Reading(name="together.stress", number=1.0, as_of=view.now - age)
    limits = replace(view.limits, correlations=Correlations(stressed_by=reading.name))
    old = replace(
        view,
        limits=limits,
        portfolio=replace(view.portfolio, readings={reading.name: reading}),
    )
    fresh = replace(
        old,
        portfolio=replace(
            view.portfolio, readings={reading.name: replace(reading, as_of=view.now)}
        ),
    )

    calm = decide(view, strategies).events

    assert [event.reservation_price for event in decide(old, strategies).events] == [
        event.reservation_price for event in calm
    ]
    assert decide(fresh, strategies).events[0].reservation_price != calm[0].reservation_price
