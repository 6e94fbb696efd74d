"""A daemon that hedges what its user owns against real-world events, on Polymarket."""

__version__ = "0.1.0"
