"""The hedge that leaves the least variance: shares per USD of loss, and how much they remove."""


def hedge_ratio(p: float, *, missed: float, stray: float) -> float:
    """Return how many shares per USD of loss leave the least variance.

    ``Cov(loss, D) / Var(D)`` for a loss of 1 USD if the event happens: 1 where the market pays
    exactly then, whatever the probability; less where it may resolve otherwise.

    Args:
        p: Probability of the event.
        missed: Probability that the market does not pay although the event happened.
        stray: Probability that it pays although the event did not happen.

    **Source:** HEDGING section 1.4; L. H. Ederington, 1979.
    """
    pays = p * (1.0 - missed) + (1.0 - p) * stray
    variance = pays * (1.0 - pays)
    return p * (1.0 - p) * (1.0 - missed - stray) / variance if variance > 0.0 else 0.0


def effectiveness(p: float, *, missed: float, stray: float) -> float:
    """Return the part of the event's variance that this hedge removes: its squared correlation.

    Args:
        p: As in `hedge_ratio`, and so the rest.
        missed: See there.
        stray: See there.
    """
    return max(hedge_ratio(p, missed=missed, stray=stray), 0.0) * (1.0 - missed - stray)


def chance_behind(pays: float, *, missed: float, stray: float) -> float:
    """Return how probable an event is whose market pays with the probability ``pays``; from 0 to 1.

    Args:
        pays: What a price says.
        missed: As in `hedge_ratio`.
        stray: See there.
    """
    right = 1.0 - missed - stray
    return min(max((pays - stray) / right, 0.0), 1.0) if right > 0.0 else pays
