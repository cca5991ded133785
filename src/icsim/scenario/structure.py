"""The first check: does each table hold the right fields, of the right kind, within their ranges?

pydantic finds the mistakes; the words about what is allowed come from the fields themselves (`models.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from icsim.errors import Problem
from icsim.scenario.lines import Path
from icsim.scenario.models import INHERITED, MOST_CHANGES, Change, Hashes, Pool, Programme, Run, ScenarioFile, Service, Shift
from icsim.scenario.parse import SourceFile
from icsim.scenario.wording import grouped, listed, nearest, shown

_TABLES: dict[str, tuple[type[BaseModel], str]] = {
    "run": (Run, "[run]"), "services": (Service, "a service"), "pools": (Pool, "a pool"),
    "programmes": (Programme, "a programme"), "shift": (Shift, "a shift"), "changes": (Change, "a change"),
    "hashes": (Hashes, "[hashes]"),
}
_WRITTEN = {"run": "[run]", "services": "[services.NAME]", "pools": "[pools.NAME]", "programmes": "[programmes.NAME]",
            "shift": "[[shift]]", "changes": "[[changes]]", "hashes": "[hashes]"}
"""How each table is opened in the file."""

Baseline = Callable[[Path], Any]
"""The value that a key has in the baseline; None where it has none."""


def check_structure(file: SourceFile, baseline: Baseline) -> tuple[SourceFile, list[Problem]]:
    """The file without the parts that cannot be used, and a problem for each of these."""
    try:
        ScenarioFile.model_validate(file.data)
    except ValidationError as error:
        found = [(e["type"], tuple(e["loc"])) for e in error.errors(include_url=False, include_context=False)]
        wrong = [(kind, key) for kind, key in found if not (kind == "missing" and key in INHERITED)]
        return _without(file, [key for _, key in wrong]), [_problem(file, kind, key, baseline) for kind, key in wrong]
    return file, []


def missing_parts(files: list[SourceFile]) -> list[Problem]:
    """What neither the scenario nor any file it extends supplies."""
    return [files[0].problem(key, f"is missing. {_field(key)[1].description}") for key in sorted(INHERITED)
            if key != ("run",) and not any(_has(file.data, key) for file in files)]


def _has(data: Any, key: Path) -> bool:
    """Whether `key` is there; what stands where a table should is told elsewhere, and lacks nothing."""
    return not key or not isinstance(data, dict) or (key[0] in data and _has(data[key[0]], key[1:]))


def _without(file: SourceFile, keys: list[Path]) -> SourceFile:
    """The file with these keys taken out; an element of a list becomes empty, so that the others keep their places."""
    data = deepcopy(file.data)
    for key in keys:
        _remove(data, key)
    return replace(file, data=data)


def _remove(data: Any, key: tuple[Any, ...]) -> None:
    """Take one key out, where it is still there."""
    *way, last = key
    for part in way:
        data = data[part] if _holds(data, part) else None
    if not _holds(data, last):
        return
    if isinstance(data, list):
        data[last] = {}
    else:
        del data[last]


def _holds(data: Any, part: str | int) -> bool:
    return part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int)


def _problem(file: SourceFile, kind: str, key: Path, baseline: Baseline) -> Problem:
    owner, noun = _owner(key)
    if kind == "extra_forbidden":
        return file.problem(key, f"is not a field of {noun}.{nearest(str(key[-1]), _names(owner))}")
    if kind == "missing":
        return file.problem(key, f"is missing. {_field(key)[1].description}")
    words = f"must be {allowed(key, kind)}.{_baseline_words(key, baseline)}"
    return file.problem(key, words, shown(_value(file.data, key)))


def _owner(key: Path) -> tuple[type[BaseModel], str]:
    """The model that the last part of `key` is a field of, and what to call it."""
    depth = {"run": 2, "hashes": 2}.get(str(key[0]), 3)
    return _TABLES[str(key[0])] if len(key) >= depth and key[0] in _TABLES else (ScenarioFile, "a scenario")


def _names(owner: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in owner.model_fields.items() if name != "hashes"]


def _field(key: Path) -> tuple[str, FieldInfo]:
    """Name and field that `key` leads to."""
    owner, _ = _owner(key)
    return next((name, field) for name, field in owner.model_fields.items() if (field.alias or name) == key[-1])


def allowed(key: Path, kind: str = "") -> str:
    """What may stand at `key`, in words: kind of value, range, unit. `kind` is pydantic's name of the mistake."""
    if kind == "too_long":
        return f"at most {grouped(MOST_CHANGES)} tables"
    if len(key) == 1 and key[0] in _WRITTEN:
        return f"a table that is opened by {_WRITTEN[str(key[0])]}"
    if len(key) == 2 and key[0] in ("services", "pools", "programmes", "shift", "changes"):
        return f"a table that is opened by {_WRITTEN[str(key[0])].replace('NAME', str(key[1])[:60])}"
    if kind == "dict_type":
        return "lines and their shares, as in { falls_vehicles = 0.6, crisis_cafes = 0.4 }"
    if key[0] == "shift" and len(key) == 4:
        return "a number above 0 and at most 1 (share of the money)"
    _, field = _field(key)
    choices = _choices(field.annotation)
    if choices:
        return listed([shown(choice) for choice in choices], "or")
    if kind == "string_pattern_mismatch":
        return "plain text, without control characters" + (" or line breaks" if _longest(field) == "200" else "")
    unit = (field.json_schema_extra or {}).get("unit", "")  # type: ignore[union-attr]
    return _range(field, unit, in_range=kind in ("greater_than_equal", "less_than_equal"))


def _range(field: FieldInfo, unit: object, in_range: bool) -> str:
    """`in_range`: the value is of the right kind, so only the range needs saying."""
    limits = {type(limit): limit for limit in field.metadata}
    types = _types(field.annotation)
    if bool in types:
        return "true or false"
    if str in types:
        return f"text in quotation marks, 1 to {_longest(field)} characters"
    if Ge not in limits:
        return "a finite number"
    noun = "a date such as 2025-04-01," if date in types else "a whole number" if int in types else "a number"
    between = f"between {_end(limits[Ge].ge)} and {_end(limits[Le].le)}"
    if unit:
        between += f" ({unit})"
    return between if in_range else f"{noun} {between}"


def _end(limit: Any) -> str:
    return limit.isoformat() if isinstance(limit, date) else grouped(limit)


def _longest(field: FieldInfo) -> str:
    parts = [field.annotation, *get_args(field.annotation)]
    found = [m for part in parts for info in getattr(part, "__metadata__", ()) for m in info.metadata]
    return grouped(next(m.max_length for m in [*field.metadata, *found] if isinstance(m, MaxLen)))


def _types(annotation: Any) -> set[Any]:
    """The plain types in an annotation such as Annotated[int, …] | None."""
    parts = get_args(annotation)
    return set().union(*map(_types, parts)) if parts else {annotation}


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := _choices(part))), ())


def _value(data: Any, key: Path) -> Any:
    for part in key:
        data = data[part]
    return data


def _baseline_words(key: Path, baseline: Baseline) -> str:
    value = baseline(key) if key[0] in _TABLES else None
    if value is None:
        return ""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f" The baseline value is {grouped(value) if is_number else shown(value)}."
