"""The only user of polymarket-client: it logs in, signs, posts, cancels and relays.

Private parts of one pinned version are used, because its public ones would send by themselves:
``create`` deploys a wallet, ``place_*`` approves and posts again. Nothing here does either.

**Source:** polymarket-client 0.14.0, read 2026-11; POLYMARKET sections 2.1, 2.3, 3, 4.3, 8.
"""
