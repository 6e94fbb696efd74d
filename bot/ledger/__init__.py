"""Append-only SQLite memory of views, decisions, orders, fills and settlements."""
