"""Rules on what happens to people: events with the cells they need, classes, profiles, conditions."""

from __future__ import annotations

from collections.abc import Iterator

from icsim.catalogue.csvtable import nearest
from icsim.catalogue.load import Catalogue
from icsim.catalogue.row_rules.common import Tables, level_problems, split
from icsim.catalogue.when import OLDEST, age_groups, parse_when, parts_of
from icsim.errors import Problem

PROFILE_PARTS = {"month": range(1, 13), "weekday": range(7), "hour": range(24)}


def events_are_whole(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Each kind of event has the cells it needs, and its levels exist."""
    for place in tables["events"]:
        event = place.row
        for column in _NEEDED.get(event.kind, ()):
            if getattr(event, column) in ("", None):
                yield place.problem(column, f"An event of kind {event.kind} needs {column}.")
        if event.kind == "stream" and event.class_by:
            yield place.problem("class_by", "Cases of a stream are no residents and have no classes.", event.class_by)
        if event.after_days is not None and event.after_days <= 0:
            yield place.problem("after_days", "This must be above 0.", event.after_days)
        if event.attribute in catalogue.levels:
            yield from level_problems(catalogue, place, "from_levels", event.attribute, split(event.from_levels, "|"))
            if event.to_level not in ("+1", "-1", ""):
                yield from level_problems(catalogue, place, "to_level", event.attribute, (event.to_level,))


_NEEDED = {
    "stream": ("pathway",),
    "move": ("attribute", "to_level"),
    "timer": ("attribute", "to_level", "after_days", "from_levels"),
    "demand": ("pathway",),
}


def profile_indices_are_known(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Months 1–12, weekdays 0–6, hours 0–23."""
    for place in tables["profiles"]:
        known = PROFILE_PARTS.get(place.row.part, range(0))
        if known and place.row.index not in known:
            message = f"A {place.row.part} must lie between {known.start} and {known.stop - 1}."
            yield place.problem("index", message, place.row.index)


def classes_are_sound(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """`class_by` names severity, attributes or ages that begin a class."""
    for place in tables["events"]:
        parts = parts_of(place.row.class_by)
        known = {"severity", "age", *catalogue.levels}
        for part in parts:
            if part not in known:
                yield place.problem("class_by", f"This is no part of a class. {nearest(part, known)}".strip(), part)
        if len(set(parts)) < len(parts):
            yield place.problem("class_by", "A part is named twice.", place.row.class_by)
        if not _ages_fit(place.row.class_by):
            yield place.problem(
                "class_by", f"Ages must rise between 1 and {OLDEST}, as in age 65 80.", place.row.class_by
            )


def _ages_fit(class_by: str) -> bool:
    try:
        groups = age_groups(class_by)
    except ValueError:
        return False
    return all(group.first <= group.last for group in groups)


def conditions_can_be_read(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """Every `when` has the form that `parse_when` reads."""
    for place in tables["branches"] + tables["quantities"]:
        try:
            parse_when(place.row.when)
        except ValueError as error:
            yield place.problem("when", f"{error}.", place.row.when)
