"""Triggers: when an event's plan is made again."""
