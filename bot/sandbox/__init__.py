"""A local exchange that speaks Polymarket's wire protocol on 127.0.0.1, with faults at will."""
