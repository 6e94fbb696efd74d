"""A daemon that hedges what its user owns against real-world events, on Polymarket."""

import os

__version__ = "0.1.0"

# Linear algebra reads this once, when numpy is loaded. The problems here are small: more threads
# only wait for each other, and their number would change the last digits of what is computed.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
