"""What taking part does to the way of a case, to how long a step lasts, and to who takes up another programme: more rows,
each for whoever is at a level, after the row that it is made from.

"branch falls.on_scene.to_hospital" × 0.8 puts behind every row of that branch one with 0.8 of its share, for those who take
part; the step's last row takes the rest, as ever. Because the last row that holds counts, those for whom several attributes
act at once come after those for whom one does. Services tell such cases apart by the attributes, which come first in
`class_by`: whoever takes part in nothing has the class that they had without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations, product
from math import prod
from typing import Any

from icsim.catalogue.load import ID, Catalogue
from icsim.catalogue.rows import Branch, Effect, Event, Quantity, Take

Places = Iterable[tuple[Effect, str, str]]
"""Effects, each with the attribute and the level at which somebody has it."""
Acting = Mapping[str, Mapping[str, Effect]]
"""Attribute → level → the effect of one thing."""


def _branch(row: Branch) -> str:
    return "" if row.value is None else f"branch {row.pathway}.{row.step}.{row.to}"


def _stay(row: Quantity) -> str:
    return f"stay {row.pathway}.{row.step}" if row.quantity == "duration" else ""


def _uptake(row: Take) -> str:
    return f"uptake {row.programme}" if row.what == "uptake" else ""


THING: dict[str, Callable[[Any], str]] = {"branches": _branch, "quantities": _stay, "takes": _uptake}
"""Table → what an effect must act on to change this row; empty: no effect does."""
BY_CLASS = ("branch ", "stay ")
"""How those begin for which services must know who takes part."""


def pathway_of(acts_on: str) -> str:
    """The pathway whose cases an effect changes; empty if it changes no way and no stay."""
    return acts_on.partition(" ")[2].partition(".")[0] if acts_on.startswith(BY_CLASS) else ""


def with_more_rows(catalogue: Catalogue, places: Places) -> Catalogue:
    """The catalogue with branches, durations and uptake of those who take part."""
    acting = _acting(places)
    rows = {table: tuple(_with_more(table, getattr(catalogue, table), acting)) for table in THING}
    return replace(catalogue, **rows)


def with_more_classes(catalogue: Catalogue, places: Places) -> Catalogue:
    """The catalogue with classes of demand that tell them apart."""
    acting = _acting(places)
    return replace(catalogue, events=tuple(_told_apart(row, acting) for row in catalogue.events))


def _acting(places: Places) -> dict[str, dict[str, dict[str, Effect]]]:
    """Thing → attribute → level → effect."""
    acting: dict[str, dict[str, dict[str, Effect]]] = {}
    for row, attribute, level in places:
        acting.setdefault(row.acts_on, {}).setdefault(attribute, {})[level] = row
    return acting


def _with_more(table: str, rows: Iterable[Any], acting: Mapping[str, Acting]) -> Iterator[Any]:
    for row in rows:
        yield row
        for condition, effects in _at_once(acting.get(THING[table](row), {})):
            new = _times(row, effects)
            new = replace(new, when="; ".join(filter(None, (row.when, condition))))
            yield replace(new, id=ID[table](new))


def _at_once(acting: Acting) -> Iterator[tuple[str, tuple[Effect, ...]]]:
    """Conditions with the effects that hold under each: one alone first, all of them last."""
    for number in range(1, len(acting) + 1):
        for attributes in combinations(acting, number):
            for levels in product(*(acting[attribute] for attribute in attributes)):
                pairs = list(zip(attributes, levels, strict=True))
                yield ("; ".join(f"{attribute}={level}" for attribute, level in pairs),
                       tuple(acting[attribute][level] for attribute, level in pairs))


def _times(row: Any, effects: tuple[Effect, ...]) -> Any:
    """The row × these effects. Every form of a duration is so many times as long if each of its parameters is."""
    ratio = prod(effect.value for effect in effects)
    columns = ("a", "b", "c") if isinstance(row, Quantity) else ("value",)
    source = "; ".join(dict.fromkeys(filter(None, (row.source, *(effect.source for effect in effects)))))
    return replace(row, low=None, high=None, standing="derived", source=source,
                   **{column: getattr(row, column) * ratio for column in columns})


def _told_apart(event: Event, acting: Mapping[str, Acting]) -> Event:
    """A demand that enters a pathway on which something acts, classed by that too. Cases of streams are no residents."""
    attributes = [attribute for acts_on, own in acting.items() if event.pathway and pathway_of(acts_on) == event.pathway
                  for attribute in own]
    if event.kind != "demand" or not attributes:
        return event
    return replace(event, class_by="; ".join(filter(None, (*dict.fromkeys(attributes), event.class_by))))


def in_words(catalogue: Catalogue, acts_on: str) -> str:
    """What an effect acts on, in words: falls, for "event fall"; time of "Hospital bed" (acute), for "stay acute.bed"."""
    kind, _, name = acts_on.partition(" ")
    pathway, step, to = (*name.split("."), "", "")[:3]
    if kind == "branch":
        return f'share that goes from "{_label(catalogue, pathway, step)}" to "{_label(catalogue, pathway, to)}" ({pathway})'
    if kind == "stay":
        return f'time of "{_label(catalogue, pathway, step)}" ({pathway})'
    if kind == "uptake":
        return f'uptake of "{next(row.label for row in catalogue.programmes if row.programme == name)}"'
    labels = {("event", row.event): row.label for row in catalogue.events}
    text = {**labels, **{("weight", row.weight): row.label for row in catalogue.weights}}[kind, name]
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _label(catalogue: Catalogue, pathway: str, name: str) -> str:
    """Label of a step or an outcome."""
    labels = {row.step: row.label for row in catalogue.steps_of(pathway)}
    return labels.get(name) or next(row.label for row in catalogue.outcomes_of(pathway) if row.outcome == name)
