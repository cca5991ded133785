"""What a run will need, worked out before anything is allocated: memory from the sizes of its tables, time from pace.

A process holds most at one of three moments: while the starting population is made; while replications run side by side,
each with its own copy of all residents; and at the end, when the counts of all replications become frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from icsim import free_memory
from icsim._compile import compiled
from icsim.areas.load import Area
from icsim.calendar import DAYS_PER_YEAR, calendar, days_between
from icsim.errors import NotEnoughMemoryError
from icsim.residents import layout as residents_layout
from icsim.residents import moves
from icsim.residents.beat import FLOWS
from icsim.residents.expectancy import lasting
from icsim.scenario import Resolved
from icsim.services.activity import Activity, columns_of
from icsim.services.names import layout_of
from icsim.simulation import rows_for
from icsim.state import BANDS, QUINTILES, SEXES, allocate, bytes_per_row

# Measured on 28 November 2026 on two cores of an AMD EPYC, from the resident memory of the process every tenth of a second
# and the time of each part, other programs running: docs/guides/memory-and-time.md has the runs and the figures.
FIXED_BYTES = 300_000_000
"""Interpreter, libraries, compiled code and tables, before the starting population is made."""
WORK_BYTES = 130
"""For each resident of a copy: demands, contacts and outcomes of a beat while they are served and counted."""
KEPT_BYTES = 100_000_000
"""What was freed by earlier replications and not given back to the system."""
REPORT_BYTES = 250_000_000
"""Libraries for frames, page and charts, and what they draw."""
FRAMES = 5.0
"""Frames of all replications together, and what is drawn from them, over the counts that they are made of."""
LOG_BYTES = 10
"""For each resident and day of an event log, its frame included."""
WATCH_BYTES = 200
"""For each row of a replication whose residents are counted one by one, as `validate` does, beside the row itself."""
MANY = 500_000
"""Residents from which a replication is given two cores: while services keep one busy, residents live on by the other. That
takes about as long as two replications beside each other, and half their memory."""
ASSUMED_BYTES = 4e9
"""Where the system does not say what is available: nothing is refused, but no more runs side by side than fits into this."""
SHARE = 0.9
"""Of the memory that is available, what is planned for: estimates are within a tenth, and others run as well."""

START_SECONDS, MONTH_SECONDS, WEEK_SECONDS, ALONE_SECONDS, REFERENCE_SECONDS = 3.2, 2.4, 2.6, 1.5, 67.0
"""On one core, for a million resident-years: of the starting population; served by the compiled engine each month or
each week; without any service; served by the reference engine."""
FIXED_SECONDS, COMPILE_SECONDS, FRAMES_SECONDS, BEAT_SECONDS = 12.0, 50.0, 2.0, 0.01
"""Imports, tables, page and charts; compiling, once for each version; frames of each scenario; each beat, however few
residents there are."""
LONG_SECONDS = 600.0
"""A run that is expected to take longer is announced."""


@dataclass(frozen=True)
class Estimate:
    """What a run or a comparison will need."""

    names: tuple[str, ...]
    """its scenarios"""
    residents: int
    """at the start, about"""
    years: int
    replications: int
    """of each scenario"""
    bytes_needed: int
    """at the worst moment, with `at_once` replications side by side"""
    bytes_available: int | None
    """what this process may use in all; None: the system does not say"""
    at_once: int
    """replications side by side: as many as cores and memory allow, at least one"""
    seconds: float
    """wall-clock time, code compiled included where it is not"""
    remedies: tuple[str, ...] = ()
    """what would fit, where it does not"""

    @property
    def fits(self) -> bool:
        """Whether the memory suffices, as far as anybody knows."""
        return self.bytes_available is None or self.bytes_needed <= SHARE * self.bytes_available

    @property
    def is_long(self) -> bool:
        """Whether it takes so long that people want to know before it begins."""
        return self.seconds > LONG_SECONDS

    def __str__(self) -> str:
        free = "" if self.bytes_available is None else f" of {_gigabytes(self.bytes_available)} available"
        size = f"{_count(self.years, 'year')}, {_count(self.replications, 'replication')}"
        return (f"{_listed(self.names)}, {size}: expected to take {_duration(self.seconds)} and "
                f"{_gigabytes(self.bytes_needed)} of memory{free}.")


@dataclass(frozen=True)
class Sizes:
    """Bytes of the tables of a run."""

    start: int
    """the shared start"""
    making: int
    """everything while the start is made"""
    copy: int
    """one replication while it runs"""
    kept: int
    """what one replication has counted, until the end"""
    log: int
    """the event log"""


def estimate(scenarios: Sequence[Resolved], cores: int, log_days: int = 0, watched: bool = False,
             most_at_once: int | None = None) -> Estimate:
    """What these scenarios need, run together: one is a run, several are a comparison.

    `cores`: that may be used. `log_days`: days of an event log. `watched`: residents are counted one by one, as
    `validate` does. `most_at_once`: most replications side by side.
    """
    found = _forecast(scenarios, cores, log_days, watched, most_at_once)
    if found.fits:
        return found
    return replace(found, remedies=_remedies(scenarios, lambda tried: _forecast(tried, 1, log_days, watched).fits, log_days))


def _forecast(scenarios: Sequence[Resolved], cores: int, log_days: int, watched: bool,
              most_at_once: int | None = None) -> Estimate:
    """The same, without what would help where it does not fit."""
    sizes = [sizes_of(each, log_days, watched) for each in scenarios]
    runs = [each.run.replications for each in scenarios]
    free = free_memory.available_bytes()
    room = None if free is None else free + min(free_memory.held_bytes(), FIXED_BYTES + max(each.start for each in sizes))
    residents = max(residents_at(each.area, each.run.start) for each in scenarios)
    most = beside(cores, residents)
    at_once = _at_once(sizes, runs, min(most, sum(runs), most_at_once or most), room or ASSUMED_BYTES)
    first = scenarios[0]
    return Estimate(tuple(each.name for each in scenarios), residents_at(first.area, first.run.start), first.run.years,
                    max(runs), peak(sizes, runs, at_once), room, at_once, seconds_of(scenarios, cores, at_once))


def beside(cores: int, residents: int) -> int:
    """How many replications of so many residents go on side by side where memory does not matter."""
    return max(cores // 2, 1) if residents > MANY else cores


def _at_once(sizes: Sequence[Sizes], runs: Sequence[int], most: int, room: float) -> int:
    """Replications side by side, at most `most`: as many as the memory holds, and one where it does not hold that."""
    return next((n for n in range(most, 1, -1) if peak(sizes, runs, n) <= SHARE * room), 1)


def check(found: Estimate) -> None:
    """Refuse what does not fit into memory, in words. Raises NotEnoughMemoryError."""
    if not found.fits:
        assert found.bytes_available is not None
        raise NotEnoughMemoryError(_listed(found.names), _refusal(found))


# Memory --------------------------------------------------------------------------------------------------------------


def sizes_of(resolved: Resolved, log_days: int = 0, watched: bool = False) -> Sizes:
    """The sizes of a scenario's tables, from the types and shapes that the engine itself uses."""
    area, run = resolved.area, resolved.run
    warm_up = run.warm_up_months if run.services else 0
    when = calendar(run.start, run.years, run.heartbeat, warm_up_months=warm_up)
    row, clocks, start = _row_bytes(resolved)
    residents = residents_at(area, when.origin)
    rows = rows_for(area, residents, when.days)
    kept = _counts_bytes(resolved, len(when.periods), when.edges)
    return Sizes(
        start=int(residents * start),
        making=int(_rows_while_made(area, when.origin) * row + residents * (start + clocks)),
        copy=int(rows * (row + (WATCH_BYTES if watched else 0)) + residents * WORK_BYTES),
        kept=kept,
        log=residents * log_days * LOG_BYTES,
    )


