"""Many backtests over a grid of strategy options, and an honest choice among them."""
