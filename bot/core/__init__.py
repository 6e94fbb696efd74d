"""The decisions, one file per stage, all pure: no IO, no time, no chance, no logging."""
