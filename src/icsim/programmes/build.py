"""From rows to the programmes' model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from icsim import rng
from icsim.catalogue.load import Catalogue
from icsim.catalogue.programmes import groups
from icsim.catalogue.when import OLDEST, parse_when
from icsim.programmes.model import ProgrammeModel
from icsim.units import SHARES


class _Conditions:
    """Conditions as arrays, in the order in which they are added."""

    def __init__(self, attributes: tuple[str, ...], levels: Mapping[str, tuple[str, ...]]):
        self._attributes, self._levels = attributes, levels
        self.ages: list[tuple[int, int]] = []
        self.clauses: list[list[tuple[int, int]]] = []

    def add(self, text: str) -> int:
        """Number of the condition."""
        when = parse_when(text)
        self.ages.append((when.age.first, when.age.last) if when.age else (0, OLDEST))
        self.clauses.append([(self._attributes.index(name), sum(1 << self._levels[name].index(level) for level in allowed))
                             for name, allowed in when.levels.items()])
        return len(self.ages) - 1

    def arrays(self) -> dict[str, np.ndarray]:
        flat = [clause for clauses in self.clauses for clause in clauses]
        return {
            "first_age": np.array([first for first, _ in self.ages], np.uint8),
            "last_age": np.array([last for _, last in self.ages], np.uint8),
            "clause_from": np.cumsum([0, *map(len, self.clauses)]).astype(np.int32),
            "clause_attribute": np.array([a for a, _ in flat], np.int32),
            "clause_levels": np.array([mask for _, mask in flat], np.uint64),
        }


def build(catalogue: Catalogue, names: tuple[str, ...], attributes: tuple[str, ...], levels: Mapping[str, tuple[str, ...]],
          seed: int) -> ProgrammeModel:
    """The programmes `names` with the luck of `seed`. attributes, levels: those of the residents, programmes included."""
    rows = [next(row for row in catalogue.programmes if row.programme == name) for name in names]
    stages = [catalogue.stages_of(name) for name in names]
    most = max(map(len, stages), default=1)
    conditions = _Conditions(attributes, levels)
    eligible = [conditions.add(row.eligible) for row in rows]
    days, drop_out = np.zeros((len(rows), most)), np.zeros((len(rows), most))
    uptake_when, uptake, uptake_from = [], [], [0]
    for p, name in enumerate(names):
        days[p, : len(stages[p])] = [stage.value for stage in stages[p]]
        for row in (row for row in catalogue.takes if row.programme == name):
            share = row.value * SHARES[row.unit]
            if row.what == "uptake":
                uptake_when.append(conditions.add(row.when))
                uptake.append(share)
            else:
                drop_out[p, [stage.stage for stage in stages[p]].index(row.when.partition("=")[2].strip())] = share
        uptake_from.append(len(uptake))
    shared = groups(catalogue, names)
    strength = np.zeros((len(rows), most + 1, len(shared)), np.uint8)
    for g, group in enumerate(shared):
        for (name, stage), level in group.level.items():
            p = names.index(name)
            strength[p, 1 + [row.stage for row in stages[p]].index(stage), g] = level

    def streams(what: str) -> np.ndarray:
        return np.array([rng.stream(seed, f"programme {what}.{name}") for name in names], np.uint64)

    return ProgrammeModel(
        attribute=np.array([attributes.index(name) for name in names], np.int32),
        stages=np.array([len(each) for each in stages], np.int32),
        days=days,
        drop_out=drop_out,
        eligible=np.array(eligible, np.int32),
        uptake_from=np.array(uptake_from, np.int32),
        uptake_when=np.array(uptake_when, np.int32),
        uptake=np.array(uptake, np.float64),
        deprived_first=np.array([row.priority == "most deprived first" for row in rows], np.uint8),
        again=np.array([row.again for row in rows], np.uint8),
        **conditions.arrays(),
        group_attribute=np.array([attributes.index(group.attribute) for group in shared], np.int32),
        strength=strength,
        order_stream=streams("order"),
        uptake_stream=streams("uptake"),
        drop_out_stream=streams("drop out"),
    )
