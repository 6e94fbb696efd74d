"""What hedging did: read from a ledger, measured, and drawn. A backtest, paper and live alike."""
