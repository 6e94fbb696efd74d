"""How estimates are rounded before they are recorded."""


def round_estimate(number: float) -> float:
    """Return ``number`` to 9 significant digits.

    The same decision gives other last digits on another machine's mathematics library; a recorded
    decision must be repeated byte for byte.
    """
    return float(f"{number:.9g}")
