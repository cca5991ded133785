"""From a path to the tables in the file, and on along `extends`: nothing outside the scenario's own folder is read.

Every way in which a file can be unreadable becomes a Problem with a line where there is one.
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
from icsim.scenario.wording import nearest, shorten

LARGEST = 1_000_000
"""Bytes in a scenario file at most."""
LONGEST_CHAIN = 8
"""Files at most between a scenario and the one it starts from."""
LONGEST_NAME = 200
"""Characters in `extends` at most."""
SHIPPED = Path(__file__).resolve().parents[3] / "scenarios"
"""The scenarios that come with icsim, when it is installed from a checkout."""


@dataclass(frozen=True)
class SourceFile:
    """One file as parsed: `data` by key, `key_lines` their lines; `label` is how messages name it ("" for the first)."""

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

    def __init__(self, problem: Problem):
        self.problem = problem
        super().__init__(problem.message)


def dotted(key: lines.Path) -> str:
    """A key as people write it; list elements count from 1, as in changes[2].value."""
    parts = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{shorten(part)}" for part in key)
    return parts.removeprefix(".")


def read_chain(path: Path) -> tuple[list[SourceFile], list[Problem]]:
    """The file at `path` and those it extends, first the file itself; and why the chain breaks off, if it does.

    Raises UnreadableError if `path` itself cannot be read.
    """
    folder = _resolved(path.parent, path.name)
    chain = [_load(_contained(folder / path.name, folder, path.name), "", path.name)]
    while _names_another(chain[-1]):
        try:
            found, folder = _extended(chain[-1], folder)
            _refuse_loops(chain, found)
            chain.append(_load(found, _label(found, chain[0].path), str(chain[-1].data["extends"])))
        except UnreadableError as error:
            return chain, [_told_here(chain[-1], error.problem)]
    return chain, []


def _names_another(file: SourceFile) -> bool:
    """Whether `extends` holds something that can be a name; if not, the check of the structure says so."""
    name = file.data.get("extends")
    return isinstance(name, str) and 0 < len(name) <= LONGEST_NAME


def shipped_names() -> list[str]:
    """Names such as hertfordshire-west-essex/baseline."""
    return sorted(file.relative_to(SHIPPED).with_suffix("").as_posix() for file in SHIPPED.glob("*/*.toml"))


def shipped(name: str) -> Path | None:
    """The file of a shipped scenario; None if there is no such name."""
    return SHIPPED / f"{name}.toml" if name in shipped_names() else None


def _extended(file: SourceFile, folder: Path) -> tuple[Path, Path]:
    """The file that `file` extends, and the folder that it must not leave."""
    name = str(file.data["extends"])
    if not name.endswith(".toml"):
        known = shipped(name)
        if known is None:
            raise UnreadableError(Problem("", f"is not a scenario that comes with icsim, nor a file name ending in .toml. "
                                         f"{nearest(name, _choices(file.path))}"))
        return known.resolve(), SHIPPED
    return _contained(file.path.parent / name, folder, name), folder


def _choices(path: Path) -> list[str]:
    beside = (other.name for other in path.parent.glob("*.toml") if other != path)
    return [*shipped_names(), *beside]


def _contained(path: Path, folder: Path, name: str) -> Path:
    """`path` with links followed, which must still lie in `folder`."""
    found = _resolved(path, name)
    if not found.is_relative_to(folder):
        raise UnreadableError(Problem(shorten(name), "leads out of the scenario's own folder; copy the file there."))
    return found


def _resolved(path: Path, name: str) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
        raise UnreadableError(Problem(shorten(name), "is not a name of a file that can be found.")) from error


def _refuse_loops(chain: list[SourceFile], found: Path) -> None:
    if any(found == file.path for file in chain):
        names = " → ".join(file.path.name for file in chain)
        raise UnreadableError(Problem("", f"starts from itself: {names} → {found.name}."))
    if len(chain) > LONGEST_CHAIN:
        raise UnreadableError(Problem("", f"is one file too many: a scenario may rest on at most {LONGEST_CHAIN} others."))


def _label(path: Path, first: Path) -> str:
    """How messages name a file: relative to the first, or as a shipped name."""
    if path.is_relative_to(first.parent):
        return path.relative_to(first.parent).as_posix()
    return path.relative_to(SHIPPED).as_posix()


def _told_here(file: SourceFile, problem: Problem) -> Problem:
    """A problem of the file that `file` extends; without a line of its own it stands at `extends`."""
    if problem.line:
        return problem
    return file.problem(("extends",), problem.message, f'"{shorten(str(file.data["extends"]))}"')


def _load(path: Path, label: str, name: str) -> SourceFile:
    """Read and parse one file."""
    text = _text(_bytes(path, name), name)
    empty = SourceFile(path, label)
    deep = lines.too_deep(text)
    if deep:
        raise UnreadableError(Problem(empty.named(_excerpt(text, deep)),
                                 f"is nested more than {lines.DEEPEST} levels deep.", deep))
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableError(_syntax(empty, text, str(error))) from error
    except RecursionError as error:
        raise UnreadableError(Problem(shorten(name), "is nested too deep to be read.")) from error
    except (ValueError, OverflowError) as error:  # whole numbers of more than 4,300 digits
        raise UnreadableError(Problem(shorten(name), "holds a number with far too many digits.", _long_number(text))) from error
    return SourceFile(path, label, data, lines.key_lines(text))


def _bytes(path: Path, name: str) -> bytes:
    name = shorten(name)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableError(Problem(name, "is a folder; name a scenario file inside it."))
        if not stat.S_ISREG(mode):
            raise UnreadableError(Problem(name, "is not an ordinary file."))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnreadableError(Problem(name, f"There is no such file. {_shipped_hint(name)}".strip())) from error
    except PermissionError as error:
        raise UnreadableError(Problem(name, "may not be read by you (no permission).")) from error
    except (OSError, ValueError) as error:
        raise UnreadableError(Problem(name, "cannot be read.")) from error
    if len(content) > LARGEST:
        raise UnreadableError(Problem(name, "is larger than 1 MB; a scenario file is a few hundred lines at most."))
    return content


def _shipped_hint(name: str) -> str:
    hint = nearest(name.removesuffix(".toml"), shipped_names())
    return hint if hint.startswith("Did") else ""


def _text(content: bytes, name: str) -> str:
    """UTF-8, with or without a byte-order mark."""
    name = shorten(name)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError(Problem(name, "is saved as UTF-16; save it as UTF-8."))
    if b"\0" in content:
        raise UnreadableError(Problem(name, "is not a text file."))
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(Problem(name, "is not UTF-8 text here; save the file as UTF-8.", line)) from error


_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

_SYNTAX: list[tuple[str, str]] = [
    ("date", "is not a date that exists. Dates are written as 2025-04-01."),
    ("overwrite|twice|already|immutable|mutate|duplicate",
     "stands here a second time; a name or a table may be given once in a file."),
    ("unterminated|unclosed|illegal character '\\\\n'|expected .*[\"']{3}|escape",
     "opens a text or a list that is not closed as it should be, or uses \\ in a text (write \\\\ instead)."),
    ("expected '=' after a key|expected newline|invalid statement|key part|expected '\\]",
     "is not a line of a scenario. A line reads name = value, or [table]."),
    ("invalid value|invalid hex|end of document",
     "has no value that can be read. A value is a number, true, false, a date, or text in quotation marks."),
    ("control|found invalid character|illegal character",
     "holds an invisible control character; type the line again."),
]
"""What the parser complains of → our words, first match; the parser's own words differ between versions of Python."""


def _syntax(file: SourceFile, text: str, complaint: str) -> Problem:
    """A complaint of the TOML parser, with the line it speaks of."""
    place = _PLACE.search(complaint)
    line = int(place.group(1)) if place and place.group(1) else text.rstrip().count("\n") + 1
    line = min(line, text.rstrip().count("\n") + 1)
    message = next((words for pattern, words in _SYNTAX if re.search(pattern, complaint, re.IGNORECASE)),
                   "is not TOML that can be read.")
    return Problem(file.named(_excerpt(text, line)), message, line)


def _excerpt(text: str, line: int) -> str:
    """What stands on a line, short."""
    return shorten(text.split("\n")[line - 1].strip()) or "(an empty line)"


def _long_number(text: str) -> int:
    found = re.search(r"[0-9_]{1000}", text)
    return text.count("\n", 0, found.start()) + 1 if found else 0
