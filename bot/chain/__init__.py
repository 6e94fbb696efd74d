"""Reads the blockchain, and sends an EOA's own transactions; the only home of web3."""
