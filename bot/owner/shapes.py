"""Holds a JSON payload against a wire model, field by field; it decides nothing.

Where the model reads the payload at all, this says what it did not see or did not expect.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec import inspect

_MOST_ROWS = 50
"""Rows of a list that are looked at: what differs does so early."""
_KINDS: dict[type, str] = {
    bool: "bool", int: "number", float: "number", Decimal: "number", str: "text",
    list: "list", dict: "object", type(None): "null",
}  # fmt: skip
_SIMPLE: dict[type[inspect.Type], tuple[str, ...]] = {
    inspect.StrType: ("text",),
    inspect.IntType: ("number",),
    inspect.FloatType: ("number",),
    inspect.DecimalType: ("text", "number"),
    inspect.BoolType: ("bool",),
    inspect.NoneType: ("null",),
    inspect.DictType: ("object",),
    inspect.StructType: ("object",),
    inspect.ListType: ("list",),
}


class Fit(StrEnum):
    """How a field of a payload meets the model; the worst of all rows counts."""

    AS_EXPECTED = "as expected"
    NEW = "new"
    """The model does not read it."""
    LEFT_OUT = "left out"
    """Absent, and the model does without."""
    MISSING = "missing"
    """Absent, and the model needs it."""
    OTHER_KIND = "other kind"


_WORSE = tuple(Fit)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFit:
    """One field of one payload."""

    path: str
    """Such as ``markets[].events[].slug``; empty is the payload itself."""
    fit: Fit
    expected: str
    """The kinds that the model takes, such as ``text or null``."""
    was: str
    """The kind that came; empty if nothing did."""


def compare(payload: object, shape: object) -> tuple[FieldFit, ...]:
    """Return every field that the payload or the model has, in the order of their paths.

    Args:
        payload: Decoded JSON.
        shape: What ``msgspec`` would decode it as.
    """
    worst: dict[str, FieldFit] = {}
    for found in _look(payload, inspect.type_info(shape), ""):
        before = worst.get(found.path)
        if before is None or _WORSE.index(found.fit) > _WORSE.index(before.fit):
            worst[found.path] = found
    return tuple(worst[path] for path in sorted(worst))


def kind_of(payload: object) -> str:
    """Return the JSON kind in one word: text, number, bool, list, object or null."""
    return _KINDS[type(payload)]


def _look(payload: object, kind: inspect.Type, path: str) -> Iterator[FieldFit]:
    members = _members(kind)
    expected, was = _words(members), kind_of(payload)
    fits = not expected or was in expected
    if path or not fits:
        fit = Fit.AS_EXPECTED if fits else Fit.OTHER_KIND
        yield FieldFit(path=path, fit=fit, expected=" or ".join(expected), was=was)
    if isinstance(payload, dict):
        yield from _look_at_fields(payload, _struct_for(payload, members), path)
    elif isinstance(payload, list):
        yield from _look_at_rows(payload, members, path)


def _look_at_rows(
    rows: list[object], members: Iterable[inspect.Type], path: str
) -> Iterator[FieldFit]:
    for member in members:
        if isinstance(member, inspect.ListType):
            for row in rows[:_MOST_ROWS]:
                yield from _look(row, member.item_type, f"{path}[]")


def _look_at_fields(
    payload: dict[str, object], shape: inspect.StructType | None, path: str
) -> Iterator[FieldFit]:
    if shape is None:
        return
    before = f"{path}." if path else ""
    known = {field.encode_name: field for field in shape.fields}
    for name, field in known.items():
        if name in payload:
            yield from _look(payload[name], field.type, f"{before}{name}")
        else:
            fit = Fit.MISSING if field.required else Fit.LEFT_OUT
            words = " or ".join(_words(_members(field.type)))
            yield FieldFit(path=f"{before}{name}", fit=fit, expected=words, was="")
    for name in payload.keys() - known.keys() - {shape.tag_field}:
        yield FieldFit(path=f"{before}{name}", fit=Fit.NEW, expected="", was=kind_of(payload[name]))


def _struct_for(
    payload: dict[str, object], members: Iterable[inspect.Type]
) -> inspect.StructType | None:
    """Return the shape of an object: of several, the one whose tag it bears."""
    shapes = [each for each in members if isinstance(each, inspect.StructType)]
    tagged = [each for each in shapes if each.tag_field and payload.get(each.tag_field) == each.tag]
    return next(iter(tagged or [each for each in shapes if each.tag_field is None]), None)


def _members(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _words(members: Iterable[inspect.Type]) -> tuple[str, ...]:
    """Return the JSON kinds that these types take; none: they take everything."""
    words = (word for member in members for word in _SIMPLE.get(type(member), ()))
    return tuple(dict.fromkeys(words))


def decode(body: bytes) -> object:
    """Decode JSON as it came. Raises ``msgspec.DecodeError``."""
    return msgspec.json.decode(body)
