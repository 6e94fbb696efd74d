"""Quotes and trades: the ``Venue`` and ``MarketData`` protocols and their adapters."""
