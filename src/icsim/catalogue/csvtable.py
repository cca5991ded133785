"""Reading a CSV table into rows of a dataclass: types, missing and unknown columns, with the line of every mistake."""

from __future__ import annotations

import csv
import re
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from icsim.errors import Problem

Row = TypeVar("Row")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
MADE_ON_READING = frozenset({"id"})
"""Fields that are no column: they are made from the others."""


class Table(NamedTuple, Generic[Row]):
    """What one file says: `rows[i]` stands on line `lines[i]` (1 is the header); `problems` as found."""

    rows: list[Row]
    lines: list[int]
    problems: list[Problem]


def read_table(path: Path, row_class: type[Row]) -> Table[Row]:
    """Read `path` as rows of the dataclass `row_class`: columns in any order; empty cells take the field's default.

    Rows with a mistake are left out of `rows` and told in `problems`; nothing is raised.
    """
    records, problems = read_records(path)
    if not records:
        return Table([], [], problems)
    header = records[0][1]
    problems += _header_problems(path.name, header, row_class)
    if problems:
        return Table([], [], problems)
    table: Table[Row] = Table([], [], problems)
    for line, cells in records[1:]:
        row = _row(path.name, line, header, cells, row_class, problems)
        if row is not None:
            table.rows.append(row)
            table.lines.append(line)
    return table


def read_records(path: Path) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """(line, cells) of every line that is not blank, header first; and why the file could not be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            records = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except FileNotFoundError:
        return [], [Problem(path.name, "This table is missing.")]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return [], [Problem(path.name, f"This table cannot be read: {error}")]
    return records, [] if records else [Problem(path.name, "This table is empty; it needs a line of column names.")]


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint such as "Did you mean watford?", or the names there are when they are few."""
    known = sorted(set(names))
    close = get_close_matches(name, known, 1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Known: {', '.join(known)}." if 0 < len(known) <= 15 else ""


def write_table(path: Path, rows: Sequence[Any]) -> Path:
    """Write rows of one dataclass (at least one) as `read_table` reads them; inherited columns come last. Returns `path`."""
    kind: Any = type(rows[0])
    columns = sorted(columns_of(kind), key=lambda name: name not in kind.__annotations__)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_written(getattr(row, column)) for column in columns] for row in rows)
    return path


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


@cache
def columns_of(row_class: type) -> dict[str, bool]:
    """Column of a table of this class → whether it must be there."""
    return {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(row_class)
            if f.name not in MADE_ON_READING}


def _header_problems(name: str, header: list[str], row_class: type) -> list[Problem]:
    columns = columns_of(row_class)
    unknown = [Problem(f"{name}: {column}", f"There is no such column. {nearest(column, columns)}".strip(), 1)
               for column in header if column not in columns]
    missing = [Problem(f"{name}: {column}", "This column is missing.", 1)
               for column, needed in columns.items() if needed and column not in header]
    twice = [Problem(f"{name}: {column}", "This column stands here twice.", 1)
             for column in sorted(set(header)) if header.count(column) > 1]
    return unknown + missing + twice


def _row(name: str, line: int, header: list[str], cells: list[str], row_class: type[Row],
         problems: list[Problem]) -> Row | None:
    """The row of one line; None, with its problems added, where a cell is wrong."""
    if len(cells) != len(header):
        problems.append(Problem(name, f"This line has {len(cells)} cells, the header has {len(header)}.", line))
        return None
    plain: type = row_class
    kinds, needed = _kinds(plain), columns_of(plain)
    values, before = {}, len(problems)
    for column, text in zip(header, cells, strict=True):
        if text == "":
            if needed[column]:
                problems.append(Problem(f"{name}: {column}", "This cell must not be empty.", line))
            continue
        kind = kinds[column]
        try:
            values[column] = _READERS[kind](text)
        except (ValueError, KeyError):
            problems.append(Problem(f"{name}: {column}", _EXPECTED[kind], line, text))
    return row_class(**values) if len(problems) == before else None


@cache
def _kinds(row_class: type) -> dict[str, type]:
    """The type of each field."""
    return {name: _plain(hint) for name, hint in typing.get_type_hints(row_class).items()}


def _plain(hint: Any) -> type:
    """The type of a field; `float | None` counts as float."""
    if isinstance(hint, types.UnionType):
        return next(part for part in typing.get_args(hint) if part is not type(None))
    return hint


def _float(text: str) -> float:
    if not _NUMBER.fullmatch(text) or abs(value := float(text)) == float("inf"):
        raise ValueError(text)
    return value


def _int(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


_READERS: dict[type, Callable[[str], Any]] = {str: str, float: _float, int: _int,
                                              bool: lambda text: _YES_NO[text.lower()]}
_EXPECTED = {float: "This must be a number such as 12 or 0.35.", int: "This must be a whole number such as 12.",
             bool: "This must be yes or no."}
