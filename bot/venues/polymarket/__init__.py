"""Polymarket over its own wire: discovery, books, and the reading of our own orders and trades."""
