"""The fast search for those who may begin a programme, against its rules one by one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from living import shire, tables

from icsim import rng
from icsim.catalogue.load import Catalogue
from icsim.catalogue.programmes import MOST, with_programmes
from icsim.catalogue.rows import Score
from icsim.programmes import choose
from icsim.programmes.build import build
from icsim.programmes.model import ProgrammeModel, words
from icsim.residents.layout import layout_of
from icsim.state import LIVING, PLACE, QUINTILE, QUINTILES, WAITING, People, allocate

pytestmark = pytest.mark.unit

ROWS = 3000
NAMES = tuple(sorted(row.programme for row in tables().programmes))[:MOST]


class Case(NamedTuple):
    """Every programme of the catalogue, and residents of all ages at all levels."""

    model: ProgrammeModel
    people: People
    inside: np.ndarray
    before: np.ndarray


def mixed(catalogue: Catalogue) -> Catalogue:
    """Each way of coming first; and whoever is not of the most deprived fifth wants a flu jab, as no row says otherwise."""
    by_score = {"priority": "by score", "score": "age"}
    ways = {"falls_exercise": by_score, "social_prescribing": by_score, "stop_smoking": {"priority": "by place"},
            "health_walks": {"priority": "by place"}}
    takes = [replace(row, when="quintile=1") if row.programme == "flu_jab" else row for row in catalogue.takes]
    rows = [replace(row, **ways.get(row.programme, {})) for row in catalogue.programmes]
    score = Score(score="age", what="points", value=1.0, when="age=75+")
    return replace(catalogue, takes=tuple(takes), programmes=tuple(rows), scores=(score,))


@cache
def case() -> Case:
    catalogue = with_programmes(mixed(tables()), NAMES)
    layout = layout_of(catalogue, shire())
    people, luck = allocate(ROWS, len(layout.attributes), 1, 1, 1), np.random.default_rng(1)
    people.person["key"], people.person["age"] = luck.integers(0, 2**63, ROWS), luck.integers(0, 111, ROWS)
    people.person["status"] = luck.choice([LIVING, WAITING], ROWS, p=[0.9, 0.1])
    for n, attribute in enumerate(layout.attributes):
        people.level[:, n] = luck.integers(0, len(layout.levels[attribute]), ROWS)
    model = build(catalogue, NAMES, layout.attributes, layout.levels, 1)
    return Case(model, people, *(words(luck.random((ROWS, len(NAMES))) < 0.2) for _ in range(2)))


def meets(conditions: np.ndarray) -> np.ndarray:
    """bool[resident, condition]: who is living and meets each of these conditions, asked one by one."""
    model, people = case().model._replace(eligible=conditions), case().people
    found, each = np.zeros((len(conditions), ROWS), np.uint8), np.arange(ROWS, dtype=np.int32)
    for n in range(len(conditions)):
        choose.still_may(model, people, each, n, found[n])
    return (found > 0).T & (people.person["status"] == LIVING)[:, None]


def luck_of(streams: np.ndarray) -> np.ndarray:
    """float64[resident, stream]."""
    return np.array([[rng.draw(stream, key, 0) for stream in streams] for key in case().people.person["key"]])


def first_turns() -> np.ndarray:
    """float64[resident, programme], of those who never took part."""
    model, people = case()[:2]
    u, places = luck_of(model.order_stream), model.rank.shape[1]
    by_quintile = (people.level[:, QUINTILE, None] + u) / QUINTILES
    by_place = model.rank[:, people.level[:, PLACE]].T + u / places
    score = np.array(people.person["age"] >= 75, float)[:, None]
    return np.choose(model.priority, (u, by_quintile, 0.5 - 0.5 * score / (1 + score), by_place))


def found(model: ProgrammeModel, near: np.ndarray, inside: np.ndarray, before: np.ndarray, wanted: np.ndarray,
          cutoff: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the search finds: bool[resident, programme], and turns float64[resident, programme], NaN of the others."""
    again, shape = words((model.again > 0) & (cutoff >= 1)), (len(wanted), ROWS)
    rows, turn, count = np.zeros(shape, np.int32), np.zeros(shape), np.zeros(len(wanted), np.int64)
    choose.candidates(model, case().people, ROWS, near, inside, before, words(wanted), again, cutoff, rows, turn, count)
    turns = np.full((ROWS, len(wanted)), np.nan)
    for p, number in enumerate(count):
        turns[rows[p, :number], p] = turn[p, :number]
    return ~np.isnan(turns), turns


def test_who_may_take_part_by_words_is_who_meets_the_condition():
    model, nobody = case().model, np.zeros(ROWS, np.uint64)
    all_, everybody = np.ones(len(NAMES), bool), np.full(ROWS, np.uint64(2**64 - 1))
    sure = model._replace(uptake=np.ones_like(model.uptake))
    expected = meets(model.eligible)
    assert (expected.any(axis=0) & ~expected.all(axis=0)).all()
    assert np.array_equal(found(sure, everybody, nobody, nobody, all_, np.full(len(NAMES), 2.0))[0], expected)


def once(people: People) -> People:
    """The same residents as they were before: each as old as another is now, and at its levels but for the quintile."""
    person, level = people.person.copy(), np.roll(people.level, 1, axis=0)
    person["age"], level[:, QUINTILE] = np.roll(person["age"], 1), people.level[:, QUINTILE]
    return people._replace(person=person, level=level)


@pytest.mark.parametrize("seed", range(6))
def test_the_search_finds_whom_the_rules_name_one_by_one(seed):
    """Some programmes are full, and some have come to the second turns; not everybody was looked at at once, and since then
    all have come to another age, another place and other levels.
    """
    model, people, inside, before = case()
    luck, bits = np.random.default_rng(seed), np.arange(len(NAMES), dtype=np.uint64)
    wanted, cutoff = luck.random(len(NAMES)) < 0.8, luck.choice([0.02, 0.3, 0.99, 1.0, 1.2, 2.0], len(NAMES))
    near, seen = np.zeros(ROWS, np.uint64), np.zeros(len(NAMES), np.int64)
    for rows in (ROWS // 3, ROWS):
        choose.look_ahead(model, once(people), rows, cutoff * luck.uniform(1, 2), seen, near)
    has, had = ((word[:, None] >> bits & np.uint64(1)) > 0 for word in (inside, before))
    turn = first_turns() + had
    share, holds = np.ones((ROWS, len(NAMES))), meets(model.uptake_when)
    for p in range(len(NAMES)):
        for n in range(model.uptake_from[p], model.uptake_from[p + 1]):
            share[holds[:, n], p] = model.uptake[n]
    expected = wanted & meets(model.eligible) & ~has & ~(had & (model.again == 0)) & (turn <= cutoff)
    expected &= luck_of(model.uptake_stream) < share
    who, turns = found(model, near, inside, before, wanted, cutoff)
    assert np.array_equal(who, expected)
    assert np.array_equal(turns[who], turn[expected])
    assert (had & expected).any()
