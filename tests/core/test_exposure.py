"""What a portfolio loses if an event happens, and from which holding it comes."""

import pytest

from bot.core.exposure import Exposure, measure_exposure, measure_loss
from bot.model.portfolio import PricedHolding
from bot.model.strategy import Impact, ImpactBasis, ImpactKey, ImpactLine
from tests.core.builders import EVENT, make_holding, make_line


def measure(
    *holdings: PricedHolding,
    lines: tuple[ImpactLine, ...] = (),
    basis: ImpactBasis = ImpactBasis.DIFFERENCE,
    probability: float = 0.2,
) -> Exposure:
    impact = Impact(basis=basis, lines=lines)
    exposure = measure_exposure(holdings, event=EVENT, impact=impact, probability=probability)
    loss = measure_loss(holdings, event=EVENT, impact=impact, probability=probability)
    assert loss == pytest.approx(exposure.loss_usd_est)
    return exposure


def test_each_touched_holding_is_named_with_its_source_the_largest_loss_first() -> None:
    small, large = make_holding("IBM", 1_000.0), make_holding("QQQ", 50_000.0)
    other = make_holding("TLT", 9_000.0, sector="bonds")

    exposure = measure(small, other, large, lines=(make_line(fraction=-0.07),))

    assert exposure.loss_usd_est == pytest.approx(3_570.0)
    assert [line.symbol for line in exposure.lines] == ["QQQ", "IBM"]
    assert exposure.lines[0].change_usd_est == pytest.approx(-3_500.0)
    assert exposure.lines[0].because == "-7.00% by sector technology (fed.yaml:9)"


def test_a_short_gains_where_a_long_loses() -> None:
    exposure = measure(
        make_holding("QQQ", 10_000.0),
        make_holding("XLK", -4_000.0),
        lines=(make_line(fraction=-0.1),),
    )

    assert exposure.loss_usd_est == pytest.approx(600.0)
    assert [line.change_usd_est for line in exposure.lines] == pytest.approx([-1_000.0, 400.0])


def test_an_event_that_gains_has_a_negative_loss() -> None:
    assert measure(make_holding(), lines=(make_line(fraction=0.1),)).loss_usd_est < 0.0


def test_nothing_touched_loses_nothing() -> None:
    exposure = measure(make_holding(sector="bonds"), lines=(make_line(),))

    assert (exposure.loss_usd_est, exposure.lines) == (0.0, ())


def test_names_match_whatever_their_case() -> None:
    assert measure(make_holding(sector="Technology"), lines=(make_line(),)).lines


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((ImpactKey.REGION, ImpactKey.SYMBOL, ImpactKey.SECTOR), -0.05),
        ((ImpactKey.SECTOR, ImpactKey.CLUSTER), -0.04),
        ((ImpactKey.REGION, ImpactKey.ASSET_CLASS, ImpactKey.SECTOR), -0.03),
        ((ImpactKey.REGION, ImpactKey.ASSET_CLASS), -0.02),
        ((ImpactKey.REGION,), -0.01),
    ],
)
def test_contradictory_lines_are_resolved_by_precedence(
    keys: tuple[ImpactKey, ...], expected: float
) -> None:
    by_key = {
        ImpactKey.SYMBOL: make_line("QQQ", -0.05, key=ImpactKey.SYMBOL),
        ImpactKey.CLUSTER: make_line("growth", -0.04, key=ImpactKey.CLUSTER),
        ImpactKey.SECTOR: make_line("technology", -0.03),
        ImpactKey.ASSET_CLASS: make_line("equity", -0.02, key=ImpactKey.ASSET_CLASS),
        ImpactKey.REGION: make_line("US", -0.01, key=ImpactKey.REGION),
    }
    holding = make_holding("QQQ", 1.0, region="US", cluster="growth", asset_class="equity")

    exposure = measure(holding, lines=tuple(by_key[key] for key in keys))

    assert exposure.lines[0].change_usd_est == pytest.approx(expected)


def test_of_two_lines_alike_the_first_counts() -> None:
    lines = (make_line(fraction=-0.1), make_line(fraction=-0.9))

    assert measure(make_holding(usd=10.0), lines=lines).loss_usd_est == pytest.approx(1.0)


def test_the_tag_of_a_holding_beats_every_line() -> None:
    holding = make_holding("QQQ", 1_000.0, events={EVENT: 0.02})

    exposure = measure(holding, lines=(make_line("QQQ", -0.5, key=ImpactKey.SYMBOL),))

    assert exposure.loss_usd_est == pytest.approx(-20.0)
    assert exposure.lines[0].because == "+2.00% by the holding's own tag (config.yaml:12)"


def test_a_line_in_usd_is_shared_by_absolute_worth() -> None:
    exposure = measure(
        make_holding("QQQ", 30_000.0),
        make_holding("XLK", -10_000.0),
        make_holding("IBM", 5_000.0, events={EVENT: -0.1}),
        lines=(make_line(usd=-800.0),),
    )

    assert {line.symbol: line.change_usd_est for line in exposure.lines} == pytest.approx(
        {"QQQ": -600.0, "XLK": -200.0, "IBM": -500.0}
    )
    assert exposure.lines[0].because == "75% of -800 USD by sector technology (fed.yaml:9)"


def test_a_line_in_usd_over_worthless_holdings_moves_nothing() -> None:
    assert measure(make_holding(usd=0.0), lines=(make_line(usd=-800.0),)).loss_usd_est == 0.0


def test_lines_in_usd_and_in_percent_stand_beside_each_other() -> None:
    exposure = measure(
        make_holding("QQQ", 1_000.0),
        make_holding("TLT", 1_000.0, sector="bonds"),
        lines=(make_line(usd=-100.0), make_line("bonds", -0.2)),
    )

    assert exposure.loss_usd_est == pytest.approx(300.0)


def test_an_impact_from_today_is_scaled_by_what_today_already_holds() -> None:
    lines = (make_line(fraction=-0.1),)

    exposure = measure(
        make_holding(usd=1_000.0), lines=lines, basis=ImpactBasis.FROM_TODAY, probability=0.2
    )

    assert exposure.loss_usd_est == pytest.approx(100.0 / 0.8)
    assert exposure.lines[0].change_usd_est == pytest.approx(-125.0)


def test_an_impact_from_today_is_scaled_up_ten_times_at_most() -> None:
    lines = (make_line(fraction=-0.1),)

    exposure = measure(
        make_holding(usd=1.0), lines=lines, basis=ImpactBasis.FROM_TODAY, probability=1.0
    )

    assert exposure.loss_usd_est == pytest.approx(1.0)
