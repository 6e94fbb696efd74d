"""Checks nodes against a pydantic class and says what is wrong the way a person would."""

import re
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from bot.yaml_lines.reader import MapNode, Node, Path, Problem, line_of, plain

_LIKENESS = 0.7
"""From here on two names are taken for one and its misspelling."""

Model = TypeVar("Model", bound=BaseModel)


def suggest(name: str, known: tuple[str, ...]) -> str:
    """Return the likeliest known name as a question, or all of them."""
    close = _closest(name, known)
    if close:
        return f"Did you mean '{close}'?"
    return f"It can be: {', '.join(known)}." if known else "It has none."


def _closest(name: str, known: tuple[str, ...]) -> str:
    return next(iter(get_close_matches(name, known, n=1, cutoff=_LIKENESS)), "")


def check_fields(
    model: type[Model],
    node: Node,
    problems: list[Problem],
    *,
    top: MapNode,
    at: Path = (),
    owner: str,
) -> Model | None:
    """Return ``node`` as ``model``; None if it is none, with every reason added to ``problems``.

    Args:
        model: What is due.
        node: What stands in the file.
        problems: Where the reasons go.
        top: The whole file, for lines.
        at: Where ``node`` stands in ``top``.
        owner: What has these options, for unknown ones: ``sizing rule 'coverage'``.
    """
    try:
        return model.model_validate(plain(node))
    except ValidationError as error:
        errors = error.errors(include_url=False)
        unknown = [found["loc"] for found in errors if found["type"] == "extra_forbidden"]
        problems += (
            _problem(found, model, top=top, at=at, owner=owner)
            for found in errors
            if not (found["type"] == "missing" and _is_misspelt(found["loc"], unknown))
        )
        return None


def _is_misspelt(missing: Path, unknown: list[Path]) -> bool:
    """Whether an unknown option beside it is meant to be the missing one: one report is enough."""
    return any(
        path[:-1] == missing[:-1] and _closest(str(path[-1]), (str(missing[-1]),))
        for path in unknown
    )


def dotted(path: Path) -> str:
    """Return the name of an option as the user reads it: list positions are left to the line."""
    return ".".join(part for part in path if isinstance(part, str) and part != "[key]")


def _problem(found: Any, model: type[BaseModel], *, top: MapNode, at: Path, owner: str) -> Problem:
    path: Path = at + tuple(found["loc"])
    line = line_of(top, path)
    name = dotted(path)
    match found["type"]:
        case "extra_forbidden":
            parent = _model_at(model, found["loc"][:-1])
            whose = owner if len(path) == len(at) + 1 else dotted(path[:-1])
            hint = suggest(str(path[-1]), tuple(parent.model_fields))
            return Problem(line, f"{name} is not an option of {whose}. {hint}")
        case "missing":
            parent = _model_at(model, found["loc"][:-1])
            about = parent.model_fields[str(path[-1])].description
            return Problem(line, f"{name} is missing. It says {about}.")
        case "value_error":
            return Problem(line, f"{name} {found['ctx']['error']}".strip())
        case "enum":
            known = tuple(re.findall(r"'([^']*)'", found["ctx"]["expected"]))
            hint = suggest(str(found["input"]), known)
            return Problem(line, f"{name} is {_kind(found['input'])}, which is not known. {hint}")
        case "tuple_type":
            return Problem(line, f"{name} is {_kind(found['input'])}; it must be a list.")
        case _:  # model_type, dict_type: the only others that text, lists and dicts can cause
            known = tuple(_model_at(model, found["loc"]).model_fields)
            due = f"a group of options: {', '.join(known)}" if known else "{}: it has no options"
            if found["type"] == "dict_type":
                due = "a group of names, each with what it says"
            return Problem(line, f"{name} is {_kind(found['input'])}; it must be {due}.")


def _kind(given: object) -> str:
    if isinstance(given, str):
        return repr(given)
    return "a list" if isinstance(given, list) else "a group of options"


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    """Return the class whose options stand at ``path`` under ``model``."""
    for part in path:
        if part in model.model_fields:
            model = _model_in(model.model_fields[str(part)].annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(inner) for inner in get_args(annotation))
    return next((model for model in found if model), None)
