"""From rows to the programmes' model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from icsim import rng
from icsim.catalogue.load import Catalogue
from icsim.catalogue.moved import plain, target
from icsim.catalogue.programmes import groups
from icsim.catalogue.rows import Programme
from icsim.catalogue.when import OLDEST, parse_when
from icsim.programmes.model import PRIORITIES, ProgrammeModel, words
from icsim.units import SHARES

MEASURE = "measure"
PLACE = "place"


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
        self.clauses.append([(self._attributes.index(name), self._mask(name, allowed))
                             for name, allowed in when.levels.items()])
        return len(self.ages) - 1

    def _mask(self, name: str, allowed: tuple[str, ...]) -> int:
        """A bit for each level allowed; whoever a programme moved there is there."""
        return sum(1 << n for n, level in enumerate(self._levels[name]) if plain(level) in allowed)

    def arrays(self) -> dict[str, np.ndarray]:
        flat = [clause for clauses in self.clauses for clause in clauses]
        return {
            "first_age": np.array([first for first, _ in self.ages], np.uint8),
            "last_age": np.array([last for _, last in self.ages], np.uint8),
            "clause_from": np.cumsum([0, *map(len, self.clauses)]).astype(np.int32),
            "clause_attribute": np.array([a for a, _ in flat], np.int32),
            "clause_levels": np.array([mask for _, mask in flat], np.uint64),
        }

    def turned_round(self, eligible: list[int]) -> dict[str, np.ndarray]:
        """Which programmes, of whose conditions these are the numbers, each age and each level leaves open."""
        first, last = np.array([self.ages[c] for c in eligible], np.int64).reshape(-1, 2).T
        ages, levels = np.arange(OLDEST + 1)[:, None], np.arange(max(map(len, self._levels.values())), dtype=np.uint64)
        used = sorted({a for c in eligible for a, _ in self.clauses[c]})
        open_ = np.ones((len(used), len(levels), len(eligible)), bool)
        for p, c in enumerate(eligible):
            for a, mask in self.clauses[c]:
                open_[used.index(a), :, p] = np.uint64(mask) >> levels & np.uint64(1)
        order = np.argsort(open_[:, 0].sum(axis=1), kind="stable")  # most people are at the first level
        return {"open_at_age": words((first <= ages) & (ages <= last)), "open_by": np.array(used, np.uint16)[order],
                "open_at_level": words(open_[order])}


def build(catalogue: Catalogue, names: tuple[str, ...], attributes: tuple[str, ...], levels: Mapping[str, tuple[str, ...]],
          seed: int, where: Mapping[str, tuple[str, ...]] | None = None,
          coverage: Mapping[str, float] | None = None) -> ProgrammeModel:
    """The programmes `names` with the luck of `seed`. attributes, levels: those of the residents, programmes included.

    where: programme → the places in which it is offered, if not in all; coverage: measure → share of those it is for whom it
    reaches.
    """
    rows = [next(row for row in catalogue.programmes if row.programme == name) for name in names]
    where = {name: places for name, places in (where or {}).items() if places}
    conditions = _Conditions(attributes, levels)
    eligible = [conditions.add(_here(row.eligible, where.get(row.programme, ()))) for row in rows]
    return ProgrammeModel(
        attribute=np.array([attributes.index(name) for name in names], np.int32),
        **_stages(catalogue, names),
        eligible=np.array(eligible, np.int32),
        **_uptake(catalogue, names, conditions, coverage or {}),
        priority=np.array([PRIORITIES.index(row.priority) for row in rows], np.uint8),
        rank=_ranks(names, where, levels[PLACE]),
        **_scores(catalogue, rows, conditions),
        kind=np.array([row.kind == MEASURE for row in rows], np.uint8),
        again=np.array([row.again or row.kind == MEASURE for row in rows], np.uint8),
        **conditions.arrays(),
        **conditions.turned_round(eligible),
        **_groups(catalogue, names, attributes),
        **_moves(catalogue, names, attributes, levels, seed),
        **{f"{what}_stream": np.array([rng.stream(seed, f"programme {what}.{name}") for name in names], np.uint64)
           for what in ("order", "score", "uptake", "drop_out")},
    )


def _stages(catalogue: Catalogue, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """How many stages, and of each its days and the share that leave in it."""
    number = np.array([len(catalogue.stages_of(name)) for name in names], np.int32)
    days, drop_out = (np.zeros((len(names), int(number.max(initial=1)))) for _ in range(2))
    leaving = {(row.programme, row.when.partition("=")[2].strip()): row.value * SHARES[row.unit]
               for row in catalogue.takes if row.what == "drop_out"}
    for p, name in enumerate(names):
        for n, stage in enumerate(catalogue.stages_of(name)):
            days[p, n], drop_out[p, n] = stage.value, leaving.get((name, stage.stage), 0.0)
    return {"stages": number, "days": days, "drop_out": drop_out}


def _here(eligible: str, places: tuple[str, ...]) -> str:
    """Whom it is for, where it is offered."""
    return "; ".join(filter(None, [eligible, f"{PLACE}={'|'.join(places)}" if places else ""]))


def _ranks(names: tuple[str, ...], where: Mapping[str, tuple[str, ...]], places: tuple[str, ...]) -> np.ndarray:
    """float64[P, places]: 0, 1/n, 2/n … in the order in which each programme names its places; all others come last."""
    order = [where.get(name, places) for name in names]
    last = len(places) - 1
    return np.array([[(own.index(place) if place in own else last) / len(places) for place in places]
                     for own in order]).reshape(len(names), len(places))


def _scores(catalogue: Catalogue, rows: Sequence[Programme], conditions: _Conditions) -> dict[str, np.ndarray]:
    """Points of each programme that goes by a score, and how well it tells people apart; what chance takes away of it is
    worked out once people are there (`score.py`).
    """
    own = [[each for each in catalogue.scores if row.priority == "by score" and each.score == row.score] for row in rows]
    points = [[each for each in parts if each.what == "points"] for parts in own]
    flat = [each for parts in points for each in parts]
    return {"score_from": np.cumsum([0, *map(len, points)]).astype(np.int32),
            "score_when": np.array([conditions.add(each.when) for each in flat], np.int32),
            "score_points": np.array([each.value for each in flat], np.float64),
            "auc": np.array([next((each.value for each in parts if each.what == "auc"), 0.5) for parts in own]),
            "score": np.tile([0.0, 1.0, 0.0], (len(rows), 1))}


def _uptake(catalogue: Catalogue, names: tuple[str, ...], conditions: _Conditions,
            coverage: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Uptake rows of each programme, in the order of the file; of a measure, × the share that it reaches."""
    rows = [[(row.when, row.value * SHARES[row.unit]) for row in catalogue.takes
             if row.programme == name and row.what == "uptake"] for name in names]
    rows = [own if name not in coverage else [(when, share * coverage[name]) for when, share in (("", 1.0), *own)]
            for name, own in zip(names, rows, strict=True)]
    flat = [row for own in rows for row in own]
    sure = [not all(when for when, _ in own) for own in rows]  # whoever no row is of would take part
    most = [max(share for _, share in own) if all_of_them else 1.0 for own, all_of_them in zip(rows, sure, strict=True)]
    return {"uptake_from": np.cumsum([0, *map(len, rows)]).astype(np.int32),
            "uptake_when": np.array([conditions.add(when) for when, _ in flat], np.int32),
            "uptake": np.array([share for _, share in flat], np.float64),
            "most_uptake": np.array(most, np.float64)}


