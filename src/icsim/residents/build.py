"""From rows to the residents' model: rates anchored, ratios, moves, timers, weights and demands as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from icsim import rng
from icsim.areas import moves
from icsim.areas.load import Area
from icsim.calendar import DAYS_PER_YEAR
from icsim.catalogue import expand, when
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Event
from icsim.residents import model as m
from icsim.residents.reference import Reference, reference, solve_odds
from icsim.state import AGES, QUINTILES, SEXES

_CELL = (SEXES, QUINTILES, AGES)
_PLACE = "place"


@dataclass(frozen=True)
class Layout:
    """Names of the axes."""

    attributes: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]
    events: tuple[Event, ...]
    """in the order of the clock columns, from column 1; death is the first"""
    weights: tuple[str, ...]
    demands: tuple[str, ...]

    @property
    def columns(self) -> int:
        """Clock columns with padding."""
        return -(-(len(self.events) + 1) // 16) * 16

    def column(self, event: str) -> int:
        """Clock column of an event."""
        return 1 + next(n for n, row in enumerate(self.events) if row.event == event)

    def attribute(self, name: str) -> int:
        """Index of an attribute."""
        return self.attributes.index(name)

    def level(self, attribute: str, level: str) -> int:
        """Index of a level."""
        return self.levels[attribute].index(level)

    @property
    def most_levels(self) -> int:
        """Length of the level axis."""
        return max(map(len, self.levels.values()))


@dataclass(frozen=True)
class Built:
    """The model with the names of its axes."""

    layout: Layout
    model: m.ResidentModel
    trends: dict[int, np.ndarray]
    """calendar year → float32[K], factors in force from 1 January of that year"""

    @property
    def repeatable(self) -> int:
        """How many events can happen more than once."""
        return int(self.model.fired_slot.max(initial=-1)) + 1


def layout_of(catalogue: Catalogue, area: Area) -> Layout:
    """Sex, quintile and place first, then the catalogue's attributes; death first, then its events."""
    named = [a for a in catalogue.levels if a not in ("sex", "quintile")]
    attributes = ("sex", "quintile", _PLACE, *named)
    levels = {**catalogue.levels, _PLACE: area.place_names}
    events = sorted(catalogue.events, key=lambda row: row.kind != "death")
    demands = tuple(row.event for row in events if row.kind == "demand")
    return Layout(attributes, levels, tuple(events), tuple(w.weight for w in catalogue.weights), demands)


def build(catalogue: Catalogue, area: Area, start: date, days: int) -> Built:
    """Everything the loops read, for a run of `days` days from `start`."""
    layout = layout_of(catalogue, area)
    ratio = _ratios(catalogue, layout)
    rates = _rates(catalogue, area, layout, ratio)
    ref = _reference(catalogue, layout, ratio)
    accept, peaks, hours = _profiles(catalogue, layout, start, days)
    base = _base(layout, rates, ref, ratio, peaks)
    kind, attribute, target, fired_slot = _kinds(layout)
    timers = _timers(layout)
    factor = _factors(catalogue, layout)
    severity = _severities(catalogue, layout)
    trends = _trends(catalogue, layout, start, days)
    model = m.ResidentModel(
        base=base,
        ageing=_ageing(base, kind),
        trend=trends[start.year],
        ratio=ratio.astype(np.float32),
        kind=kind,
        attribute=attribute,
        target=target,
        fired_slot=fired_slot,
        **_touched(ratio),
        **timers,
        has_weight=(factor != 1).any(axis=(1, 2)).astype(np.uint8),
        weight_rule=np.array([m.ODDS if w.rule == "odds" else m.MULTIPLY for w in catalogue.weights], np.int8),
        weight_base=_weight_base(catalogue, layout, ref, factor),
        weight_factor=factor.astype(np.float32),
        demand=_demand_kinds(layout),
        **severity,
        **_classes(catalogue, layout),
        accept=accept,
        hours=hours,
        **_start(layout, ref),
    )
    return Built(layout, model, trends)


def streams(layout: Layout, seed: int) -> m.Streams:
    """Addresses of all the residents' decisions for one seed; the name of a case does not depend on the seed."""
    names = ["birthday", *(row.event for row in layout.events)]
    names += [""] * (layout.columns - len(names))

    def by_column(what: str, seed: int = seed) -> np.ndarray:
        return np.array([rng.stream(seed, f"{what}.{name}") for name in names], np.uint64)

    def by_attribute(what: str) -> np.ndarray:
        return np.array([rng.stream(seed, f"{what}.{name}") for name in layout.attributes], np.uint64)

    return m.Streams(
        clock=by_column("clock"),
        accept=by_column("accept"),
        severity=by_column("severity"),
        case=by_column("case", 0),
        start=by_attribute("start"),
        timer=by_attribute("timer"),
        child=rng.stream(0, "child"),
        sex=rng.stream(seed, "sex at birth"),
    )


