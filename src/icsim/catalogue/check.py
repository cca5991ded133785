"""Every rule that the tables must keep, all of them checked at once.

`problems_of` runs the rules in four rounds, because the later ones take for granted what the earlier ones found sound:
single rows (`row_rules/`); then sums and classes; then the graphs of pathways (`pathways.py`); then both for those who take
part in programmes (`taking_part_rules.py`). A mistake in a cell on
which no later rule builds (`ALONE`) does not hide what those have to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from icsim.catalogue.csvtable import nearest
from icsim.catalogue.expand import expand_ages
from icsim.catalogue.found import Found
from icsim.catalogue.load import Catalogue, assembled
from icsim.catalogue.pathways import ENTERING, pathway_problems
from icsim.catalogue.row_rules import PROFILE_PARTS, ROW_RULES, Tables
from icsim.catalogue.taking_part_rules import taking_part_problems
from icsim.catalogue.when import classes_of, parse_when, parts_of
from icsim.errors import Problem


def problems_of(tables: Tables) -> list[Problem]:
    """Everything that is wrong with the tables, by file and line."""
    catalogue = assembled(tables)
    problems: list[Problem] = []
    for rules in (ROW_RULES, SUM_RULES, (pathway_problems,), (taking_part_problems,)):
        problems += [problem for rule in rules for problem in rule(tables, catalogue)]
        if any(problem.where.rpartition(": ")[2] not in ALONE for problem in problems):
            break
    return sorted(problems, key=lambda problem: (problem.where.partition(":")[0], problem.line))


ALONE = frozenset({"value", "a", "b", "low", "high", "standing", "source", "note", "service", "counts_as", "time_as",
                   "wait_as", "response", "interval", "limits", "above", "causal_share", "lag_years", "queue_limit"})
"""Columns in which a mistake stands alone."""


def shares_leave_something(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Prevalences of an attribute, and severity shares of an event, never add up to more than 1."""
    for table, owner in (("prevalence", "attribute"), ("severity_shares", "event")):
        for name in dict.fromkeys(getattr(place.row, owner) for place in tables[table]):
            own = [place for place in tables[table] if getattr(place.row, owner) == name]
            kind = "level" if table == "prevalence" else "severity"
            total = np.sum(
                [
                    expand_ages([p.row for p in own if getattr(p.row, kind) == each])
                    for each in sorted({getattr(place.row, kind) for place in own})
                ],
                axis=0,
            )
            if total.max() > 1 + 1e-9:
                age = int(total.max(axis=(0, 1)).argmax())
                yield own[0].problem("value", f"Shares of {name} add up to {total.max():.4g} at age {age}; at most 1.")


def first_level_is_left_over(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """The first level and the mildest severity take what is left over, so they have no rows."""
    for place in tables["prevalence"]:
        if place.row.level == catalogue.levels[place.row.attribute][0]:
            yield place.problem("level", "The first level takes what is left over and has no row.", place.row.level)
    for place in tables["severity_shares"]:
        known = catalogue.severities_of(place.row.event)
        if place.row.severity not in known:
            hint = nearest(place.row.severity, known)
            yield place.problem(
                "severity", f"The event {place.row.event} has no such severity. {hint}".strip(), place.row.severity
            )
        elif place.row.severity == known[0]:
            yield place.problem("severity", "The mildest takes what is left over and has no row.", place.row.severity)


def demands_have_severities(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Severities belong to demands; a demand classed by severity has some."""
    kinds = {row.event: row.kind for row in catalogue.events}
    for place in tables["severities"]:
        if kinds[place.row.event] != "demand":
            yield place.problem("event", "Only a demand has severities.", place.row.event)
    for place in tables["events"]:
        if "severity" in parts_of(place.row.class_by) and not catalogue.severities_of(place.row.event):
            yield place.problem("class_by", "severities.csv has no row for this event.", place.row.event)


def conditions_fit_classes(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Parts, levels and ages of every `when` agree with the classes of the demands that enter the pathway."""
    for event in catalogue.events:
        classes = classes_of(catalogue, event) if event.kind in ENTERING else ()
        for place in tables["branches"] + tables["quantities"] if classes else []:
            if place.row.pathway == event.pathway:
                yield from _condition_problems(place, event.event, classes)


def _condition_problems(place: Found, event: str, classes: tuple) -> Iterator[Problem]:
    when = parse_when(place.row.when)
    for part, levels in when.levels.items():
        known = {cls.levels[part] for cls in classes if part in cls.levels}
        for level in levels:
            if level not in known:
                yield place.problem(
                    "when", f"No class of {event} has {part}={level}. {nearest(level, known)}".strip(), level
                )
    if when.age is not None:
        ages = {cls.age for cls in classes}
        if any(age is None or (when.age.overlaps(age) and not when.age.covers(age)) for age in ages):
            yield place.problem("when", f"These ages cut through a class of {event}.", str(when.age))


def profiles_are_whole(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """A part of a profile names all its months, weekdays or hours, or none; some value is above 0."""
    groups: dict[tuple[str, str], list[Found]] = {}
    for place in tables["profiles"]:
        groups.setdefault((place.row.profile, place.row.part), []).append(place)
    for (profile, part), places in groups.items():
        if len(places) != len(PROFILE_PARTS[part]):
            yield places[0].problem("index", f"{profile} names {len(places)} of {len(PROFILE_PARTS[part])} {part}s.")
        if sum(place.row.value for place in places) <= 0:
            yield places[0].problem("value", f"Every {part} of {profile} is 0.")


def norms_cover_all_ages(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Every weight has a norm for every sex, quintile and age."""
    for place in tables["weights"]:
        missing = expand_ages([row for row in catalogue.norms if row.weight == place.row.weight]) <= 0
        if missing.any():
            age = int(missing.any(axis=(0, 1)).argmax())
            yield place.problem("weight", f"norms.csv leaves a gap at age {age}.", place.row.weight)


SUM_RULES: tuple[Callable[[Tables, Catalogue], Iterable[Problem]], ...] = (
    shares_leave_something,
    first_level_is_left_over,
    demands_have_severities,
    conditions_fit_classes,
    profiles_are_whole,
    norms_cover_all_ages,
)
"""Rules on sums and classes, for tables whose single rows are sound."""
