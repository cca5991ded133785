"""The rules of shares and pathways once more, for those who take part in a programme: no uptake and no sum of branches above
1, and every loop and queue still with a way out.

Each programme is looked at alone when tables are read, and all that run together before a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from icsim.catalogue.found import Found
from icsim.catalogue.load import Catalogue
from icsim.catalogue.pathways import CLASS_RULES, Tables, no_cycle_of_holds
from icsim.catalogue.programmes import with_classes_of_programmes, with_programmes
from icsim.catalogue.rows import Effect, Event
from icsim.catalogue.taking_part import pathway_of
from icsim.catalogue.when import age_groups, branch_shares, classes_of, parts_of
from icsim.errors import Problem
from icsim.units import FACTORS

MOST_CLASSES = 2**15 - 1
"""The number of a class is an int16."""
ACTING = ("branch ", "stay ", "uptake ")


def taking_part_problems(tables: Tables, catalogue: Catalogue) -> Iterator[Problem]:
    """What is wrong for those who take part in one programme, at the row of its effect."""
    acting = dict.fromkeys(place.row.programme for place in tables["effects"] if place.row.acts_on.startswith(ACTING))
    for name in acting:
        for effect, message in _broken(tables, catalogue, (name,)):
            place = next(place for place in tables["effects"] if place.row is effect)
            yield place.problem("value", message, effect.value)


def together_problems(catalogue: Catalogue, programmes: Iterable[str]) -> list[Problem]:
    """What is wrong for those who take part in several of these programmes at once, by the id of an effect."""
    tables = {table: [Found(row, f"{table}.csv", 0) for row in getattr(catalogue, table)]
              for table in ("branches", "steps", "outcomes")}
    return [Problem(effect.id, message, value=effect.value)
            for effect, message in _broken(tables, catalogue, tuple(programmes))]


def _broken(tables: Tables, catalogue: Catalogue, names: tuple[str, ...]) -> Iterator[tuple[Effect, str]]:
    """An effect that has a part in it, and what is wrong while all of them are in force."""
    own = [row for row in catalogue.effects if row.programme in names and row.acts_on.startswith(ACTING)]
    if not own:
        return
    too_many = list(_too_many_classes(with_classes_of_programmes(catalogue, names), own))
    if too_many:
        yield from too_many
        return
    known = with_programmes(catalogue, names)
    demands = [event for event in known.events if event.kind == "demand"]
    found = [*_above_one(known, demands, own), *_uptake_above_one(known, own)]
    yield from found or _without_a_way(tables, known, demands, own)


def _too_many_classes(known: Catalogue, own: list[Effect]) -> Iterator[tuple[Effect, str]]:
    for event in known.events:
        sizes = {"age": len(age_groups(event.class_by)), "severity": len(known.severities_of(event.event))}
        number = prod(sizes[part] if part in sizes else len(known.levels[part]) for part in parts_of(event.class_by))
        if number > MOST_CLASSES and (effect := _on(own, event)):
            yield effect, f"Programmes that run together tell {number:,} classes of {event.event} apart; " \
                          f"at most {MOST_CLASSES:,} can be."


def _on(own: list[Effect], event: Event) -> Effect | None:
    """The first effect on what becomes of the cases of this demand."""
    return next((row for row in own if pathway_of(row.acts_on) == event.pathway), None)


def _above_one(known: Catalogue, demands: list[Event], own: list[Effect]) -> Iterator[tuple[Effect, str]]:
    for effect in own:
        if not effect.acts_on.startswith("branch ") or effect.value <= 1:
            continue
        pathway, step, _ = effect.acts_on.partition(" ")[2].split(".")
        rows = known.branches_of(pathway, step)
        for cls in (cls for event in demands if event.pathway == pathway for cls in classes_of(known, event)):
            total = 1 - branch_shares(rows, cls, FACTORS)[rows[-1].to]
            if total > 1 + 1e-9:
                yield effect, f"With this, branches of {step} add up to {total:.4g} for {cls}; at most 1."
                break


def _uptake_above_one(known: Catalogue, own: list[Effect]) -> Iterator[tuple[Effect, str]]:
    for effect in own:
        kind, _, name = effect.acts_on.partition(" ")
        shares = [(row.value * FACTORS[row.unit], row.when) for row in known.takes
                  if kind == "uptake" and effect.value > 1 and (row.programme, row.what) == (name, "uptake")]
        if max(shares, default=(0.0, ""))[0] > 1 + 1e-9:
            share, when = max(shares)
            yield effect, f"With this, the uptake of {name} would be {share:.4g} where {when}; at most 1."


def _without_a_way(tables: Tables, known: Catalogue, demands: list[Event],
                   own: list[Effect]) -> Iterator[tuple[Effect, str]]:
    """The rest of a step can come to be something, or nothing: then a way opens or closes for those who take part."""
    found = [(effect, problem) for event in demands if (effect := _on(own, event)) for rule in CLASS_RULES
             for problem in rule(tables, known, event)]
    found = found or [(own[0], problem) for problem in no_cycle_of_holds(tables, known)]
    for effect, problem in found:
        yield effect, f"Not for those who take part. {problem.where.partition(':')[0]}: {problem.message}"
