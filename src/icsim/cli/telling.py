"""How commands speak: mistakes in words with their exit code, one JSON object, progress on stderr."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from icsim.errors import InputError, Problem, ResultsError

MISTAKE, INTERRUPTED = 2, 130


def told(command: Callable[..., None]) -> Callable[..., None]:
    """Tell a user's mistake in words, with exit code 2, and as an object where `--json` was asked for."""

    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except InputError as error:
            typer.echo(message(error), err=True)
            if options.get("json_"):
                print_json({"error": {"source": error.source, "problems": [problem(p) for p in error.problems]}})
            raise typer.Exit(MISTAKE) from None
        except KeyboardInterrupt:
            typer.echo("\nInterrupted. Nothing half-finished was written; earlier results are as they were.", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return wrapped


def message(error: InputError) -> str:
    if isinstance(error, ResultsError):  # here the run itself may well have ended
        return "\n".join(["Results could not be written.", "", *map(str, error.problems)])
    return str(error)


def problem(problem: Problem) -> dict[str, Any]:
    return {"where": problem.where, "line": problem.line or None, "message": problem.message,
            "value": None if problem.value is None else str(problem.value)}


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))


@contextmanager
def progress() -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on stderr; on anything but a terminal, a line every few seconds."""
    from icsim.progress import meter

    with meter(sys.stderr) as tell:
        yield tell
