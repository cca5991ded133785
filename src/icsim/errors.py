"""Every error that icsim raises on purpose.

IcsimError
├── InputError        a person can put it right: exit code 2, no traceback
│   ├── ScenarioError     a scenario file
│   │   └── DraftError      one that was to be written for somebody
│   ├── CatalogueError    a table under catalogue/ or areas/
│   │   └── NotFoundError   a name that was looked up
│   ├── ResultsError      a results folder that cannot be written
│   └── NotEnoughMemoryError   a run that this machine has no room for
└── EngineError       a broken promise inside the engine: our fault, exit code 1
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake, told to the person who can put it right.

    `where` is the dotted name of the value; `line` counts from 1, 0 where a file as a whole is meant.
    """

    where: str
    message: str
    line: int = 0
    value: object = None

    def __str__(self) -> str:
        place = f"line {self.line:<4}" if self.line else " " * 9
        given = "" if self.value is None else f" = {self.value}"
        body = "\n".join(f"{'':9}{text}" for text in self.message.splitlines())
        return f"{place}{self.where}{given}\n{body}"


class IcsimError(Exception):
    """Root of every error that icsim raises on purpose."""


class InputError(IcsimError):
    """All the mistakes found in one file or folder; nothing was run."""

    consequence = "nothing was run"

    def __init__(self, source: str, problems: list[Problem]):
        self.source = source
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{source}: {count}, {self.consequence}", "", *map(str, problems)]))


class ScenarioError(InputError):
    """A scenario file that cannot be run as it stands."""


class DraftError(ScenarioError):
    """Answers that make no sound scenario, or a file that cannot be written; no file is there that was not before."""

    consequence = "nothing was written"


class CatalogueError(InputError):
    """A catalogue or area table that breaks its schema."""


class NotFoundError(CatalogueError):
    """A name that was looked up and is not there; no file holds a mistake."""

    def __str__(self) -> str:
        return "\n".join(f"{problem.where} {problem.message}" for problem in self.problems)


class ResultsError(InputError):
    """A results folder that cannot be written; earlier results are untouched."""

    consequence = "earlier results are untouched"


class NotEnoughMemoryError(InputError):
    """A run that would need more memory than there is; nothing was allocated."""

    def __init__(self, source: str, message: str):
        super().__init__(source, [Problem("memory", message)])

    def __str__(self) -> str:
        return f"Not enough memory, so nothing was run. {self.problems[0].message}"


class EngineError(IcsimError):
    """An invariant of the engine was broken; the message names when, where and which values."""
