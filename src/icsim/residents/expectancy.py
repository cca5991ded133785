"""How much life, healthy and quality-adjusted life those alive at a date have before them, by the tables alone.

A *state* is a combination of levels of the lasting attributes (frailty). Between states people move as the tables say,
and from each they die at its own rate; nobody is simulated. For a cell (sex, quintile, age) and a state the rate of an
event, and the mean of a weight, are those of people there in the reference population, whatever their other levels. With
G the generator (rates between states, minus all rates out on the diagonal, deaths included) and w the weights by state,
over a time h in which neither age nor trend changes

    P(h) = exp(G·h)      L(h) = ∫₀ʰ exp(G·s) ds      V = L(h)·w + P(h)·V of those who are older by h

V is what is still expected. It is worked out backwards for all ages at once, year by year of the calendar, so that later
years have the lower death rates that the trends foresee: a cohort life table with Sullivan's weights, in several states.
Whoever a programme moved is valued once more, by what that adds: V at the level they are at, less V at the one they came
from, with that attribute alone for a state and all else alike.
Sources: Sullivan 1971, HSMHA Health Reports 86(4), 347–354; Rogers, Rogers and Branch 1989, Public Health Reports 104(3),
222–226 (multistate); Briggs, Claxton and Sculpher 2006, Decision Modelling for Health Economic Evaluation, chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from itertools import product

import numpy as np

from icsim.areas.load import Area
from icsim.catalogue import discounting, moved
from icsim.catalogue.expand import expand_ages
from icsim.catalogue.load import Catalogue
from icsim.catalogue.programmes import with_programmes
from icsim.catalogue.rows import Event, Exponent
from icsim.residents import anchor
from icsim.residents.layout import CELL, Layout, layout_of, targets
from icsim.residents.reference import Reference
from icsim.state import AGES, LIVING, OLDEST, WAITING, People

MOST_STATES = 16
"""Combinations of lasting levels that are told apart; the attributes by which deaths differ most come first."""
OLD = 65
"""From this age on people are asked how much their deaths differ by an attribute."""
YEARS_AHEAD = 200
"""After so many years nobody is left."""
HALF = 0.5
"""People of one age are half a year past their birthday, on average: a year from now is half lived at that age."""
_SMALL, _TERMS = 0.5, 14
"""The exponential series has so many terms, and is summed where rate × time is at most this."""
UNDISCOUNTED = "none"
_PIECE = 1 << 17
"""Residents counted at once."""


# --- states -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class States:
    """Combinations of the levels of these attributes, the last varying fastest."""

    attributes: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many levels each attribute has."""
        return tuple(map(len, self.levels))

    @property
    def names(self) -> list[str]:
        """Each state in words, as in "frailty=mild"; "all" where nothing lasts."""
        combinations = product(*([f"{a}={level}" for level in known]
                                 for a, known in zip(self.attributes, self.levels, strict=True)))
        return ["; ".join(each) or "all" for each in combinations]

    def values(self, by_level: Mapping[str, np.ndarray]) -> np.ndarray:
        """float64[state]: the product of values by level, attribute by attribute."""
        parts = [by_level.get(a, np.ones(n)) for a, n in zip(self.attributes, self.shape, strict=True)]
        found = np.ones(1)
        for part in parts:
            found = np.multiply.outer(found, part).reshape(-1)
        return found

    def of(self, levels: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
        """int64[…]: the state of people with these levels, an array of shape `shape` for each attribute."""
        found = np.zeros(shape, np.int64)
        for n, column in zip(self.shape, levels, strict=True):
            found = found * n + column
        return found


ONE_STATE = States((), ())
"""Nothing lasts: everybody of a sex, quintile and age is alike."""


def moved_states(layout: Layout) -> States:
    """Attributes by which somebody can be told whom a programme moved, one level each: the names are those of the levels."""
    found = {a: tuple(level for level in layout.levels[a] if moved.origin(level)) for a in layout.attributes}
    return States(tuple(a for a in found if found[a]), tuple(levels for levels in found.values() if levels))


def moved_names(states: States) -> list[str]:
    """Each level of those whom a programme moved, as in "smoking=ex_first_year~current"."""
    return [f"{a}={level}" for a, levels in zip(states.attributes, states.levels, strict=True) for level in levels]


def lasting(catalogue: Catalogue, layout: Layout) -> States:
    """Attributes that people come to by a move and do not lose by a timer, those first by which deaths differ most.

    Only those that matter to death or to a weight, and no more than MOST_STATES combinations.
    """
    chosen, count = [], 1
    for a in sorted(_candidates(catalogue, layout), key=lambda a: -_spread(catalogue, layout, a)):
        if count * len(_plain(layout, a)) <= MOST_STATES:
            chosen.append(a)
            count *= len(_plain(layout, a))
    return States(tuple(chosen), tuple(_plain(layout, a) for a in chosen))


def _plain(layout: Layout, attribute: str) -> tuple[str, ...]:
    return tuple(level for level in layout.levels[attribute] if not moved.origin(level))


def _candidates(catalogue: Catalogue, layout: Layout) -> list[str]:
    into = {e.attribute for e in layout.events if e.kind == "move" and targets(layout.levels[e.attribute], e)[0] > 0}
    out = {e.attribute for e in layout.events if e.kind == "timer" and 0 in targets(layout.levels[e.attribute], e)}
    felt = {row.attribute for row in (*_deadly(catalogue, layout), *catalogue.factors) if row.value != 1}
    return [a for a in layout.attributes[3:] if a in (into & felt) - out]


def _deadly(catalogue: Catalogue, layout: Layout) -> list:
    return [row for row in catalogue.ratios if row.event == layout.events[0].event]


def _spread(catalogue: Catalogue, layout: Layout, attribute: str) -> float:
    """Variance, among people of OLD and over by published shares, of the logarithm of the ratio on death."""
    exponent = anchor.exponents(catalogue)
    mean, square = 0.0, 0.0
    for row in (row for row in _deadly(catalogue, layout) if row.attribute == attribute):
        rows = [each for each in catalogue.prevalence if (each.attribute, each.level) == (attribute, row.level)]
        share = float(expand_ages(rows)[:, :, OLD:].mean())
        size = math.log(row.value) * exponent(row.event, attribute)
        mean, square = mean + share * size, square + share * size**2
    return square - mean**2


def census(people: People, rows: int, layout: Layout, states: States, places: int) -> np.ndarray:
    """int64[place, sex, quintile, age, state]: residents of the first `rows` rows, now; piece by piece, to save memory.

    After the states come those whom programmes moved, once more: a column for each of `moved_names`.
    """
    columns = [_in_state(layout, states), *_at_moved(layout)]
    sizes = [len(states.names), *(1 for _ in columns[1:])]
    counts = [np.zeros((places, *CELL, size), np.int64) for size in sizes]
    for first in range(0, rows, _PIECE):
        piece = slice(first, min(first + _PIECE, rows))
        person, level = people.person[piece], people.level[piece]
        here = (person["status"] == LIVING) | (person["status"] == WAITING)
        age, level = person["age"][here], level[here]
        for count, column in zip(counts, columns, strict=True):
            state = column(level)
            who = state >= 0
            cell = np.ravel_multi_index((*_cells(age[who], level[who]), state[who]), count.shape)
            count += np.bincount(cell, minlength=count.size).reshape(count.shape)
    return np.concatenate(counts, axis=-1)


def _in_state(layout: Layout, states: States) -> Callable[[np.ndarray], np.ndarray]:
    """Which state each resident is in; whoever a programme moved in the one they came from."""
    known = [np.array([levels.index(moved.origin(level) or level) for level in layout.levels[a]])
             for a, levels in zip(states.attributes, states.levels, strict=True)]
    columns = [layout.attribute(a) for a in states.attributes]
    return lambda level: states.of([of[level[:, a]] for of, a in zip(known, columns, strict=True)], (len(level),))


def _at_moved(layout: Layout) -> list[Callable[[np.ndarray], np.ndarray]]:
    """For each of `moved_names`: 0 for a resident who is there, −1 for all others."""
    states = moved_states(layout)
    return [partial(_is_at, layout.attribute(a), layout.level(a, level))
            for a, levels in zip(states.attributes, states.levels, strict=True) for level in levels]


def _is_at(attribute: int, wanted: int, level: np.ndarray) -> np.ndarray:
    return np.where(level[:, attribute] == wanted, 0, -1)


def _cells(age: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, ...]:
    """Place, sex, quintile and age of each resident."""
    sex, quintile, place = (level[:, n].astype(np.int64) for n in range(3))
    return place, sex, quintile, np.minimum(age, OLDEST).astype(np.int64)


# --- rates and weights by state ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NaturalHistory:
    """What happens to people at each state. Cells: sex, quintile, age."""

    states: States
    death: np.ndarray
    """float64[…cell, state], a year, before the trend"""
    moves: dict[str, tuple[np.ndarray, np.ndarray]]
    """event → rate a year float64[…cell, state] before the trend, and where each state leads int64[state] (−1: nowhere)"""
    weights: dict[str, np.ndarray]
    """weight → mean float64[…cell, state]"""


@lru_cache(maxsize=4)
def natural_history(catalogue: Catalogue, area: Area, attribute: str = "",
                    programmes: tuple[str, ...] = ()) -> NaturalHistory:
    """From tables without a scenario's changes: rates are the published ones × the area's multipliers.

    By the lasting states; or by the levels of one attribute, those of the people whom `programmes` move among them, and in
    all else alike: whoever never smoked is otherwise another than who does, and moving makes nobody another. Then what the
    attribute does to death through conditions has to be in its own ratios, which are not shrunk.
    """
    known = with_programmes(catalogue, programmes)
    if attribute:
        whole = Exponent(event="death", attribute=attribute, value=1.0, unit="exponent", standing="derived")
        known = replace(known, exponents=(*known.exponents, whole))
    layout = layout_of(known, area)
    states = States((attribute,), (layout.levels[attribute],)) if attribute else lasting(catalogue, layout)
    tables = _Tables(known, layout, anchor.anchored(catalogue), anchor.ratios(known, layout, area),
                     anchor.rates(known, area, layout), states, bool(attribute))
    own = [e for e in layout.events if e.kind in ("move", "timer") and e.attribute in tables.states.attributes]
    return NaturalHistory(tables.states, tables.rate(layout.events[0]), {e.event: tables.move(e) for e in own},
                          tables.weights())


@dataclass(frozen=True)
class _Tables:
    catalogue: Catalogue
    layout: Layout
    anchored: anchor.Anchored
    ratio: np.ndarray
    published: np.ndarray
    states: States
    otherwise_alike: bool
    """whether people at one state are in all else like everybody of their cell, not like those found there"""

    def rate(self, event: Event) -> np.ndarray:
        """float64[…cell, state]: rate a year of those at each state, as `anchor` gives it to residents."""
        k = self.layout.number(event.event)
        values = self.ratio[..., k]
        base = self.published[k] / self.anchored.expected[k]
        own = values[0, :2, None] * values[1, :5]  # sex × quintile
        found = (base * own[..., None])[..., None] * self._mean(self._by_level(values))
        if event.attribute:
            return found
        mean = (found * self._point_shares()).sum(axis=-1)
        return found * (self.published[k] / mean)[..., None]

    def _point_shares(self) -> np.ndarray:
        """float64[…cell, state]: share of the points at each state. Few points are at a rare one, so that the mean of a rate
        over states is brought to the published one."""
        at = self._at_points()
        return np.stack([(at == n).mean(axis=-1) for n in range(len(self.states.names))], axis=-1)

    @property
    def ref(self) -> Reference:
        """The reference population."""
        return self.anchored.reference

    def move(self, event: Event) -> tuple[np.ndarray, np.ndarray]:
        """Rate and target of each state; a timer rings at random, after the same time on average."""
        at = self.states.attributes.index(event.attribute)
        step = np.array(targets(self.layout.levels[event.attribute], event))
        levels = list(np.unravel_index(np.arange(len(self.states.names)), self.states.shape))
        to = step[levels[at]]
        levels[at] = np.maximum(to, 0)
        leads = np.where(to >= 0, np.ravel_multi_index(levels, self.states.shape), -1)
        if event.kind == "timer":
            assert event.after_days is not None
            return np.full((*CELL, len(leads)), 365.25 / event.after_days), leads
        return self.rate(event), leads

    def weights(self) -> dict[str, np.ndarray]:
        """Mean of each weight by cell and state."""
        factor = anchor.factors(self.catalogue, self.layout)
        base = self.anchored.weight_base.astype(np.float64)
        found = {}
        for w, weight in enumerate(self.catalogue.weights):
            mean = self._odds if weight.rule == "odds" else self._product
            found[weight.weight] = mean(base[..., w], self._by_level(factor[..., w]))
        return found

    def _product(self, base: np.ndarray, by_level: Mapping[str, np.ndarray]) -> np.ndarray:
        return base[..., None] * self._mean(by_level)

    def _odds(self, base: np.ndarray, by_level: Mapping[str, np.ndarray]) -> np.ndarray:
        return self._mean(by_level, base)

    def _by_level(self, values: np.ndarray) -> dict[str, np.ndarray]:
        return anchor.touching(self.layout, self.ref, values)

    def _mean(self, by_level: Mapping[str, np.ndarray], odds: np.ndarray | None = None) -> np.ndarray:
        """float64[…cell, state]: E[x], or E[o·x / (1 + o·x)] with base odds o, x the product of values by level.

        Over the points of the reference population at each state; over all points of the cell for a state that has none.
        """
        others = {a: values for a, values in by_level.items() if a not in self.states.attributes}
        rest = self.ref.products(others).reshape(*CELL, -1)
        own = self.states.values(by_level)
        at = self._at_points()
        return np.stack([_mean_where(_shares(rest * value, odds), (at == n) | self.otherwise_alike)
                         for n, value in enumerate(own)], axis=-1)

    def _at_points(self) -> np.ndarray:
        """int64[…cell, point]: the state of each point."""
        columns = [self.ref.levels[a] for a in self.states.attributes]
        return self.states.of(columns, columns[0].shape).reshape(*CELL, -1)


def _shares(x: np.ndarray, odds: np.ndarray | None) -> np.ndarray:
    return x if odds is None else odds[..., None] * x / (1.0 + odds[..., None] * x)


def _mean_where(values: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Mean over the last axis of the values that are here; of all where none is."""
    count = here.sum(axis=-1)
    return np.where(count > 0, (values * here).sum(axis=-1) / np.maximum(count, 1), values.mean(axis=-1))


# --- what is expected -------------------------------------------------------------------------------------------------


def expected(history: NaturalHistory, trends: Mapping[int, Mapping[str, float]], on: date,
             discounts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Discounting → float64[…cell, state, 1 + weight]: years, then each weight, that people still have before them.

    `on`: the date; `trends`: calendar year → event → factor, the last year's holding for good; `discounts`: name →
    float64[YEARS_AHEAD], what a year from now, two … count for.
    """
    passed = (on - date(on.year, 1, 1)).days / 365.25
    years = [_year(history, _mixed(trends, on.year + n, passed)) for n in range(max(trends) - on.year + 2)]
    counts = np.stack(list(discounts.values()), axis=-1)  # [year, discounting]
    older = np.minimum(np.arange(AGES) + 1, OLDEST)
    total = np.zeros((*years[0][1].shape, counts.shape[1]))
    for n in reversed(range(YEARS_AHEAD)):
        survive, lived = years[min(n, len(years) - 1)]
        later = total[:, :, older].reshape(*total.shape[:4], -1)
        total = lived[..., None] * counts[n] + (survive @ later).reshape(total.shape)
    return {name: total[..., n] for n, name in enumerate(discounts)}


def _mixed(trends: Mapping[int, Mapping[str, float]], year: int, passed: float) -> dict[str, float]:
    """Factors over the twelve months from a date: those of its year and the next, by how much of the year has passed."""
    this, following = (trends[min(max(each, min(trends)), max(trends))] for each in (year, year + 1))
    return {event: (1 - passed) * this[event] + passed * following[event] for event in this}


def _year(history: NaturalHistory, factor: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """A year from now, half of it lived at the next age: surviving float64[…cell, from, to], and what is lived in it
    float64[…cell, state, 1 + weight]."""
    survive, lived = _over(_generator(history, factor), HALF)
    weights = np.stack([np.ones_like(history.death), *history.weights.values()], axis=-1)
    gained = lived @ weights
    older = np.minimum(np.arange(AGES) + 1, OLDEST)
    return survive @ survive[:, :, older], gained + survive @ gained[:, :, older]


def _generator(history: NaturalHistory, factor: Mapping[str, float]) -> np.ndarray:
    """float64[…cell, from, to]: rates a year."""
    death = history.death * factor.get("death", 1.0)
    size = death.shape[-1]
    found = np.zeros((*death.shape, size))
    for event, (rate, leads) in history.moves.items():
        for state in np.flatnonzero(leads >= 0):
            found[..., state, leads[state]] += rate[..., state] * factor.get(event, 1.0)
            found[..., state, state] -= rate[..., state] * factor.get(event, 1.0)
    found[..., np.arange(size), np.arange(size)] -= death
    return found


def _over(generator: np.ndarray, years: float) -> tuple[np.ndarray, np.ndarray]:
    """exp(G·h) and ∫₀ʰ exp(G·s) ds by scaling and doubling. Source: Moler and Van Loan 2003, SIAM Review 45(1), 3–49."""
    fastest = float(-generator.min()) * years
    doublings = max(0, int(np.ceil(np.log2(max(fastest, 1e-12) / _SMALL))))
    step = years / 2**doublings
    identity = np.broadcast_to(np.eye(generator.shape[-1]), generator.shape)
    term, survive, lived = identity, np.array(identity), identity * step
    for n in range(1, _TERMS):
        term = term @ generator * (step / n)
        survive = survive + term
        lived = lived + term * (step / (n + 1))
    for _ in range(doublings):
        lived = lived + survive @ lived
        survive = survive @ survive
    return survive, lived


# --- for a run --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def remaining(catalogue: Catalogue, area: Area, on: date, after_years: int) -> tuple[States, dict[str, np.ndarray]]:
    """States, and discounting → float64[…cell, state, 1 + weight]: what residents alive on a date still have before them.

    `after_years`: years of the run that have passed, so that all is discounted to its start; "none" is not discounted.
    """
    history = natural_history(catalogue, area)
    return history.states, expected(history, _trends(catalogue, area, on), on, _counts(catalogue, after_years))


@lru_cache(maxsize=4)
def added_by_moves(catalogue: Catalogue, area: Area, programmes: tuple[str, ...], on: date,
                   after_years: int) -> dict[str, np.ndarray]:
    """Discounting → float64[…cell, level, 1 + weight]: what those whom programmes moved have before them on a date, more
    than if they were still where they came from; a level for each of `moved_names`.
    """
    trends, counts = _trends(catalogue, area, on), _counts(catalogue, after_years)
    states = moved_states(layout_of(with_programmes(catalogue, programmes), area))
    found: dict[str, list[np.ndarray]] = {name: [] for name in counts}
    for attribute in states.attributes:
        history = natural_history(catalogue, area, attribute, programmes)
        levels = history.states.levels[0]
        for name, value in expected(history, trends, on, counts).items():
            found[name] += [value[..., n, :] - value[..., levels.index(moved.origin(level)), :]
                            for n, level in enumerate(levels) if moved.origin(level)]
    return {name: np.stack(parts, axis=-2) for name, parts in found.items() if parts}


def _counts(catalogue: Catalogue, after_years: int) -> dict[str, np.ndarray]:
    """Discounting → what each year from now on counts for."""
    schedules = {UNDISCOUNTED: (), **discounting.schedules(catalogue.discounting)}
    return {name: discounting.factors(schedule, after_years + YEARS_AHEAD)[after_years:]
            for name, schedule in schedules.items()}


def _trends(catalogue: Catalogue, area: Area, on: date) -> dict[int, dict[str, float]]:
    """Calendar year → event → factor, from the year of a date to the last with a new one."""
    layout = layout_of(catalogue, area)
    last = max([on.year, *(row.from_year for row in catalogue.trends)])
    found = anchor.trends(catalogue, layout, on, (date(last, 12, 31) - on).days, area)
    return {year: {e.event: float(factor[layout.number(e.event)]) for e in layout.events} for year, factor in found.items()}
