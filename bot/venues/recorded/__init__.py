"""Market data that was kept: tapes (one adapter per recording) and the source that plays one."""
