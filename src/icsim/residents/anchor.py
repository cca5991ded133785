"""Anchoring: what rates and weights would be if everybody were at the first level of everything.

Published rates and norms are means over a population in which some are frail and some are not. They are divided by the
expected product of ratios in that population, computed from the *shipped* tables and never again inside a scenario: so
a scenario that changes a ratio moves the outcome, instead of having it cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from icsim.areas import moves as migration
from icsim.areas.load import Area
from icsim.calendar import DAYS_PER_YEAR
from icsim.catalogue import expand, moved
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Event, Factor, Ratio, Weight
from icsim.residents import enrolled, starting
from icsim.residents import model as m
from icsim.residents.layout import CELL, PLACE_NAME, Layout, layout_with, targets
from icsim.residents.reference import Reference


def ratios(catalogue: Catalogue, layout: Layout, area: Area) -> np.ndarray:
    """float64[A, L, K]: rate ratios by level, with their exponents; those of leaving by place are the area's."""
    ratio = ratios_anywhere(catalogue, layout)
    by_place = leaving(area)[1]
    for event in layout.events:
        if event.kind == "leave":
            ratio[layout.attribute(PLACE_NAME), : len(by_place), layout.number(event.event)] = by_place
    return ratio


def ratios_anywhere(catalogue: Catalogue, layout: Layout) -> np.ndarray:
    """float64[A, L, K]: the same without places, true in every area."""
    ratio = np.ones((len(layout.attributes), layout.most_levels, layout.numbers))
    numbers = {event.event: layout.number(event.event) for event in layout.events}
    shrink = exponents(catalogue)
    for row in catalogue.ratios:
        at = layout.attribute(row.attribute), layout.level(row.attribute, row.level), numbers[row.event]
        ratio[at] = raised(row.value, shrink(row.event, row.attribute))
    causal = _causal(layout, catalogue.ratios, lambda row: numbers[row.event], ratio.shape)
    found = of_the_moved(layout, ratio, causal)
    for event in (event for event in layout.events if event.attribute):
        a, levels = layout.attribute(event.attribute), layout.levels[event.attribute]
        found[a, : len(levels), numbers[event.event]] = _of_own(levels, event, found[a, :, numbers[event.event]])
    return found


def _of_own(levels: tuple[str, ...], event: Event, values: np.ndarray) -> np.ndarray:
    """float64[level]: ratios of an event on the attribute that it moves. To those moved by a programme it happens as to all
    who are where they are; what would have led them there without the programme, as to all who are where they came from.
    """
    known, leads = levels.index, targets(levels, event)
    at = {level: known(moved.plain(level)) for level in levels}
    goes_on = [leads[at[level]] >= 0 or not moved.origin(level) for level in levels]
    return np.array([values[at[level] if on else known(moved.origin(level))]
                     for level, on in zip(levels, goes_on, strict=True)])


def of_the_moved(layout: Layout, values: np.ndarray, causal: np.ndarray) -> np.ndarray:
    """The same values with those of the levels of whom a programme moved: between what they came from and where they are.

    values, causal: float64[A, L, …].
    """
    for a, name in enumerate(layout.attributes):
        levels = layout.levels[name]
        for n, level in enumerate(levels):
            if moved.origin(level):
                here, start = levels.index(moved.plain(level)), levels.index(moved.origin(level))
                share = np.where(values[a, here] != 1, causal[a, here], causal[a, start])
                between = values[a, start] ** (1 - share) * values[a, here] ** share
                values[a, n] = [float(f"{value:.9g}") for value in between]
    return values


def _causal(layout: Layout, rows: Iterable[Ratio | Factor], last: Callable[[Any], int],
            shape: tuple[int, ...]) -> np.ndarray:
    """float64[A, L, …]: causal share of each ratio or factor; 1 where there is none."""
    found = np.ones(shape)
    for row in rows:
        found[layout.attribute(row.attribute), layout.level(row.attribute, row.level), last(row)] = row.causal_share
    return found


class Anchored(NamedTuple):
    """What rates and weights are divided by, the same in every area."""

    reference: Reference
    expected: np.ndarray  # float64[K, sex, quintile, age], E[Π ratio]
    weight_base: np.ndarray  # float32[sex, quintile, age, W]


