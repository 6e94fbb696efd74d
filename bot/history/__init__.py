"""Recorded markets and prices for a backtest: what was known at an instant, and nothing later."""
