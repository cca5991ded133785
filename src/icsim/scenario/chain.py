"""From a scenario file on along `extends`: nothing outside the scenario's own folder is read.

`extends` names a shipped scenario (AREA/NAME) or a .toml file in the folder of the user's file or below it.
"""

from __future__ import annotations

import os
from pathlib import Path

from icsim.errors import Problem
from icsim.scenario.parse import SourceFile, UnreadableError, parse_file
from icsim.scenario.wording import near, shorten, shown

LONGEST_CHAIN = 8
"""Files at most between a scenario and the one it starts from."""
LONGEST_NAME = 200
"""Characters in `extends` at most."""
SHIPPED = Path(__file__).resolve().parents[3] / "scenarios"
"""The scenarios that come with icsim, when it is installed from a checkout."""


def read_chain(path: Path) -> tuple[list[SourceFile], list[Problem]]:
    """The file at `path` and those it extends, first the file itself; and why the chain breaks off, if it does.

    Raises UnreadableError if `path` itself cannot be read.
    """
    folder = _resolved(path.parent, path.name)
    own = _contained(folder / path.name, folder, path.name)
    chain = [parse_file(_existing(own, own, path.name), "", path.name)]
    while _names_another(chain[-1]):
        try:
            found, folder = _extended(chain[-1], folder)
            _refuse_loops(chain, found)
            chain.append(parse_file(found, _label(found, chain[0].path), str(chain[-1].data["extends"])))
        except UnreadableError as error:
            return chain, [_told_here(chain[-1], error.problem)]
    return chain, []


def shipped_names() -> list[str]:
    """Names such as hertfordshire-west-essex/baseline."""
    return sorted(file.relative_to(SHIPPED).with_suffix("").as_posix() for file in SHIPPED.glob("*/**/*.toml"))


def shipped(name: str) -> Path | None:
    """The file of a shipped scenario; None if there is no such name."""
    return SHIPPED / f"{name}.toml" if name in shipped_names() else None


def _names_another(file: SourceFile) -> bool:
    """Whether `extends` holds something that can be a name; if not, the check of the structure says so."""
    name = file.data.get("extends")
    return isinstance(name, str) and 0 < len(name) <= LONGEST_NAME


def _extended(file: SourceFile, folder: Path) -> tuple[Path, Path]:
    """The file that `file` extends, and the folder that it must not leave."""
    name = str(file.data["extends"])
    if name.endswith(".toml"):
        return _existing(_contained(file.path.parent / name, folder, name), file.path, name), folder
    known = shipped(name)
    if known is None:
        hint = near(name, [*shipped_names(), *_beside(file.path)])
        raise UnreadableError("", f"is neither a scenario that comes with icsim nor the name of a .toml file.{hint}")
    return known, SHIPPED


def _existing(found: Path, beside: Path, name: str) -> Path:
    if os.path.exists(found):  # unlike Path.exists, also for names that no file can have
        return found
    raise UnreadableError(shorten(name), f"There is no such file.{near(name, [*_beside(beside), *shipped_names()])}")


def _beside(path: Path) -> list[str]:
    return [other.name for other in path.parent.glob("*.toml") if other != path]


def _contained(path: Path, folder: Path, name: str) -> Path:
    """`path` with links followed, which must still lie in `folder`."""
    found = _resolved(path, name)
    if not found.is_relative_to(folder):
        raise UnreadableError(shorten(name), "leads out of the scenario's own folder; copy the file there.")
    return found


def _resolved(path: Path, name: str) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle; ValueError: a zero byte
        raise UnreadableError(shorten(name), "is not the name of a file that can be found.") from error


def _refuse_loops(chain: list[SourceFile], found: Path) -> None:
    if any(found == file.path for file in chain):
        names = " → ".join(file.path.name for file in chain)
        raise UnreadableError("", f"goes round in a circle: {names} → {found.name}.")
    if len(chain) > LONGEST_CHAIN:
        raise UnreadableError("", f"is one file too many: a scenario may rest on at most {LONGEST_CHAIN} others.")


def _label(path: Path, first: Path) -> str:
    """How messages name a file: relative to the first, or as a shipped name."""
    if path.is_relative_to(first.parent):
        return path.relative_to(first.parent).as_posix()
    return path.relative_to(SHIPPED).as_posix()


def _told_here(file: SourceFile, problem: Problem) -> Problem:
    """A problem of the file that `file` extends; without a line of its own it stands at `extends`."""
    if problem.line:
        return problem
    return file.problem(("extends",), problem.message, shown(file.data["extends"]))
