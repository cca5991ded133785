"""One scenario file, from bytes to tables with line numbers.

Every way in which a file can be unreadable becomes an UnreadableError in plain words, with a line where there is one.
"""

from __future__ import annotations

import re
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icsim.errors import Problem
from icsim.scenario import lines
from icsim.scenario.wording import shorten

LARGEST = 1_000_000
"""Bytes in a scenario file at most."""


@dataclass(frozen=True)
class SourceFile:
    """One file as parsed: `data` by key, and the line of each key; messages call it `label` ("": the user's own)."""

    path: Path
    label: str
    data: dict[str, Any] = field(default_factory=dict)
    key_lines: dict[lines.Path, int] = field(default_factory=dict)

    def problem(self, key: lines.Path, message: str, value: object = None) -> Problem:
        """A problem with this key, on its line or on that of the nearest table around it."""
        line = next((self.key_lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in self.key_lines), 0)
        return Problem(self.named(dotted(key)), message, line, value)

    def named(self, where: str) -> str:
        """`where` preceded by the file, if that is not the one that was asked for."""
        return f"{self.label}: {where}" if self.label else where


class UnreadableError(Exception):
    """A file could not be read or parsed; `problem` says why."""

    def __init__(self, where: str, message: str, line: int = 0):
        self.problem = Problem(where, message, line)
        super().__init__(message)


def dotted(key: lines.Path) -> str:
    """A key as people write it; list elements count from 1, as in changes[2].value."""
    parts = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{shorten(part)}" for part in key)
    return parts.removeprefix(".")


def parse_file(path: Path, label: str, name: str) -> SourceFile:
    """Read and parse the file at `path`, which the user knows as `name`. Raises UnreadableError."""
    name = shorten(name)
    text = _text(_bytes(path, name), name)
    deep = lines.too_deep(text)
    if deep:
        raise UnreadableError(_place(label, text, deep), f"is nested more than {lines.DEEPEST} levels deep.", deep)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, message = _syntax(text, str(error))
        raise UnreadableError(_place(label, text, line), message, line) from error
    except ValueError as error:  # a whole number of more than 4,300 digits
        line = _long_number(text)
        raise UnreadableError(_place(label, text, line), "holds a number with far too many digits.", line) from error
    return SourceFile(path, label, data, lines.key_lines(text))


def _bytes(path: Path, name: str) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableError(name, "is a folder; name a scenario file inside it.")
        if not stat.S_ISREG(mode):
            raise UnreadableError(name, "is not an ordinary file.")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except PermissionError as error:
        raise UnreadableError(name, "may not be read by you (no permission).") from error
    except (OSError, ValueError) as error:  # too long a name, a zero byte in it, a failing disk
        raise UnreadableError(name, "cannot be read.") from error
    if len(content) > LARGEST:
        raise UnreadableError(name, "is larger than 1 MB; a scenario file is a few hundred lines at most.")
    return content


def _text(content: bytes, name: str) -> str:
    """UTF-8, with or without a byte-order mark."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError(name, "is saved as UTF-16; save it as UTF-8.")
    if b"\0" in content:
        raise UnreadableError(name, "is not a text file.")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(name, "is not UTF-8 text here; save the file as UTF-8.", line) from error


_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

_SYNTAX: tuple[tuple[str, str], ...] = (
    ("at end of document",
     "is where the file ends, although a text, a list or a table is still open or lacks its value."),
    ("date", "is not a date that exists. Dates are written as 2025-04-01."),
    ("overwrite|twice|already|immutable|mutate|duplicate",
     "stands here a second time; a name or a table may be given once in a file."),
    ("unterminated|unclosed|illegal character '\\\\n'|expected .*[\"']{3}|escape|unescaped",
     "opens a text or a list that is not closed as it should be, or uses \\ in a text (write \\\\ instead)."),
    ("expected '=' after a key|expected newline|invalid statement|key part|expected '\\]",
     "is not a line of a scenario. A line reads name = value, or [table]."),
    ("invalid value|invalid hex",
     "has no value that can be read. A value is a number, true, false, a date, or text in quotation marks."),
    ("found invalid character|illegal character", "holds an invisible control character; type the line again."),
)
"""What the parser complains of → our words, first match; the parser's own words differ between versions of Python."""


def _syntax(text: str, complaint: str) -> tuple[int, str]:
    """Line and message for a complaint of the TOML parser."""
    at = _AT.search(complaint)
    last = text.rstrip().count("\n") + 1
    line = min(int(at.group(1)), last) if at and at.group(1) else last
    message = next((words for pattern, words in _SYNTAX if re.search(pattern, complaint, re.IGNORECASE)),
                   "is not TOML that can be read.")
    return line, message


def _place(label: str, text: str, line: int) -> str:
    """What stands on a line, short, preceded by the file if that is not the user's own."""
    excerpt = shorten(text.split("\n")[max(line, 1) - 1].strip()) or "(an empty line)"
    return f"{label}: {excerpt}" if label else excerpt


def _long_number(text: str) -> int:
    found = re.search(r"[0-9_]{1000}", text)
    return text.count("\n", 0, found.start()) + 1 if found else 0
