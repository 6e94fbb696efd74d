"""How a portfolio fares by each way to size a hedge, on the same paths.

(a) 40,000 paths of ten years, shares by the closed form; (b) some of them by the real ``decide``,
which must agree. The worlds and what is assumed of them: ``contest_world``. Told that nothing but
the events moves the portfolio, ``decide`` buys what the closed form does; told of its noise, which
the closed form cannot weigh, it buys 1.5% less.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.policy_contest
    OPENBLAS_NUM_THREADS=1 python -m benchmarks.policy_contest otherwise

The second prints how the default fares in worlds that differ from the base world in one thing.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.contest_decide import play_decide
from benchmarks.contest_policies import (
    DEFAULT,
    GATED,
    KELLY,
    NONE,
    ORACLE,
    POLICIES,
    RISK_AVERSION,
    Policy,
)
from benchmarks.contest_scores import Gain, Outcome, bull_drag, certain_growth, compare, join, play
from benchmarks.contest_world import BASE, SMALL, World, draw

PATHS = 40_000
BY_DECIDE = 300
"""Paths that the real ``decide`` plays too."""
GAMMAS = (3.0, RISK_AVERSION)
LEAST_REFUSED = 0.90
MOST_APART = 0.03
"""Of premium, between ``decide`` and the closed form."""
MOST_LOST = 1e-4
"""A year, against not hedging, where hedges do not pay: 1 basis point."""

OTHERWISE = (
    replace(BASE, name="p 2% to 20%", least_p=0.02, most_p=0.20),
    replace(BASE, name="p 10% to 50%", least_p=0.10, most_p=0.50),
    replace(BASE, name="theta 3% to 6%", most_theta=0.06),
    replace(BASE, name="b 1", bias=1.0),
    replace(BASE, name="b 1.2", bias=1.2),
    replace(BASE, name="market noise 0.4", market_noise=0.4),
    replace(BASE, name="model noise 0.15", model_noise=0.15),
    replace(BASE, name="sigma 16%", sigma=0.16),
    replace(BASE, name="drift 3%", drift=0.03),
)
"""The base world but for one thing: what is assumed of it matters that much."""

Played = dict[Policy, Outcome]


def main(arguments: list[str]) -> int:
    """Print the table of each world; return 1 if one is not what it must be."""
    if arguments:
        print_otherwise()
        return 0
    began = time.perf_counter()
    base, small = play_all(BASE, paths=PATHS), play_all(SMALL, paths=PATHS)
    missed = 0
    for world, played, claims in (
        (BASE, base, check_base(base)),
        (SMALL, small, check_small(small)),
    ):
        print(f"\n{world.name} world, {PATHS:,} paths: {describe(world)}")
        print_table(played)
        missed += print_claims(claims)
    print_prices(base)
    print(f"  closed form, both worlds: {time.perf_counter() - began:.0f} s\n")
    missed += print_claims(check_decide(BASE, paths=BY_DECIDE))
    missed += print_claims(check_refused(SMALL, paths=BY_DECIDE // 6))
    return int(missed > 0)


def play_all(world: World, *, paths: int, policies: Sequence[Policy] = POLICIES) -> Played:
    """Return what comes of every policy."""
    parts: dict[Policy, list[Outcome]] = {policy: [] for policy in policies}
    for history in draw(world, paths=paths):
        for policy in policies:
            parts[policy].append(play(policy, history))
    return {policy: join(each) for policy, each in parts.items()}


def check_base(played: Played) -> list[tuple[str, bool]]:
    """Return what must be so where hedges are worth having, and whether it is."""
    claims = []
    for gamma in GAMMAS:
        ours = compare(played[DEFAULT], played[NONE], gamma)
        claims.append(
            (f"the default beats none at risk aversion {gamma:g}: {say(ours)}", ours.low > 0)
        )
    for gamma in GAMMAS:
        kelly = compare(played[KELLY], played[NONE], gamma)
        claims.append((f"article Kelly loses to none at {gamma:g}: {say(kelly)}", kelly.high < 0))
    return claims


def check_small(played: Played) -> list[tuple[str, bool]]:
    """Return what must be so where no hedge is worth its price, and whether it is."""
    refused = 1.0 - played[DEFAULT].hedged / played[DEFAULT].offered
    claims = [(f"the default refuses {refused:.1%} of hedges", refused >= LEAST_REFUSED)]
    uncapped = 1.0 - played[GATED].hedged / played[GATED].offered
    claims.append((f"the gate alone refuses {uncapped:.1%}", uncapped >= LEAST_REFUSED))
    for gamma in GAMMAS:
        ours = compare(played[DEFAULT], played[NONE], gamma)
        text = f"the default is not worse than none by over 1 bp at {gamma:g}: {say(ours)}"
        claims.append((text, ours.low > -MOST_LOST))
    return claims


def check_decide(world: World, *, paths: int) -> list[tuple[str, bool]]:
    """Return whether the real ``decide`` and the closed form make the same of the same paths."""
    (history,) = draw(world, paths=paths, seed=2)
    real, twin, none = play_decide(world, history), play(DEFAULT, history), play(NONE, history)
    print(f"  {paths} paths by the real decide, {world.name} world: {real.hedged:,} of", end=" ")
    print(f"{real.offered:,} events hedged, by the closed form {twin.hedged:,}")
    doubting = play_decide(world, history, told=False)
    print(f"    with its default doubts {doubting.hedged:,}, {doubting.turnover.mean():.3%} a year")
    claims = []
    for gamma in GAMMAS:
        apart, ours = compare(real, twin, gamma), compare(real, none, gamma)
        print(f"    against none at {gamma:g}: {say(ours)}, and with its default doubts")
        print(f"      {say(compare(doubting, none, gamma))}")
        text = f"decide differs from the closed form at {gamma:g} by {say(apart)}: within noise"
        claims.append((text, apart.low <= 0.0 <= apart.high))
    # The interval alone would let pass a twin that buys half as much again.
    spends, should = float(real.turnover.mean()), float(twin.turnover.mean())
    text = f"decide spends {spends:.3%} a year on premium, the closed form {should:.3%}"
    claims.append((text, abs(spends - should) <= MOST_APART * should))
    return claims


def check_refused(world: World, *, paths: int) -> list[tuple[str, bool]]:
    """Return whether the real ``decide`` refuses what is not worth its price."""
    (history,) = draw(world, paths=paths, seed=2)
    real = play_decide(world, history)
    refused = 1.0 - real.hedged / real.offered
    text = f"decide refuses {refused:.1%} of {real.offered:,} hedges of the {world.name} world"
    return [(text, refused >= LEAST_REFUSED)]


def print_table(played: Played) -> None:
    """Print one line for each policy."""
    head = "".join(f"{f'CE {gamma:g}':>9}" for gamma in GAMMAS)
    head += f"{'growth':>9}{'drawdown':>10}{'bull drag':>11}{'turnover':>10}{'hedged':>8}"
    print(f"  {'':<32}{head}")
    for policy, each in played.items():
        ce = "".join(f"{1e4 * certain_growth(each, gamma):>9,.0f}" for gamma in GAMMAS)
        print(
            f"  {policy.name:<32}{ce}{each.log_wealth.mean() / each.yearly.shape[1]:>9.2%}"
            f"{np.median(each.drawdown):>10.1%}{bull_drag(each, played[NONE]):>11.2%}"
            f"{each.turnover.mean():>10.2%}{each.hedged / each.offered:>8.0%}"
        )


def print_claims(claims: list[tuple[str, bool]]) -> int:
    """Print each with whether it holds; return how many do not."""
    for text, holds in claims:
        print(f"  {'ok  ' if holds else '>>> NOT SO:'} {text}")
    return sum(not holds for _, holds in claims)


def print_prices(played: Played) -> None:
    """Print how far the default is from the best policy, and what the premium cap costs."""
    for gamma in GAMMAS:
        able = [policy for policy in played if policy is not ORACLE]
        best = max(able, key=lambda policy: certain_growth(played[policy], gamma))
        far = compare(played[best], played[DEFAULT], gamma)
        cap = compare(played[GATED], played[DEFAULT], gamma)
        print(f"  at {gamma:g}: the best policy, {best.name}, is {say(far)} above the default;")
        print(f"    the premium cap costs {say(cap)}")


def print_otherwise() -> None:
    """Print how the default and article Kelly fare against not hedging in other worlds."""
    print(f"against none, {PATHS // 2:,} paths, certainty equivalent at 3 and {RISK_AVERSION:g}")
    for world in OTHERWISE:
        played = play_all(world, paths=PATHS // 2, policies=(NONE, KELLY, DEFAULT))
        ours, kelly = (
            [compare(played[policy], played[NONE], gamma) for gamma in GAMMAS]
            for policy in (DEFAULT, KELLY)
        )
        print(f"  {world.name:<18}{' and '.join(map(say, ours))}; article Kelly", end=" ")
        print(", ".join(f"{1e4 * each.mean:+,.0f}" for each in kelly), flush=True)


def say(gain: Gain) -> str:
    """Return a difference of sure growth a year, in basis points."""
    mean, low, high = (1e4 * number for number in gain)
    return f"{mean:+.1f} bp a year ({low:+.1f} to {high:+.1f})"


def describe(world: World) -> str:
    """Return what a world is like, in a line."""
    return (
        f"theta {world.least_theta:.0%} to {world.most_theta:.0%}, sigma {world.sigma:.0%},"
        f" p {world.least_p:.0%} to {world.most_p:.0%}, b {world.bias:g}, noise of the market"
        f" {world.market_noise:g} and of the model {world.model_noise:g}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
