"""Readings: numbers computed from recorded series, for triggers and signals to look at."""
