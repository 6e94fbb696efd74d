"""Sizing rules: how many shares to hold."""
