"""Runs one cycle: gather, decide, record, act, reconcile; knows nothing of modes."""
