"""Reads holdings and their prices; one file per source."""