def _groups(catalogue: Catalogue, names: tuple[str, ...], attributes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Mechanisms that several programmes share, and which level each stage gives."""
    shared = groups(catalogue, names)
    most = max((len(catalogue.stages_of(name)) for name in names), default=1)
    strength = np.zeros((len(names), most + 1, len(shared)), np.uint8)
    for g, group in enumerate(shared):
        for (name, stage), level in group.level.items():
            at = 1 + [row.stage for row in catalogue.stages_of(name)].index(stage)
            strength[names.index(name), at, g] = level
    return {"group_attribute": np.array([attributes.index(group.attribute) for group in shared], np.int32),
            "strength": strength}


def _moves(catalogue: Catalogue, names: tuple[str, ...], attributes: tuple[str, ...], levels: Mapping[str, tuple[str, ...]],
           seed: int) -> dict[str, np.ndarray]:
    """Moves on beginning a stage, in the order of the file."""
    rows = [row for row in catalogue.programme_moves if row.programme in names]
    stages = {name: [stage.stage for stage in catalogue.stages_of(name)] for name in names}
    to = np.full((len(rows), max(map(len, levels.values()))), -1, np.int16)
    for m, row in enumerate(rows):
        own = levels[row.attribute]
        for n in (n for n, level in enumerate(own) if plain(level) == row.level):
            to[m, n] = target(own, own[n], row.to)
    return {"move_of": np.array([(names.index(row.programme), stages[row.programme].index(row.stage),
                                  attributes.index(row.attribute)) for row in rows], np.int32).reshape(-1, 3),
            "move_to": to,
            "move_share": np.array([row.value * SHARES[row.unit] for row in rows]),
            "move_stream": np.array([rng.stream(seed, row.id) for row in rows], np.uint64)}
