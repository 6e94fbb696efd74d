"""The vocabulary: units, ids and immutable records; no behaviour beyond validity and conversion."""
