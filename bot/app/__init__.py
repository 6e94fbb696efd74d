"""Composition root: builds the ports of a mode, runs cycles when they are due, stops cleanly."""
