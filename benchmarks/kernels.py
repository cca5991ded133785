"""The residents' kernels alone, on the model as shipped with its shared clocks: nanoseconds an event, on one core."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import date

import numpy as np

from benchmarks.row import Row, Scale, core_seconds
from icsim import areas, catalogue
from icsim._compile import kernel
from icsim.calendar import DAYS_PER_YEAR, MS_PER_DAY, calendar
from icsim.residents.advance import _birthday
from icsim.residents.beat import FLOWS
from icsim.residents.build import Built, build
from icsim.residents.door import find_next, set_level
from icsim.residents.population import restarted, starting_population
from icsim.residents.residents import Residents

START = date(2025, 4, 1)
ATTRIBUTE, LEVELS = "smoking", ("never", "current")
"""Smoking touches more clocks than most attributes do."""


def run(scale: Scale) -> list[Row]:
    """One figure a kernel: memory is fetched as in a run, row after row or from birthday to birthday."""
    name = "hertfordshire-west-essex" if scale.full else "testshire"
    rows, area = catalogue.load(), areas.load(name)
    when = calendar(START, 1)
    built, start = build(rows, area, START, when.days), starting_population(rows, area, START)

    def fresh(seed: int) -> Residents:
        people = restarted(start, built, seed, 2 * start.rows)
        return Residents(built, area, seed, people, start.rows, when.days)

    subjects: dict[str, Callable[[int], tuple[float, float]]] = {
        "a resident's clocks drawn": lambda n: (core_seconds(lambda: restarted(start, built, n, start.rows))[0], start.rows),
        "a birthday": lambda n: _birthdays(fresh(n)),
        f"set_level, {ATTRIBUTE}": lambda n: _levels(fresh(n), built),
        "an event in a year of months": lambda n: _year(fresh(n), when.beats),
    }
    return [_row(f"{what}, {name}", subject, scale.repeats) for what, subject in subjects.items()]


def _row(what: str, subject: Callable[[int], tuple[float, float]], repeats: int) -> Row:
    """`subject`: core-seconds and how many, for the number of the repeat; the first only compiles."""
    subject(0)
    found = [1e9 * seconds / many for seconds, many in map(subject, range(1, repeats + 1))]
    return Row("kernels", what, statistics.median(found), "ns", note=f"{min(found):.3g}–{max(found):.3g}")


def _birthdays(residents: Residents) -> tuple[float, float]:
    people, tables = residents.people, residents._tables[0]
    seconds, _ = core_seconds(lambda: _everybody_older(residents.model, people, residents.rows, np.float32(1.0), tables))
    return seconds, residents.rows


def _levels(residents: Residents, built: Built) -> tuple[float, float]:
    """Everybody to the second level at noon, and back in the evening."""
    a, given = built.layout.attribute(ATTRIBUTE), (built.model, residents.streams, residents.people, residents.rows)
    never, current = (built.layout.level(ATTRIBUTE, level) for level in LEVELS)
    _set_everybody(*given, a, never, np.float32(0.1))
    seconds, _ = core_seconds(lambda: (_set_everybody(*given, a, current, np.float32(0.5)),
                                       _set_everybody(*given, a, never, np.float32(0.7))))
    return seconds, 2 * residents.rows


def _year(residents: Residents, beats) -> tuple[float, float]:
    """Events are what the tally counts, and birthdays: one for each year lived."""
    seconds, _ = core_seconds(lambda: [residents.advance(beat, served=False) for beat in beats])
    residents.close(beats[-1])
    counts = residents.tally.sum(axis=(0, 1))
    events = counts[1 + len(residents.built.layout.weights) + len(FLOWS) :].sum()
    return seconds, float(events) + counts[0] / MS_PER_DAY / DAYS_PER_YEAR


@kernel
def _everybody_older(model, people, rows, t, tables):
    """A birthday for each resident, whenever theirs is."""
    for i in range(rows):
        _birthday(model, people, i, t, 0, tables)
        find_next(people, i)


@kernel
def _set_everybody(model, streams, people, rows, a, level, t):
    """Attribute a of each resident moves to `level` at day t."""
    for i in range(rows):
        set_level(model, streams, people, i, a, level, t)
        find_next(people, i)
