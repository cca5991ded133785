"""How far a run has come, and an honest word on how long it still takes.

Before the first beat is done nothing is promised: reading, and on a new machine compiling, take as long as they take.
From then on the time left is that of the beats left, at the pace of the beats done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TextIO

EVERY = 5.0
"""Seconds between two lines, where there is no terminal for a bar."""
Tell = Callable[[int, int, str], None]


class Pace:
    """Time left from the beats done since the first was done; safe to call from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock, self._lock = clock, Lock()
        self._first: tuple[float, int] | None = None
        self.done = 0

    def left(self, done: int, total: int) -> float | None:
        """Seconds left, or None as long as nobody can know."""
        with self._lock:
            now, self.done = self._clock(), max(done, self.done)
            if self._first is None and done > 0:
                self._first = (now, done)
            if self._first is None or self.done <= self._first[1]:
                return None
            began, at = self._first
            return (now - began) / (self.done - at) * (total - self.done)


def in_words(seconds: float | None) -> str:
    """75.3 → "about 1 min 15 s left"."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "nearly done"
    minutes, rest = divmod(max(round(seconds), 0), 60)
    return f"about {minutes} min {rest:02d} s left" if minutes else f"about {rest} s left"


@contextmanager
def meter(stream: TextIO) -> Iterator[Tell]:
    """A function to call with (beats done, beats in all, what is being done)."""
    with (_bar(stream) if stream.isatty() else _lines(stream)) as tell:
        yield tell


@contextmanager
def _bar(stream: TextIO) -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    pace = Pace()
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TaskProgressColumn(), TimeElapsedColumn(),
               TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task("starting", total=None, left="")

        def tell(done: int, total: int, what: str) -> None:
            left = in_words(pace.left(done, total))
            progress.update(task, completed=pace.done, total=total or None, left=left, description=what)

        yield tell


@contextmanager
def _lines(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> Iterator[Tell]:
    """What is being done at the start, then how far it is every few seconds; nothing more for a short run."""
    pace, lock, last = Pace(clock), Lock(), [clock()]

    def tell(done: int, total: int, what: str) -> None:
        left = in_words(pace.left(done, total))
        with lock:
            if done == 0 or (left and done < total and clock() - last[0] >= EVERY):
                last[0] = clock()
                print(f"{what}: {100 * done // total} %, {left}" if done else what, file=stream, flush=True)

    yield tell
