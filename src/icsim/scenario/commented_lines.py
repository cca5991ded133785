"""Lines of a drafted scenario file: keys below what they mean, units beside them, and notes for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import Any

from pydantic import BaseModel

from icsim.scenario.complete import toml_value
from icsim.scenario.explain import said

WIDTH = 80
"""Columns of a comment."""

Lines = Iterator[str]


def about(label: str, meaning: str) -> Lines:
    """What a table is about, in the words of the catalogue."""
    return comment(f"{label}: {meaning}" if meaning else f"{label}.")


def table(header: str, model: type[BaseModel], values: Mapping[str, Any], beside: Mapping[str, str]) -> Lines:
    """A table: its header, and each key with what stands beside it."""
    yield header
    for key, value in values.items():
        yield from entry(model, key, value, beside.get(key, ""))


def entry(model: type[BaseModel], key: str, value: Any, beside: str = "") -> Lines:
    """One key below what it means. A key that is no field has no meaning; the check of the file tells of it."""
    words = meaning(model, key)
    yield from comment(words) if words else ()
    yield f"{key} = {toml_value(value)}" + (f"   # {beside}" if beside else "")


def meaning(model: type[BaseModel], key: str) -> str:
    """What a key of a table means; empty where it is no field."""
    found = (field.description for name, field in model.model_fields.items() if (field.alias or name) == key)
    return next(found, None) or ""


def aside(model: type[BaseModel], key: str, was: Any, unit: str = "") -> str:
    """The unit of a field (or what a server is called here), and what the baseline has."""
    extra = model.model_fields[key].json_schema_extra
    unit = unit or (str(extra.get("unit", "")) if isinstance(extra, dict) else "")
    return f"{unit}: the baseline has {said(was)}" if unit else f"the baseline has {said(was)}"


def comment(text: str, indent: str = "", more: str = "") -> Lines:
    """`text` as a comment: the first line after `indent`, those that follow `more` further in."""
    yield from fill(" ".join(text.split()), WIDTH, initial_indent=f"# {indent}", subsequent_indent=f"# {indent}{more}",
                    break_on_hyphens=False, break_long_words=False).splitlines()
