"""A market simulator with no network and no money: what a fresh install trades on.

It is a function of (seed, start, time): it keeps no history, and a restart at any instant finds
the same books, prints and outcomes. It knows nothing of strategies, positions or orders.

Realistic: events in series with several dates listed at once, both kinds of market side by side,
mirrored books on the venue's ticks, spreads and depths of the size seen on the venue, quiet hours,
jumps, the finer tick near 0 and 1, fees by category, closing before resolution, disputes, and
outcomes that come as often as the price said (also the few that pay 50/50).

Not realistic: events do not depend on each other nor on the portfolio's prices; dates of one
series move together only where one outcome implies the other ("by <date>"); books are redrawn on
the half hour and do not react to orders; nobody is better or worse informed than the price.

So it proves the plumbing. Since every price is fair, nothing earned or lost here says anything
about a strategy.
"""