@lru_cache(maxsize=4)
def anchored(catalogue: Catalogue) -> Anchored:
    """Worked out once for each content of the tables: seconds, where all attributes hang together."""
    layout = layout_with(catalogue, ())
    ratio = ratios_anywhere(catalogue, layout)
    ref = starting.reference_population(catalogue, layout, ratio)
    base = weight_base(catalogue, layout, ref, factors(catalogue, layout))
    return Anchored(ref, expected_ratios(layout, ref, ratio), base)


def exponents(catalogue: Catalogue) -> Callable[[str, str], float]:
    """By event and attribute: the exponent of its ratios.

    That of the row of both, else of the event for all attributes (*), else of the attribute for all events (*), else 1.

    Ratios by sex, by quintile and by the attribute that an event moves say what its rates mean, and stay as they are.
    """
    given = {(row.event, row.attribute): row.value for row in catalogue.exponents}
    own = {(row.event, row.attribute) for row in catalogue.events}

    def exponent(event: str, attribute: str) -> float:
        if attribute in ("sex", "quintile") or (event, attribute) in own:
            return 1.0
        return next((given[key] for key in ((event, attribute), (event, "*"), ("*", attribute)) if key in given), 1.0)

    return exponent


def raised(ratio: float, exponent: float) -> float:
    """ratio ** exponent to nine digits: the last bits of a power differ between processors."""
    return ratio if exponent == 1.0 else float(f"{ratio ** exponent:.9g}")


def rates(catalogue: Catalogue, area: Area, layout: Layout) -> np.ndarray:
    """float64[K, sex, quintile, age]: published rates a year, times corrections and the area's multipliers."""
    found = np.zeros((layout.numbers, *CELL))
    here = multipliers(catalogue, area, layout)
    for event in layout.events:
        if event.kind == "leave":
            rate = leaving(area)[0]
        else:
            rate = expand.expand_ages([row for row in catalogue.rates if row.event == event.event], event.smooth)
        corrected = rate * expand.corrections(row for row in catalogue.corrections if row.event == event.event)
        found[layout.number(event.event)] = corrected * here.get(event.event, 1.0)
    return found


def multipliers(catalogue: Catalogue, area: Area, layout: Layout) -> dict[str, float]:
    """By event: how often it happens here compared with England. Where a level is more common than there, people come by
    it as much more often.
    """
    found = {row.event: row.value for row in area.multipliers}
    for row in area.odds:
        for event in starting.last_steps(catalogue, layout, row.attribute, row.level):
            found[event] = found.get(event, 1.0) * row.value
    return found


def leaving(area: Area) -> tuple[np.ndarray, np.ndarray]:
    """Rate of leaving a year float64[sex, quintile, age] of an average place, and the ratio to it by place."""
    rates = migration.leaving_rates(area)
    leavers = rates.sum(axis=(1, 2))
    by_place = leavers / leavers.mean() if leavers.any() else np.ones(len(leavers))
    average = rates.mean(axis=0)[:, None, :]
    return np.broadcast_to(average, CELL), np.maximum(by_place, 1e-6)


def expected_ratios(layout: Layout, ref: Reference, ratio: np.ndarray) -> np.ndarray:
    """float64[K, sex, quintile, age]: E[Π ratio] in the reference population.

    A move's rate is published for those still at the first level of its attribute, so they alone count.
    """
    expected = np.ones((layout.numbers, *CELL))
    for event in layout.events:
        k = layout.number(event.event)
        still = {event.attribute: 0} if event.attribute in ref.order else {}
        expected[k] = ref.expected(touching(layout, ref, ratio[..., k], event.attribute), still)
    return expected


