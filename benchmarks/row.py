"""What a benchmark returns: rows of a table, each perhaps with a bar to reach."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """How much work to do. `quick` is for trying out: too small for figures worth keeping."""

    quick: bool = False
    repeats: int = 5
    residents: int = 1_000_000
    full: bool = True
    """whether to run what takes minutes: full-scale comparisons in processes of their own"""


@dataclass(frozen=True)
class Row:
    """One measured figure. `bar` is what it should reach: at least, or (`at_most`) at most."""

    part: str
    what: str
    value: float
    unit: str
    bar: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the bar is reached; None without a bar."""
        if self.bar is None:
            return None
        return bool(self.value <= self.bar if self.at_most else self.value >= self.bar)


@dataclass(frozen=True)
class Timed:
    """Core-seconds of several repeats, set-up apart."""

    setup: list[float]
    work: list[float]

    @property
    def median(self) -> float:
        """Median seconds of the work."""
        return statistics.median(self.work)

    @property
    def spread(self) -> str:
        """From the fastest to the slowest repeat, in words."""
        return f"{min(self.work):.3g}–{max(self.work):.3g} s, set-up {statistics.median(self.setup):.2g} s"


def core_seconds(action: Callable[[], object]) -> tuple[float, object]:
    """Processor seconds of this process, all its threads together, and what the action returned.

    On one thread and a quiet machine that is wall time; on a busy machine it leaves out what others took.
    """
    began = time.process_time()
    result = action()
    return time.process_time() - began, result


def alternate(subjects: dict[str, Callable[[int], tuple[float, float, object]]], repeats: int,
              fewer: Iterable[str] = ()) -> tuple[dict[str, Timed], dict[str, list]]:
    """Run the subjects in turn, `repeats` times (those in `fewer`: half as often), so that all meet the same machine.

    A subject takes the number of the repeat and returns (set-up seconds, work seconds, outcome).
    """
    timed = {name: Timed([], []) for name in subjects}
    outcomes: dict[str, list] = {name: [] for name in subjects}
    for repeat in range(repeats):
        for name, subject in subjects.items():
            if name in fewer and repeat >= (repeats + 1) // 2:
                continue
            setup, work, outcome = subject(repeat)
            timed[name].setup.append(setup)
            timed[name].work.append(work)
            outcomes[name].append(outcome)
    return timed, outcomes
