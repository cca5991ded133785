"""What icsim understood of a scenario, as plain data and as lines of text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from icsim.calendar import add_years
from icsim.errors import Problem
from icsim.scenario.differences import Difference
from icsim.scenario.ground import numbers
from icsim.scenario.models import Run
from icsim.scenario.resolve import Resolved
from icsim.scenario.wording import grouped


@dataclass(frozen=True)
class PoolLine:
    """One pool of servers as the scenario has it; `number` is None where there is no limit."""

    name: str
    label: str
    number: int | None
    open: str


@dataclass(frozen=True)
class ServiceLine:
    """One service with its pools; `queue_limit` is None where queues have no limit."""

    name: str
    label: str
    server: str
    pools: tuple[PoolLine, ...]
    queue_limit: int | None
    shift_end: str


@dataclass(frozen=True)
class Assumption:
    """A number that rests on judgement alone, in the range given, for the reason given."""

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    reason: str


@dataclass(frozen=True)
class Explanation:
    """A scenario in words and numbers, before anything is run."""

    name: str
    title: str
    description: str
    reason: str
    area: str
    population: int
    population_date: date
    places: tuple[tuple[str, int], ...]
    """label and residents of each place"""
    run: Run
    end: date
    """first day after the run"""
    services: tuple[ServiceLine, ...]
    differences: tuple[Difference, ...]
    assumptions: tuple[Assumption, ...]
    numbers: int
    """how many numbers the catalogue and the area hold, assumed ones included"""
    warnings: tuple[Problem, ...]

    def lines(self) -> list[str]:
        """The explanation as text, one line an entry."""
        parts = [self._head(), self._services(), self._differences(), self._assumptions(), self._warnings()]
        return [line for part in parts if part for line in ["", *part]][1:]

    def _head(self) -> list[str]:
        run = self.run
        luck = "once" if run.replications == 1 else f"{run.replications} times, each with other luck (seed {run.seed})"
        words = [text for text in (self.description, self.reason) if text]
        return [self.title, *words, "",
                f"Who:       {grouped(self.population)} residents of {self.area} on {self.population_date}, "
                f"in {len(self.places)} places",
                f"When:      {run.start} to {self.end}, in steps of a {run.heartbeat}",
                f"How often: {luck}; {run.engine} engine" + ("" if run.services else "; residents alone, no services")]

    def _services(self) -> list[str]:
        lines = ["Services"]
        for service in self.services if self.run.services else ():
            waiting = _waiting(service.queue_limit)
            lines.append(f"  {service.label} ({service.name}): {waiting}; end of shift: {service.shift_end}")
            lines += [f"    {pool.label}: {_servers(pool.number, service.server)}, {pool.open}"
                      for pool in service.pools]
        return lines if len(lines) > 1 else ["Services: none"]

    def _differences(self) -> list[str]:
        if not self.differences:
            return ["Nothing differs from the baseline."]
        lines = ["Differs from the baseline"]
        for entry in self.differences:
            lines.append(f"  {entry.name}: {said(entry.value)} instead of {said(entry.baseline)} {entry.unit}".rstrip())
            if entry.standing:
                lines.append(f"    the baseline value is {entry.standing}: {entry.source}")
            if entry.reason:
                lines.append(f"    because: {entry.reason}")
        return lines

    def _assumptions(self) -> list[str]:
        kinds = Counter(entry.name.partition(".")[0] for entry in self.assumptions)
        parts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        count = f"Assumed: {len(self.assumptions)} of {grouped(self.numbers)} numbers"
        return [f"{count} ({parts})" if parts else count]

    def _warnings(self) -> list[str]:
        lines = [line for warning in self.warnings for line in str(warning).splitlines()]
        return ["Worth a look", *lines] if lines else []


def explain(resolved: Resolved) -> Explanation:
    """What icsim understood of a scenario."""
    area, found = resolved.area, numbers(resolved.catalogue, resolved.area)
    people = area.population.sum(axis=(1, 2, 3))
    places = tuple((place.label, int(count)) for place, count in zip(area.places, people, strict=True))
    assumed = tuple(Assumption(name, number.value, number.row.unit, number.row.low, number.row.high, number.row.note)
                    for name, number in found.items() if number.row.standing == "assumed")
    return Explanation(
        resolved.name, resolved.title, resolved.description, resolved.reason, area.label, int(people.sum()),
        area.population_date, places, resolved.run, add_years(resolved.run.start, resolved.run.years),
        _service_lines(resolved), resolved.differences, assumed, len(found), resolved.warnings)


def _service_lines(resolved: Resolved) -> tuple[ServiceLine, ...]:
    return tuple(ServiceLine(row.service, row.label, row.server, _pool_lines(resolved, row.service), row.queue_limit,
                             row.shift_end) for row in resolved.catalogue.services)


def _pool_lines(resolved: Resolved, service: str) -> tuple[PoolLine, ...]:
    return tuple(PoolLine(row.pool, row.label, None if row.value is None else int(row.value), row.open)
                 for row in resolved.area.pools if row.service == service)


def _waiting(limit: int | None) -> str:
    if limit is None:
        return "queue without limit"
    return f"at most {grouped(limit)} waiting" if limit else "nobody waits"


def _servers(number: int | None, server: str) -> str:
    return "no limit" if number is None else f"{grouped(number)} {server}{'' if number == 1 else 's'}"


def said(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "no limit"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return grouped(value) if is_number else str(value)
