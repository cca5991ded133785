"""What icsim understood of a scenario, as plain data and as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from icsim.calendar import add_years
from icsim.catalogue.moved import ORIGIN
from icsim.catalogue.rows import ProgrammeMove
from icsim.catalogue.taking_part import in_words
from icsim.errors import Problem
from icsim.scenario.differences import Difference, source_titles, titled
from icsim.scenario.ground import numbers
from icsim.scenario.models import Run
from icsim.scenario.resolve import Resolved
from icsim.scenario.wording import folded, grouped
from icsim.units import SHARES


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
class ProgrammeLine:
    """One programme of which places are offered, and what is known of it."""

    name: str
    label: str
    places: float
    """people who can begin in a month; of a measure, the share of those it is for whom it reaches"""
    where: str
    """places in which it is offered; empty: all"""
    measure: bool
    waiting_list: int
    eligible: str
    priority: str
    effects: tuple[str, ...]
    """each in words; empty: no effect is assumed"""
    evidence: str


@dataclass(frozen=True)
class Assumption:
    """A number that rests on judgement alone, in the range given, for the reason given."""

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    source: str
    """title of the source"""
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
    programmes: tuple[ProgrammeLine, ...]
    differences: tuple[Difference, ...]
    assumptions: tuple[Assumption, ...]
    numbers: int
    """how many numbers the catalogue and the area hold, assumed ones included"""
    warnings: tuple[Problem, ...]

    def lines(self, everything: bool = False) -> list[str]:
        """The explanation as lines of at most 80 columns; `everything`: with each assumed number and its reason."""
        assumptions = [*self._assumed(), *(self._assumptions() if everything else [])]
        parts = [self._head(), self._services(), self._programmes(), self._differences(), assumptions, self._warnings()]
        text = "\n\n".join("\n".join(part) for part in parts if part)
        return text.splitlines()

    def _head(self) -> list[str]:
        run = self.run
        luck = "once" if run.replications == 1 else f"{run.replications} times, each with other luck (seed {run.seed})"
        words = [folded(text) for text in (self.title, self.description, self.reason) if text]
        where = f"{self.area} on {self.population_date}, in {len(self.places)} places"
        services = "" if run.services else "; residents alone, no services"
        facts = {"Who:": f"{grouped(self.population)} residents of {where}",
                 "When:": f"{run.start} to {self.end}, in steps of a {run.heartbeat}",
                 "How often:": f"{luck}; {run.engine} engine{services}"}
        if run.services:
            before = f"{run.warm_up_months} months before the start" if run.warm_up_months else "nothing: all stand empty"
            growth = "grows by the area's declared path" if run.growth else "stays as in the first year"
            facts |= {"Filled by:": before, "Growing:": f"capacity {growth}"}
        return [*words, "", *(f"{word:11}" + folded(text, " " * 11)[11:] for word, text in facts.items())]

    def _services(self) -> list[str]:
        lines = ["Services"]
        for service in self.services if self.run.services else ():
            waiting = _waiting(service.queue_limit)
            about = f"{service.label} ({service.name}): {waiting}; end of shift: {service.shift_end}"
            lines.append(folded(about, "  ", "    "))
            lines += [folded(f"{pool.label}: {servers(pool.number, service.server)}, {pool.open}", "    ", "  ")
                      for pool in service.pools]
        return lines if len(lines) > 1 else ["Services: none"]

    def _programmes(self) -> list[str]:
        lines = ["Programmes"]
        for row in self.programmes:
            waiting = f"at most {grouped(row.waiting_list)} waiting" if row.waiting_list else "nobody waits"
            about = f"{row.label} ({row.name}): {grouped(row.places)} can begin each month; {waiting}; {row.priority}"
            if row.measure:
                about = f"{row.label} ({row.name}): reaches {100 * row.places:g} in 100 of those it is for"
            about += f"; in {row.where}" if row.where else ""
            lines += [folded(about, "  ", "    "), folded(f"for: {row.eligible or 'everybody'}", "    ", "  ")]
            lines += [folded(text, "    ", "  ") for text in row.effects or ("no effect is assumed",)]
            lines += [folded(f"what is known: {row.evidence}", "    ", "  ")] if row.evidence else []
        return lines if self.programmes else ["Programmes: none"]

    def _differences(self) -> list[str]:
        if not self.differences:
            return ["Nothing differs from the baseline."]
        groups = groupby(self.differences, lambda entry: (entry.standing, entry.source, entry.reason))
        return ["Differs from the baseline", *(line for _, group in groups for line in _differ(list(group)))]

    def _assumed(self) -> list[str]:
        kinds = Counter(entry.name.partition(".")[0] for entry in self.assumptions)
        parts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        count = f"Assumed: {len(self.assumptions)} of {grouped(self.numbers)} numbers"
        return [folded(f"{count} ({parts})" if parts else count, more="  ")]

    def _assumptions(self) -> list[str]:
        return [line for entry in self.assumptions for line in _assumption(entry)]

    def _warnings(self) -> list[str]:
        lines = [line for warning in self.warnings for line in str(warning).splitlines()]
        return ["Worth a look", *(_in_place(line) for line in lines)] if lines else []


def _differ(alike: list[Difference]) -> Iterator[str]:
    """Differences that share their evidence and their reason, which are told once."""
    for entry in alike:
        value = f"{entry.name}: {said(entry.value)} instead of {said(entry.baseline)} {entry.unit}"
        yield folded(value, "  ", "    ")
    if alike[0].standing:
        values = "value is" if len(alike) == 1 else "values are"
        yield folded(f"the baseline {values} {alike[0].standing}: {alike[0].source}", "    ", "  ")
    if alike[0].reason:
        yield folded(f"because: {alike[0].reason}", "    ", "  ")


def _assumption(entry: Assumption) -> Iterator[str]:
    between = "" if entry.low is None else f" ({said(entry.low)} to {said(entry.high)})"
    yield folded(f"{entry.name} = {said(entry.value)}{between} {entry.unit}", "  ", "    ")
    if entry.reason:
        yield folded(entry.reason, "    ")
    if entry.source:
        yield folded(f"source: {entry.source}", "    ", "  ")


def _in_place(line: str) -> str:
    """A line folded below where it begins."""
    return folded(line, " " * (len(line) - len(line.lstrip())))


def explain(resolved: Resolved) -> Explanation:
    """What icsim understood of a scenario."""
    area, found = resolved.area, numbers(resolved.catalogue, resolved.area)
    people = area.population.sum(axis=(1, 2, 3))
    places = tuple((place.label, int(count)) for place, count in zip(area.places, people, strict=True))
    titles = source_titles(resolved.catalogue, area)
    assumed = tuple(
        Assumption(name, number.value, row.unit, row.low, row.high, titled(row.source, titles), row.note)
        for name, number in found.items() if (row := number.row).standing == "assumed")
    return Explanation(
        resolved.name, resolved.title, resolved.description, resolved.reason, area.label, int(people.sum()),
        area.population_date, places, resolved.run, add_years(resolved.run.start, resolved.run.years),
        _service_lines(resolved), _programme_lines(resolved), resolved.differences, assumed, len(found), resolved.warnings)


def _service_lines(resolved: Resolved) -> tuple[ServiceLine, ...]:
    return tuple(ServiceLine(row.service, row.label, row.server, _pool_lines(resolved, row.service), row.queue_limit,
                             row.shift_end) for row in resolved.catalogue.services)


def _programme_lines(resolved: Resolved) -> tuple[ProgrammeLine, ...]:
    rows = {row.programme: row for row in resolved.catalogue.programmes}
    return tuple(ProgrammeLine(offer.programme, rows[offer.programme].label, offer.value, offer.where.replace("|", ", "),
                               rows[offer.programme].kind == "measure", offer.waiting_list,
                               rows[offer.programme].eligible, rows[offer.programme].priority,
                               (*_effects(resolved, offer.programme), *_moved(resolved, offer.programme)),
                               rows[offer.programme].evidence)
                 for offer in sorted(resolved.area.programmes, key=lambda row: row.programme) if offer.value > 0)


def _effects(resolved: Resolved, programme: str) -> tuple[str, ...]:
    """What each stage does, with its range and how good the evidence is; what changes nothing is none."""
    labels = {row.stage: row.label for row in resolved.catalogue.stages_of(programme)}
    return tuple(f"{labels[row.stage]}: {in_words(resolved.catalogue, row.acts_on)} × {said(row.value)}"
                 f"{_between(row)}; strength of the evidence: {row.strength or 'not said'}"
                 for row in resolved.catalogue.effects if row.programme == programme and row.value != 1)


def _moved(resolved: Resolved, programme: str) -> tuple[str, ...]:
    """Whom each stage moves where."""
    stages = {row.stage: row.label for row in resolved.catalogue.stages_of(programme)}
    words = {(row.attribute, row.level): row.label for row in resolved.catalogue.attributes}
    return tuple(f"{stages[row.stage]}: {words[row.attribute, row.level]} → {_where_to(row, words)}: {_in_100(row)}; "
                 f"strength of the evidence: {row.strength or 'not said'}"
                 for row in resolved.catalogue.programme_moves if row.programme == programme and row.value)


def _where_to(row: ProgrammeMove, words: Mapping[tuple[str, str], str]) -> str:
    return "back to where it moved them from" if row.to == ORIGIN else words[row.attribute, row.to]


def _in_100(row: ProgrammeMove) -> str:
    value, low, high = (None if each is None else round(100 * each * SHARES[row.unit], 6)
                        for each in (row.value, row.low, row.high))
    return f"{said(value)} in 100{'' if low is None or high is None else f' ({said(low)} to {said(high)})'}"


def _between(row: Any) -> str:
    return "" if row.low is None or row.high is None else f" ({said(row.low)} to {said(row.high)})"


def _pool_lines(resolved: Resolved, service: str) -> tuple[PoolLine, ...]:
    return tuple(PoolLine(row.pool, row.label, None if row.value is None else int(row.value), row.open)
                 for row in resolved.area.pools if row.service == service)


def _waiting(limit: int | None) -> str:
    if limit is None:
        return "whoever waits too long gives up"
    return f"at most {grouped(limit)} waiting" if limit else "nobody waits"


def servers(number: int | None, server: str) -> str:
    """A number of servers, each a `server`, in words."""
    return "no limit" if number is None else f"{grouped(number)} {server}{'' if number == 1 else 's'}"


def said(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "no limit"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return grouped(value) if is_number else str(value)