# Rates ---------------------------------------------------------------------------------------------------------------


def _ratios(catalogue: Catalogue, layout: Layout) -> np.ndarray:
    """float64[A, L, K]."""
    ratio = np.ones((len(layout.attributes), layout.most_levels, layout.columns))
    for row in catalogue.ratios:
        at = layout.attribute(row.attribute), layout.level(row.attribute, row.level), layout.column(row.event)
        ratio[at] = row.value
    return ratio


def _rates(catalogue: Catalogue, area: Area, layout: Layout, ratio: np.ndarray) -> np.ndarray:
    """float64[K, sex, quintile, age]: published rates a year here; fills the ratios of leaving by place."""
    rates = np.zeros((layout.columns, *_CELL))
    here = {row.event: row.value for row in area.multipliers}
    for row in layout.events:
        if row.kind == "leave":
            rate, by_place = leaving(area)
            ratio[layout.attribute(_PLACE), : len(by_place), layout.column(row.event)] = by_place
        else:
            rate = expand.expand_ages([r for r in catalogue.rates if r.event == row.event], row.smooth)
        rates[layout.column(row.event)] = rate * here.get(row.event, 1.0)
    return rates


def leaving(area: Area) -> tuple[np.ndarray, np.ndarray]:
    """Rate of leaving a year float64[sex, quintile, age] of an average place, and the ratio to it by place."""
    rates = moves.leaving_rates(area)
    by_place = rates.sum(axis=(1, 2)) / rates.sum(axis=(1, 2)).mean()
    average = rates.mean(axis=0)[:, None, :]
    return np.broadcast_to(average, _CELL), np.maximum(by_place, 1e-6)