def peak(sizes: Sequence[Sizes], runs: Sequence[int], at_once: int) -> int:
    """Bytes at the worst moment of runs that go on together, `at_once` replications side by side."""
    start, copy = max(each.start for each in sizes), max(each.copy for each in sizes)
    kept = sum(each.kept * n for each, n in zip(sizes, runs, strict=True))
    earlier = max(sum(runs) - at_once, 0)
    left = KEPT_BYTES if earlier else 0
    making = max(each.making for each in sizes)
    running = start + at_once * copy + kept + left
    telling = start + left + REPORT_BYTES + int(FRAMES * kept)
    log = sum(each.log for each in sizes)
    logging = telling + copy + log if log else 0
    return FIXED_BYTES + max(making, running, telling, logging)


def residents_at(area: Area, day: date) -> int:
    """Residents at a date, about: those counted, and the balance of those who arrive and leave; births balance deaths."""
    balance = sum(row.value if row.flow == "arrive" else -row.value for row in area.flows)
    return max(int(area.population.sum() + balance * _years_to(area, day)), 1)


def _years_to(area: Area, day: date) -> float:
    return max(days_between(area.population_date, day), 1) / DAYS_PER_YEAR


def _rows_while_made(area: Area, day: date) -> float:
    """Rows of the table in which the start is made: a quarter more whenever it is full of people, gone or not."""
    counted = int(area.population.sum())
    ever = rows_for(area, counted, max(days_between(area.population_date, day), 1))
    rows = float(counted)
    while rows < ever:
        rows *= 1.25
    return rows


def _row_bytes(resolved: Resolved) -> tuple[float, int, float]:
    """Bytes of a resident, of these their clocks, and bytes in the start, from rows allocated as the engine does."""
    layout = residents_layout.layout_of(resolved.catalogue, resolved.area)
    repeatable = int(moves.clocks(layout, resolved.catalogue)["fired_slot"].max(initial=-1)) + 1
    timers = {row.event for row in layout.events if row.kind == "timer"}
    kept = 1 + sum(not timers.isdisjoint(events) for events in layout.clocks)
    one, start = (allocate(1, len(layout.attributes), clocks, repeatable, len(layout.weights))
                  for clocks in (layout.columns, kept))
    return bytes_per_row(one), one.clock.nbytes, bytes_per_row(start)


