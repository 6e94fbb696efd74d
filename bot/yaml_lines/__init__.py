"""Reads YAML with every scalar as text, and its line; knows nothing of what the options mean."""