def _base(layout: Layout, rates: np.ndarray, ref: Reference, ratio: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """float32[sex, quintile, age, K], rate a day with all ratios at 1: published ÷ expected product of ratios.

    A move's rate is published for those still at the first level of its attribute, so that is held fixed.
    """
    base = np.full((*_CELL, layout.columns), m.RARE)
    for row in layout.events:
        k = layout.column(row.event)
        touching = {
            a: ratio[layout.attribute(a), : len(layout.levels[a]), k]
            for a in ref.order
            if (ratio[layout.attribute(a), :, k] != 1).any() and a != row.attribute
        }
        fixed = {row.attribute: 0} if row.attribute in ref.order else {}
        expected = ref.expected(touching, fixed=fixed)
        base[..., k] = np.maximum(rates[k] / expected * peaks[k] / DAYS_PER_YEAR, m.RARE)
    return base.astype(np.float32)


def _ageing(base: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """float32[sex, quintile, age, K]: base[age − 1] / base[age]; 1 for timers and columns without an event."""
    ageing = np.ones_like(base)
    ageing[:, :, 1:] = base[:, :, :-1] / base[:, :, 1:]
    ageing[..., (kind == m.TIMER) | (kind == m.NO_EVENT)] = 1
    return ageing


def _touched(ratio: np.ndarray) -> dict[str, np.ndarray]:
    """Which columns each attribute touches, and which attributes touch each column, as compressed lists."""
    touches = (ratio != 1).any(axis=1)
    columns = [np.flatnonzero(row) for row in touches]
    attributes = [np.flatnonzero(row) for row in touches.T]
    return {
        "ratio_from": _offsets(columns),
        "ratio_column": _joined(columns),
        "event_from": _offsets(attributes),
        "event_attribute": _joined(attributes),
    }


def _offsets(lists: list[np.ndarray]) -> np.ndarray:
    return np.cumsum([0, *map(len, lists)]).astype(np.int32)


def _joined(lists: list[np.ndarray]) -> np.ndarray:
    return np.ascontiguousarray(np.concatenate([*lists, np.zeros(0)]), np.int32)


def _trends(catalogue: Catalogue, layout: Layout, start: date, days: int) -> dict[int, np.ndarray]:
    """Factors in force in each calendar year of the run: the last row whose year has come."""
    trends = {}
    for year in range(start.year, (start + timedelta(days)).year + 1):
        factor = np.ones(layout.columns, np.float32)
        for row in sorted(catalogue.trends, key=lambda row: row.from_year):
            if row.from_year <= year:
                factor[layout.column(row.event)] = row.value
        trends[year] = factor
    return trends


# Moves and timers ----------------------------------------------------------------------------------------------------


def _kinds(layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kind int8[K], attribute int32[K], target int8[K, L], place in `fired` int32[K]."""
    kind = np.full(layout.columns, m.NO_EVENT, np.int8)
    attribute = np.full(layout.columns, -1, np.int32)
    target = np.full((layout.columns, layout.most_levels), -1, np.int8)
    fired_slot = np.full(layout.columns, -1, np.int32)
    for row in layout.events:
        k = layout.column(row.event)
        kind[k] = m.KINDS.index(row.kind)
        if row.attribute:
            attribute[k] = layout.attribute(row.attribute)
            target[k, : len(layout.levels[row.attribute])] = _targets(layout, row)
        if row.kind not in ("death", "leave", "timer"):
            fired_slot[k] = fired_slot.max() + 1
    return kind, attribute, target, fired_slot


def _targets(layout: Layout, row: Event) -> np.ndarray:
    """int8[level]: where the event moves its attribute from each level; −1 where it cannot happen."""
    levels = layout.levels[row.attribute]
    here = np.arange(len(levels))
    to = here + int(row.to_level) if row.to_level in ("+1", "-1") else np.full(len(levels), levels.index(row.to_level))
    allowed = [not row.from_levels or level in row.from_levels.split("|") for level in levels]
    possible = np.array(allowed) & (to >= 0) & (to < len(levels)) & (to != here)
    return np.where(possible, to, -1).astype(np.int8)


def _timers(layout: Layout) -> dict[str, np.ndarray]:
    shape = len(layout.attributes), layout.most_levels
    column, days = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    for row in layout.events:
        if row.kind == "timer":
            a = layout.attribute(row.attribute)
            for level, to in enumerate(_targets(layout, row)):
                if to >= 0:
                    column[a, level], days[a, level] = layout.column(row.event), row.after_days
    return {"timer_column": column, "timer_days": days, "has_timer": (column >= 0).any(axis=1).astype(np.uint8)}


# Weights -------------------------------------------------------------------------------------------------------------


def _factors(catalogue: Catalogue, layout: Layout) -> np.ndarray:
    """float64[A, L, W]."""
    factor = np.ones((len(layout.attributes), layout.most_levels, len(layout.weights)))
    for row in catalogue.factors:
        at = layout.attribute(row.attribute), layout.level(row.attribute, row.level), layout.weights.index(row.weight)
        factor[at] = row.value
    return factor


def _weight_base(catalogue: Catalogue, layout: Layout, ref: Reference, factor: np.ndarray) -> np.ndarray:
    """float32[sex, quintile, age, W]: the value (or odds) with all factors at 1 that gives the published mean."""
    base = np.ones((*_CELL, len(layout.weights)))
    for w, weight in enumerate(catalogue.weights):
        norm = expand.expand_ages([row for row in catalogue.norms if row.weight == weight.weight])
        touching = {
            a: factor[layout.attribute(a), : len(layout.levels[a]), w]
            for a in ref.order
            if (factor[layout.attribute(a), :, w] != 1).any()
        }
        if weight.rule == "odds":
            base[..., w] = solve_odds(norm, lambda of, touching=touching: ref.expected(touching, of))
        else:
            base[..., w] = norm / ref.expected(touching)
    return base.astype(np.float32)


# Demands -------------------------------------------------------------------------------------------------------------


def _demand_kinds(layout: Layout) -> np.ndarray:
    demand = np.full(layout.columns, -1, np.int32)
    for d, event in enumerate(layout.demands):
        demand[layout.column(event)] = d
    return demand


def _severities(catalogue: Catalogue, layout: Layout) -> dict[str, np.ndarray]:
    """Cumulative shares (mildest first), and what each severity sets at once."""
    kinds = max(len(layout.demands), 1)
    most = max((len(catalogue.severities_of(event)) for event in layout.demands), default=1)
    cumulative = np.ones((kinds, SEXES, AGES, most), np.float32)
    attribute, level = np.full((kinds, most, 2), -1, np.int16), np.zeros((kinds, most, 2), np.int16)
    for d, event in enumerate(layout.demands):
        names = catalogue.severities_of(event)
        shares = [
            expand.expand_ages([r for r in catalogue.severity_shares if (r.event, r.severity) == (event, name)])[:, 0]
            for name in names
        ]
        shares[0] = 1.0 - sum(shares[1:])
        cumulative[d, :, :, : len(names) - 1] = np.cumsum(shares, axis=0)[:-1].transpose(1, 2, 0)
        for v, row in enumerate(r for r in catalogue.severities if r.event == event):
            for n, (name, value) in enumerate(settings(row.sets)):
                attribute[d, v, n], level[d, v, n] = layout.attribute(name), layout.level(name, value)
    return {"severity_cumulative": cumulative, "severity_attribute": attribute, "severity_level": level}


def settings(text: str) -> list[tuple[str, str]]:
    """Read "hip_fracture=first_month; injury=recent" as pairs."""
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _classes(catalogue: Catalogue, layout: Layout) -> dict[str, np.ndarray]:
    kinds = max(len(layout.demands), 1)
    part, size = np.full((kinds, 4), m.CLASS_NONE, np.int16), np.ones((kinds, 4), np.int16)
    age = np.zeros((kinds, AGES), np.uint8)
    for d, event in enumerate(layout.demands):
        class_by = layout.events[layout.column(event) - 1].class_by
        for n, name in enumerate(when.parts_of(class_by)):
            if name == "severity":
                part[d, n], size[d, n] = m.CLASS_SEVERITY, len(catalogue.severities_of(event))
            elif name == "age":
                groups = when.age_groups(class_by)
                part[d, n], size[d, n] = m.CLASS_AGE, len(groups)
                age[d] = np.searchsorted([group.first for group in groups], np.arange(AGES), side="right") - 1
            else:
                part[d, n], size[d, n] = layout.attribute(name), len(layout.levels[name])
    return {"class_part": part, "class_size": size, "class_age": age}


def _profiles(catalogue: Catalogue, layout: Layout, start: date, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Acceptance float32[D, day], peak of season × weekday by column float64[K], hours float64[D, 25]."""
    kinds = max(len(layout.demands), 1)
    accept, hours = np.ones((kinds, days + 1), np.float32), np.tile(np.arange(25) / 24, (kinds, 1))
    peaks = np.ones(layout.columns)
    dates = [start + timedelta(n) for n in range(days + 1)]
    month, weekday = np.array([d.month - 1 for d in dates]), np.array([d.weekday() for d in dates])
    for d, event in enumerate(layout.demands):
        profile = layout.events[layout.column(event) - 1].profile
        by_month, by_weekday = _profile(catalogue, profile, "month", 12, 1), _profile(catalogue, profile, "weekday", 7, 0)
        by_hour = _profile(catalogue, profile, "hour", 24, 0)
        peak = by_month.max() * by_weekday.max()
        peaks[layout.column(event)] = peak
        accept[d] = by_month[month] * by_weekday[weekday] / peak
        hours[d] = np.r_[0.0, np.cumsum(by_hour) / by_hour.sum()]
    return accept, peaks, hours


def _profile(catalogue: Catalogue, profile: str, part: str, count: int, first: int) -> np.ndarray:
    """Relative frequency with mean 1; even where the profile says nothing."""
    values = np.ones(count)
    for row in catalogue.profiles:
        if (row.profile, row.part) == (profile, part):
            values[row.index - first] = row.value
    return values / values.mean()


# Starting levels -----------------------------------------------------------------------------------------------------


def _reference(catalogue: Catalogue, layout: Layout, ratio: np.ndarray) -> Reference:
    """Prevalences with the model's own dependence between attributes."""
    prevalence = {}
    for a in layout.attributes[3:]:
        levels = layout.levels[a]
        rows = [[r for r in catalogue.prevalence if (r.attribute, r.level) == (a, level)] for level in levels]
        prevalence[a] = np.stack([expand.expand_ages(found) for found in rows], axis=-1)
    factors = {a: _start_factors(catalogue, layout, ratio, a) for a in prevalence}
    return reference(prevalence, factors)


def _start_factors(catalogue: Catalogue, layout: Layout, ratio: np.ndarray, a: str) -> dict[str, np.ndarray]:
    """Ratios, by level of the attributes before `a`, on the event that leads away from the first level of `a`."""
    event = _way_in(catalogue, layout, a)
    if event is None:
        return {}
    before = layout.attributes[3 : layout.attribute(a)]
    k = layout.column(event)
    by_level = {b: ratio[layout.attribute(b), : len(layout.levels[b]), k] for b in before}
    return {b: values for b, values in by_level.items() if (values != 1).any()}


def _way_in(catalogue: Catalogue, layout: Layout, a: str) -> str | None:
    """The move away from the first level of `a`, or the demand one of whose severities sets it."""
    for row in layout.events:
        if row.kind == "move" and row.attribute == a and _targets(layout, row)[0] > 0:
            return row.event
    for severity in catalogue.severities:
        if a in dict(settings(severity.sets)):
            return severity.event
    return None


def _start(layout: Layout, ref: Reference) -> dict[str, np.ndarray]:
    count, most = len(layout.attributes), layout.most_levels
    odds, cumulative = np.zeros((count, *_CELL), np.float32), np.ones((count, *_CELL, most), np.float32)
    factor = np.ones((count, count, most), np.float32)
    for a in ref.order:
        n = layout.attribute(a)
        odds[n] = ref.odds[a]
        cumulative[n, ..., : len(layout.levels[a])] = np.cumsum(ref.among[a], axis=-1)
        for b, values in ref.factors[a].items():
            factor[n, layout.attribute(b), : len(values)] = values
    return {"start_odds": odds, "start_factor": factor, "start_cumulative": cumulative}