def _counts_bytes(resolved: Resolved, periods: int, edges: np.ndarray) -> int:
    """Everything that a replication has counted: the books of one period, allocated as the engine does, × periods."""
    catalogue, area = resolved.catalogue, resolved.area
    names = residents_layout.layout_of(catalogue, area)
    layout, places = layout_of(catalogue, area, names.attributes, names.demands), len(area.places)
    books = Activity(*columns_of(catalogue, layout), layout, places, edges[:2])
    services = sum(table.nbytes for table in (*books.books, books.pools))
    columns = 1 + len(names.weights) + len(FLOWS) + len(names.events)
    cells = places * QUINTILES * SEXES * BANDS
    states = int(np.prod(lasting(resolved.shipped[0], names).shape))
    ends = places * math.prod(residents_layout.CELL) * states
    return periods * services + 8 * (periods * cells * columns + (periods + 1) * cells + ends)


# Time ----------------------------------------------------------------------------------------------------------------


def seconds_of(scenarios: Sequence[Resolved], cores: int, at_once: int) -> float:
    """Wall-clock seconds: rounds of replications side by side, each with its share of the cores."""
    first = scenarios[0]
    making = START_SECONDS * _resident_years(first.area, first.area.population_date, first.run.start) / 1e6
    longest = max(_replication_seconds(each, max(cores // at_once, 1)) for each in scenarios)
    rounds = math.ceil(sum(each.run.replications for each in scenarios) / at_once)
    ready = FIXED_SECONDS + len(scenarios) * FRAMES_SECONDS + (0.0 if compiled() else COMPILE_SECONDS)
    return ready + making + rounds * longest


def _resident_years(area: Area, first: date, last: date) -> float:
    """Resident-years from one date to another, about."""
    return (residents_at(area, first) + residents_at(area, last)) / 2 * days_between(first, last) / DAYS_PER_YEAR


def _replication_seconds(resolved: Resolved, workers: int) -> float:
    """Only the residents are shared between workers; services need one core."""
    run = resolved.run
    when = calendar(run.start, run.years, run.heartbeat, warm_up_months=run.warm_up_months if run.services else 0)
    millions = _resident_years(resolved.area, when.origin, when.end) / 1e6
    return millions * (ALONE_SECONDS / workers + _pace(resolved) - ALONE_SECONDS) + BEAT_SECONDS * len(when.beats)


def _pace(resolved: Resolved) -> float:
    """Seconds for a million resident-years on one core."""
    run = resolved.run
    if not run.services:
        return ALONE_SECONDS
    if run.engine == "reference":
        return REFERENCE_SECONDS
    return MONTH_SECONDS if run.heartbeat == "month" else WEEK_SECONDS


# Words ---------------------------------------------------------------------------------------------------------------


def _refusal(found: Estimate) -> str:
    assert found.bytes_available is not None
    together = "" if found.replications == 1 and len(found.names) == 1 else ", even with one replication at a time,"
    return (f"{_listed(found.names)} over {_count(found.years, 'year')}{together} would need about "
            f"{_gigabytes(found.bytes_needed)} of memory, and {_gigabytes(found.bytes_available)} are available; it would "
            f"take {_duration(found.seconds)}.\n{_sentence(found.remedies)}")


def _sentence(remedies: Sequence[str]) -> str:
    ways = [*remedies, "take a smaller area", "close other programs or take a machine with more memory"]
    first = "; ".join(ways)
    return f"{first[0].upper()}{first[1:]}; or run it all the same with --anyway (in Python: anyway=True)."


def _remedies(scenarios: Sequence[Resolved], fits: Callable[[list[Resolved]], bool], log_days: int) -> tuple[str, ...]:
    """Fewer years, or fewer replications, that would fit."""

    def most(key: str) -> tuple[int, int]:
        now = max(getattr(each.run, key) for each in scenarios)
        return _largest(now, lambda n: fits([_with(each, key, n) for each in scenarios])), now

    (years, of_years), (runs, of_runs) = most("years"), most("replications")
    found = [f"take {_count(years, 'year')} instead of {of_years} (--years)"] if years else []
    if runs:
        found.append(f"take {_count(runs, 'replication')} instead of {of_runs} (--replications), the others later with "
                     "another --seed")
    return (*found, *(["take fewer --log-days"] if log_days else []))


def _with(resolved: Resolved, key: str, value: int) -> Resolved:
    return replace(resolved, run=resolved.run.model_copy(update={key: min(value, getattr(resolved.run, key))}))


def _largest(below: int, fits: Callable[[int], bool]) -> int:
    """The largest number from 1 to `below` − 1 that fits, 0 if none does; what fits once fits for all smaller ones."""
    low, high = 0, below
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _gigabytes(size: float) -> str:
    """10⁹ bytes, as the tables of makers of memory count them."""
    return f"{size / 1e9:.1f} GB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(round(seconds, -1), 10):.0f} seconds"
    return f"about {seconds / 60:.0f} minutes" if seconds < 5400 else f"about {seconds / 3600:.1f} hours"
