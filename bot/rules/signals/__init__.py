"""Signals: evidence of how probable an event is."""
