"""Drops old views, the only rows that may go: they explain, they do not tell of money."""

from typing import TYPE_CHECKING

from bot.ledger import codec

if TYPE_CHECKING:
    from sqlite_utils import Database

_DROPPABLE = "at < ? AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.cycle = views.cycle)"


def drop_views(db: "Database", *, before: str) -> int:
    """Drop the views of days before ``before`` that led to no order; return how many.

    The parts of such a day go too, but for those that a kept view of that day needs.
    """
    days = db.execute(
        f"SELECT DISTINCT substr(at, 1, 10) FROM views WHERE {_DROPPABLE}",  # noqa: S608
        [before],
    ).fetchall()
    dropped = db.execute(f"DELETE FROM views WHERE {_DROPPABLE}", [before]).rowcount  # noqa: S608
    for (day,) in days:
        needed: set[int] = set()
        for (body,) in db.execute("SELECT body FROM views WHERE substr(at, 1, 10) = ?", [day]):
            needed |= codec.parts_of(codec.unpack(body))
        ids = [row[0] for row in db.execute("SELECT id FROM parts WHERE day = ?", [day])]
        for number in ids:
            if number not in needed:
                db.execute("DELETE FROM parts WHERE id = ?", [number])
    return int(dropped)
