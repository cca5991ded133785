"""Programmes in terms of what residents are made of: an attribute each, whose levels are its stages; ratios and factors;
rows of services and of uptake for those who take part (`taking_part.py`); and levels for those whom they move (`moved.py`).

Where several programmes act on the same thing by the same mechanism, the strongest counts: they share one more attribute,
whose level is the strongest effect that somebody has now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from math import log
from typing import Any, NamedTuple

from icsim.catalogue.load import ID, Catalogue
from icsim.catalogue.moved import with_moved_levels
from icsim.catalogue.rows import Effect, Evidence, Exponent, Factor, Level, Measure, Ratio
from icsim.catalogue.taking_part import with_more_classes, with_more_rows

OUT = "out"
"""The level of whoever does not take part."""
COUNTS = {"begun": "begin {}", "ended": "go through {} to the end", "left_early": "leave {} early"}
"""What is counted of each programme, in words."""
COUNTED = tuple(COUNTS)
MOST = 64
"""Most programmes that run at once: who is in which is a bit each."""


class Group(NamedTuple):
    """Effects of one mechanism on one thing, of which somebody has the strongest."""

    attribute: str
    level: dict[tuple[str, str], int]
    """(programme, stage) → level, a stronger effect having a higher one; level 0: none"""
    effects: tuple[Effect, ...]
    """the effect of each level from 1 on"""


def groups(catalogue: Catalogue, names: Iterable[str]) -> tuple[Group, ...]:
    """The mechanisms that more than one of these programmes uses on one thing."""
    wanted, found = set(names), dict[tuple[str, str], list[Effect]]()
    for row in (row for row in catalogue.effects if row.programme in wanted):
        found.setdefault((row.mechanism, row.acts_on), []).append(row)
    return tuple(_group(f"{acts_on} by {mechanism}", rows) for (mechanism, acts_on), rows in found.items()
                 if len({row.programme for row in rows}) > 1)


def _group(attribute: str, rows: list[Effect]) -> Group:
    by_strength = sorted(rows, key=lambda row: (abs(log(row.value)), row.id))
    return Group(attribute, {(row.programme, row.stage): n for n, row in enumerate(by_strength, 1)}, tuple(by_strength))


def counted(programme: str, what: str) -> str:
    """Name of the column in results."""
    return f"{programme}_{what}"


def with_programmes(catalogue: Catalogue, names: Iterable[str]) -> Catalogue:
    """The catalogue with the attributes, ratios, factors and measures of these programmes, with classes of demand that tell
    apart who takes part, and with rows of branches, durations and uptake for them.
    """
    names = tuple(names)
    places = _places(catalogue, names)
    ratios, factors = _ratios(places), _factors(places)
    exponents = {(row.event, row.attribute): _as_it_stands(row) for row in ratios}
    catalogue = with_more_rows(with_classes_of_programmes(with_moved_levels(catalogue, names), names), places)
    return replace(catalogue, ratios=(*catalogue.ratios, *ratios), factors=(*catalogue.factors, *factors),
                   exponents=(*catalogue.exponents, *exponents.values()),
                   measures=(*catalogue.measures, *_measures(catalogue, names)))


def with_classes_of_programmes(catalogue: Catalogue, names: tuple[str, ...]) -> Catalogue:
    """The catalogue with the attributes of these programmes, and with the classes of demand alone."""
    catalogue = replace(catalogue, attributes=(*catalogue.attributes, *_levels(catalogue, names)))
    return with_more_classes(catalogue, _places(catalogue, names))


def _levels(catalogue: Catalogue, names: tuple[str, ...]) -> list[Level]:
    """Of each programme, and of each mechanism that several share."""
    levels = []
    for row in (row for row in catalogue.programmes if row.programme in names):
        own = [(OUT, "Does not take part"), *((stage.stage, stage.label) for stage in catalogue.stages_of(row.programme))]
        levels += [Level(attribute=row.programme, level=level, label=label, source=row.source) for level, label in own]
    for group in groups(catalogue, names):
        levels.append(Level(attribute=group.attribute, level=OUT, label="None"))
        levels += [Level(attribute=group.attribute, level=str(n), label=f"{row.programme}, {row.stage}", source=row.source)
                   for n, row in enumerate(group.effects, 1)]
    return levels


def _places(catalogue: Catalogue, names: tuple[str, ...]) -> list[tuple[Effect, str, str]]:
    """Their effects, each with the attribute and the level at which somebody has it."""
    shared = [(row, group.attribute, str(n)) for group in groups(catalogue, names) for n, row in enumerate(group.effects, 1)]
    in_group = {row.id for row, _, _ in shared}
    return shared + [(row, row.programme, row.stage) for row in catalogue.effects
                     if row.programme in names and row.id not in in_group]


def _ratios(places: list[tuple[Effect, str, str]]) -> list[Ratio]:
    return [_with_id("ratios", Ratio(event=row.acts_on.split()[1], attribute=attribute, level=level, value=row.value,
                                     distribution=row.distribution, design=row.design, **_evidence(row)))
            for row, attribute, level in places if row.acts_on.startswith("event ")]


def _factors(places: list[tuple[Effect, str, str]]) -> list[Factor]:
    return [_with_id("factors", Factor(weight=row.acts_on.split()[1], attribute=attribute, level=level, value=row.value,
                                       **_evidence(row)))
            for row, attribute, level in places if row.acts_on.startswith("weight ")]


def _as_it_stands(row: Ratio) -> Exponent:
    """Trials say what an effect is beside everything else, so no exponent shrinks it."""
    evidence = {**_evidence(row), "low": None, "high": None, "unit": "exponent", "standing": "derived"}
    return _with_id("exponents", Exponent(event=row.event, attribute=row.attribute, value=1.0, **evidence))


def _evidence(row: Evidence) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(Evidence) if field.name != "id"}


def _with_id(table: str, row: Any) -> Any:
    return replace(row, id=ID[table](row))


def _measures(catalogue: Catalogue, names: tuple[str, ...]) -> list[Measure]:
    label = {row.programme: row.label for row in catalogue.programmes}
    return [Measure(measure=counted(name, what), label=f"{label[name]}: people who {words.format('it')}", kind="event",
                    unit="people", population="residents", meaning=f"residents who {words.format(label[name].lower())}")
            for name in names for what, words in COUNTS.items()]
