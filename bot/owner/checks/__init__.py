"""The doctor's checks: each looks at one thing, changes nothing, and returns its line.

What cannot be read raises ``DataError`` or ``VenueError``; the doctor makes "unknown" of it.
"""