def with_enrolled(catalogue: Catalogue, area: Area, anchored: Anchored) -> Anchored:
    """The same with those who take part in the programmes that the area runs already; catalogue, area: as shipped."""
    on_events, on_weights = (enrolled.effects(catalogue, area, kind) for kind in ("event", "weight"))
    if not on_events and not on_weights:
        return anchored
    layout = layout_with(catalogue, ())
    ref, ratio, factor = anchored.reference, ratios_anywhere(catalogue, layout), factors(catalogue, layout)
    expected, base = anchored.expected.copy(), anchored.weight_base.copy()
    for row in on_events:
        event = next(event for event in layout.events if event.event == row.acts_on.split()[1])
        k = layout.number(event.event)
        still = {event.attribute: 0} if event.attribute in ref.order else {}
        by_level = touching(layout, ref, ratio[..., k], event.attribute)
        expected[k] *= enrolled.added(catalogue, area, layout, ref, row, by_level, still)
    for row in on_weights:
        w = layout.weights.index(row.acts_on.split()[1])
        base[..., w] /= enrolled.added(catalogue, area, layout, ref, row, touching(layout, ref, factor[..., w]), {})
    return anchored._replace(expected=expected, weight_base=base)


def touching(layout: Layout, ref: Reference, values: np.ndarray, besides: str = "") -> dict[str, np.ndarray]:
    """Attributes (other than `besides`) for which some level has a value other than 1: float64[level] each."""
    found = {a: values[layout.attribute(a), : len(layout.levels[a])] for a in ref.order if a != besides}
    return {a: by_level for a, by_level in found.items() if (by_level != 1).any()}


def base_rates(layout: Layout, rate: np.ndarray, expected: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """float32[sex, quintile, age, K]: rate a day with all ratios at 1, at the peak of the season; never below RARE."""
    daily = rate / expected * peaks[:, None, None, None] / DAYS_PER_YEAR
    base = np.maximum(daily, m.RARE).transpose(1, 2, 3, 0)
    return np.ascontiguousarray(base, np.float32)


def ageing(base: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """float32[sex, quintile, age, K]: base[age − 1] / base[age]; 1 for events without a rate."""
    ageing = np.ones_like(base)
    ageing[:, :, 1:] = base[:, :, :-1] / base[:, :, 1:]
    ageing[..., np.isin(kind, m.WITHOUT_RATE)] = 1
    return ageing


def trends(catalogue: Catalogue, layout: Layout, start: date, days: int, area: Area) -> dict[int, np.ndarray]:
    """Factors in force in each calendar year of the run: the last row whose year has come. That of leaving is the area's."""
    trends = {}
    leaves = [layout.number(event.event) for event in layout.events if event.kind == "leave"]
    for year in range(start.year, (start + timedelta(days)).year + 1):
        factor = np.ones(layout.numbers, np.float32)
        for row in sorted(catalogue.trends, key=lambda row: row.from_year):
            if row.from_year <= year:
                factor[layout.number(row.event)] = row.value
        factor[leaves] *= migration.leaving_factor(area, year)
        trends[year] = factor
    return trends


def factors(catalogue: Catalogue, layout: Layout) -> np.ndarray:
    """float64[A, L, W]."""
    factor = np.ones((len(layout.attributes), layout.most_levels, len(layout.weights)))
    for row in catalogue.factors:
        at = layout.attribute(row.attribute), layout.level(row.attribute, row.level), layout.weights.index(row.weight)
        factor[at] = row.value
    causal = _causal(layout, catalogue.factors, lambda row: layout.weights.index(row.weight), factor.shape)
    return of_the_moved(layout, factor, causal)


def norms(catalogue: Catalogue, weight: Weight) -> np.ndarray:
    """float64[sex, quintile, age]: the published mean of a weight, corrected."""
    norm = expand.expand_ages([row for row in catalogue.norms if row.weight == weight.weight])
    factor = expand.corrections(row for row in catalogue.corrections if row.weight == weight.weight)
    return norm * factor / (1 + norm * (factor - 1)) if weight.rule == "odds" else norm * factor


def weight_base(catalogue: Catalogue, layout: Layout, ref: Reference, factor: np.ndarray) -> np.ndarray:
    """float32[sex, quintile, age, W]: the value (or odds) with all factors at 1 that gives the published mean.

    `factor`: float64[A, L, W] of the shipped tables.
    """
    base = np.ones((*CELL, len(layout.weights)))
    for w, weight in enumerate(catalogue.weights):
        norm = norms(catalogue, weight)
        by_level = touching(layout, ref, factor[..., w])
        if weight.rule == "odds":
            base[..., w] = ref.odds_for(norm, by_level)
        else:
            base[..., w] = norm / ref.expected(by_level)
    return base.astype(np.float32)
