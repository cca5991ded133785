"""A row together with its place, so that whatever is wrong with it can be told by file and line."""

from __future__ import annotations

from typing import Any, NamedTuple

from icsim.errors import Problem


class Found(NamedTuple):
    """A row and where it stands: file name and line, counted from 1."""

    row: Any
    file: str
    line: int

    def problem(self, column: str, message: str, value: object = None) -> Problem:
        """A mistake in one cell of this row."""
        return Problem(f"{self.file}: {column}", message, self.line, value)
