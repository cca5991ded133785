"""All programmes of a resident, looked at together as bits of a word, leave open what each condition by itself does."""

from __future__ import annotations

import numpy as np
import pytest

from icsim import catalogue
from icsim.catalogue.programmes import with_programmes
from icsim.catalogue.when import OLDEST, parse_when
from icsim.programmes.build import build

pytestmark = pytest.mark.unit

TABLES = catalogue.load()
NAMES = tuple(sorted(row.programme for row in TABLES.programmes))


def test_the_words_say_what_the_conditions_do():
    rows = with_programmes(TABLES, NAMES)
    attributes = ("sex", "quintile", "place", *(name for name in rows.levels if name not in ("sex", "quintile")))
    levels = {**rows.levels, "place": ("here", "there")}
    model = build(rows, NAMES, attributes, levels, 1)
    drawn = np.random.default_rng(1)
    may = 0
    for _ in range(400):
        age = int(drawn.integers(0, OLDEST + 1))
        level = {name: int(drawn.integers(0, len(levels[name]))) if drawn.random() < 0.3 else 0 for name in attributes}
        word = int(model.open_at_age[age])
        for n, attribute in enumerate(model.open_by):
            word &= int(model.open_at_level[n, level[attributes[attribute]]])
        for p, name in enumerate(NAMES):
            when = parse_when(next(row.eligible for row in TABLES.programmes if row.programme == name))
            wanted = when.age is None or when.age.first <= age <= when.age.last
            wanted &= all(levels[part][level[part]].partition("~")[0] in allowed for part, allowed in when.levels.items())
            assert bool(word >> p & 1) == wanted, (name, age)
            may += wanted
    assert may > 1000


def test_nobody_takes_it_up_more_often_than_most():
    rows = with_programmes(TABLES, NAMES)
    attributes = ("sex", "quintile", "place", *(name for name in rows.levels if name not in ("sex", "quintile")))
    model = build(rows, NAMES, attributes, {**rows.levels, "place": ("here",)}, 1)
    for p in range(len(NAMES)):
        own = model.uptake[model.uptake_from[p] : model.uptake_from[p + 1]]
        assert (own <= model.most_uptake[p]).all()
        assert model.most_uptake[p] in (*own, 1.0)
