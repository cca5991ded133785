"""Programmes that run already are part of what published rates were measured with.

Of those who may take part, as many do at any time as places a month × the months that people stay. Rates and weights are
divided by what that adds, so that a programme with an effect, run as it always was, changes nothing, and one that ends does.

Whether somebody takes part is taken to depend on sex, fifth, age and on whether they may, and on nothing else; where several
programmes run, what they add multiplies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from icsim.areas.load import Area
from icsim.calendar import DAYS_PER_YEAR
from icsim.catalogue.load import Catalogue
from icsim.catalogue.programmes import OUT
from icsim.catalogue.rows import Effect
from icsim.catalogue.when import OLDEST, When, parse_when
from icsim.residents.layout import CELL, PLACE_NAME, Layout
from icsim.residents.reference import Reference
from icsim.units import SHARES

NOBODY = 1e-9
"""Stands for 0 where a mean over few points is set right by published shares."""


class Group(NamedTuple):
    """Those who may take part and want to."""

    cells: np.ndarray  # float64[sex, quintile, age]: 1 where the condition allows the cell, × uptake, × share of the places
    levels: Mapping[str, np.ndarray]  # attribute → float64[level], 1 where it allows the level


def running(area: Area) -> dict[str, float]:
    """Places a month of the programmes that an area runs, as its tables have them."""
    return {row.programme: row.value for row in area.programmes if row.value > 0}


def effects(catalogue: Catalogue, area: Area, kind: str) -> list[Effect]:
    """Effects of these programmes on events or weights (`kind`), other than none."""
    return [row for row in catalogue.effects
            if row.programme in running(area) and row.acts_on.startswith(f"{kind} ") and row.value != 1]


def months_in_stages(catalogue: Catalogue, programme: str) -> dict[str, float]:
    """Mean months that somebody who begins spends in each stage; whoever leaves in one does so halfway on average."""
    leaving = {row.when.partition("=")[2].strip(): row.value * SHARES[row.unit] for row in catalogue.takes
               if row.programme == programme and row.what == "drop_out"}
    found, still = {}, 1.0
    for stage in catalogue.stages_of(programme):
        left = leaving.get(stage.stage, 0.0)
        found[stage.stage] = still * (1.0 - left / 2) * stage.value * 12 / DAYS_PER_YEAR
        still *= 1.0 - left
    return found


def intensity(catalogue: Catalogue, area: Area, layout: Layout, ref: Reference, programme: str) -> dict[str, float]:
    """Share of those who may and want to that are at each stage, at most all of them."""
    group = group_of(catalogue, area, layout, programme)
    people = area.population.sum(axis=0)
    able = float((people * group.cells * ref.expected(group.levels)).sum())
    places = running(area)[programme]
    return {stage: min(places * months / able, 1.0) if able else 0.0
            for stage, months in months_in_stages(catalogue, programme).items()}


def group_of(catalogue: Catalogue, area: Area, layout: Layout, programme: str) -> Group:
    """Whom a programme is for, by its row and its uptake as far as that goes by sex, fifth and age."""
    eligible = parse_when(next(row.eligible for row in catalogue.programmes if row.programme == programme))
    cells = _cells(eligible) * _uptake(catalogue, programme)
    levels = {}
    for name, allowed in eligible.levels.items():
        if name == PLACE_NAME:
            here = area.population[[place in allowed for place in area.place_names]].sum(axis=0)
            cells = cells * here / np.maximum(area.population.sum(axis=0), 1)
        elif name in layout.levels and name not in ("sex", "quintile"):
            levels[name] = np.array([1.0 if level in allowed else NOBODY for level in layout.levels[name]])
        elif name not in ("sex", "quintile") and OUT not in allowed:
            cells = cells * 0.0  # only for those who take part in another programme, of whom nothing is known here
    return Group(cells, levels)


def added(catalogue: Catalogue, area: Area, layout: Layout, ref: Reference, row: Effect,
          by_level: Mapping[str, np.ndarray], given: Mapping[str, int]) -> np.ndarray:
    """float64[sex, quintile, age]: what an effect adds to a mean of products (`Reference.expected`), as a factor."""
    group = group_of(catalogue, area, layout, row.programme)
    share = intensity(catalogue, area, layout, ref, row.programme)[row.stage]
    both = {**by_level, **group.levels, **{a: by_level[a] * group.levels[a] for a in by_level if a in group.levels}}
    theirs = group.cells * ref.expected(both, given) / ref.expected(by_level, given)
    return 1.0 + share * (row.value - 1.0) * theirs


def _cells(when: When) -> np.ndarray:
    """float64[sex, quintile, age]: 1 where sex, fifth and age are allowed."""
    found = np.zeros(CELL)
    ages = when.age or parse_when(f"age=0-{OLDEST}").age
    assert ages is not None
    sexes = [n for n, name in enumerate(("female", "male")) if name in when.levels.get("sex", (name,))]
    fifths = [n for n in range(5) if str(n + 1) in when.levels.get("quintile", (str(n + 1),))]
    found[np.ix_(sexes, fifths, range(ages.first, ages.last + 1))] = 1.0
    return found


def _uptake(catalogue: Catalogue, programme: str) -> np.ndarray:
    """float64[sex, quintile, age]: the last row that holds; rows by anything else are passed over."""
    found = np.ones(CELL)
    for row in catalogue.takes:
        if row.programme == programme and row.what == "uptake":
            when = parse_when(row.when)
            if not set(when.levels) - {"sex", "quintile"}:
                found = np.where(_cells(when) > 0, row.value * SHARES[row.unit], found)
    return found
