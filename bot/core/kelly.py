"""The Kelly rule for a share that pays 1 USD, and the popular rule beside it."""


def kelly_fraction(p: float, c: float) -> float:
    """Return the fraction of wealth that true Kelly stakes on a share; 0 without an edge.

    ``f = (p - c) / (1 - c)``.

    Args:
        p: Our probability that the share pays.
        c: All-in cost of a share, USD, above 0; at 1 or more there is nothing to win.

    **Source:** HEDGING section 1.3; J. L. Kelly, 1956, with net odds ``(1 - c) / c``.
    """
    if c >= 1.0:
        return 0.0
    return max(0.0, (p - c) / (1.0 - c))


def edge_over_odds(p: float, c: float) -> float:
    """Return the popular rule, edge divided by odds, of wealth; 0 without an edge.

    ``edge = p / c - 1`` is the expected profit per USD staked, ``odds = (1 - c) / c`` the profit
    per USD staked if it pays. With these two readings it is Kelly; with "edge" read as ``p - c``
    or with decimal odds it is not.

    Args:
        p: Our probability that the share pays.
        c: All-in cost of a share, USD, above 0; at 1 or more there is nothing to win.

    **Source:** HEDGING section 1.3: an edge of 35% at odds of 3 is 11.67%.
    """
    if c >= 1.0:
        return 0.0
    edge = p / c - 1.0
    odds = (1.0 - c) / c
    return max(0.0, edge / odds)
