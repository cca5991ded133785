"""Rates that keep a population as it is: corrections by age, so that nothing drifts where nothing has a reason to.

Rates of onset, recovery and death come from different sources, and prevalences from yet others. Put together they do not
keep each other: in a world without trends a condition would become rarer or commoner by itself. So a stationary world is
run for a few years; where a level of an attribute has become too rare for its age, the moves that lead to it are made
more frequent, and those that lead away rarer, by as little as possible. That is repeated a few times.

Drift of level l in an age band, in people: what is there less what the shares at the start would give. A change x of a
correction's logarithm adds x times those who made the move. Solved by least squares, attribute by attribute, with a belief:
the whole correction, over all passes, is near none and near that of the next band, so that of several moves that would do
no two run away from each other. Where one event leads from several levels (a step up the ladder of frailty) and nobody has
measured how much more frequent it is from each, that is one more unknown, the same at all ages. Levels to which timers lead
from one another (years since quitting) are one level here: how many are at each follows from when they came.

A move that is made in one band alone, in the first years of life, is left as published: what it brings shows at older
ages decades later.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import lsq_linear

from icsim import experiment
from icsim.areas.load import Area
from icsim.areas.rows import Odds
from icsim.calibration.census import EVERYBODY, Asked, Census, admitting, share_table
from icsim.calibration.drift import EDGES, by_band
from icsim.catalogue.evidence import source_names
from icsim.catalogue.load import Catalogue, correction_id
from icsim.catalogue.rows import Correction, Event, Ratio
from icsim.residents import anchor
from icsim.residents.layout import CELL, Layout, targets
from icsim.scenario import Resolved
from icsim.simulation import World
from icsim.state import BANDS, QUINTILES, SEXES

MIDDLES = (5, 15, 25, 35, 45, 55, 65, 75, 85, 90)
"""Age at which a band's correction is set; between these they are joined."""
RIDGE, SMOOTH = 0.5, 0.3
"""How far from none, and from that of the next band, a correction strays by itself: standard deviation of its logarithm."""
LOOSELY = 10.0
"""× these, for what holds only in a world without trends: it is no finding on how often a thing happens."""
FARTHEST = 0.5
"""The most by which one pass changes a logarithm."""
FEWEST_THERE = 30
"""People below which the tables put hardly anybody at a level: those whom services bring there are no drift."""
LIMITS = (0.1, 10.0)
LOOSE_LIMITS = (1e-3, 1e3)
FEWEST = 30
"""Moves below which a band tells nothing."""
FITTED = "icsim_calibration"
"""The source that fitted rows name."""
NOTE = "Fitted so that shares by age stay as published where nothing else changes."


def fitted_from(sources: str) -> str:
    """The sources of a row whose number was fitted: what was read for it still bears on it."""
    return "; ".join([FITTED, *(source for source in source_names(sources) if source != FITTED)])


@dataclass(frozen=True)
class Seen:
    """A stationary world after some years, all replications together."""

    layout: Layout
    shares: dict[str, np.ndarray]
    """attribute → int64[sex, quintile, age, level] at the end"""
    moved: dict[str, np.ndarray]
    """event → int64[band of EDGES]: how many it happened to"""
    longer: float
    """years since the shares were those of the tables, over years of the run"""
    odds: tuple[Odds, ...] = ()
    """how much more common levels are in the area than in the tables"""
    lived: np.ndarray = field(default_factory=lambda: np.zeros(CELL))
    """float64[sex, quintile, age]: years that people lived in the run"""
    died: np.ndarray = field(default_factory=lambda: np.zeros((SEXES, QUINTILES, len(EDGES))))
    """float64[sex, quintile, band of EDGES]: how many died in it"""
    deaths_here: float = 1.0
    """how many die in the area for one in England, at equal age, sex and fifth, by the area's own table"""


def look(stationary: Resolved, progress: experiment.Progress | None = None) -> Seen:
    """Run the stationary world and count. `stationary`: a scenario without trends."""
    watches: dict[int, Census] = {}

    def watch(world: World, replication: int) -> Census:
        watches[replication] = Census(world, everything(world))
        return watches[replication]

    experiment.run(_with_places(stationary), progress, watch)
    first = watches[0].world
    before = (first.calendar.origin - stationary.area.population_date).days / 365.25
    shares = {name: np.sum([w.tables[share_table(name)][-1] for w in watches.values()], axis=0)
              for name, _ in watches[0].asked.shares}
    years = stationary.run.years
    return Seen(first.built.layout, shares, _moved(list(watches.values())), (years + before) / years, stationary.area.odds,
                _lived(list(watches.values())), _died(list(watches.values())), stationary.area.multiplier("death"))


def _with_places(resolved: Resolved) -> Resolved:
    """The same with a package or a place for whoever needs one: else rates of need would grow against a full house."""
    kept = {service.service for service in resolved.catalogue.services if service.held_by}

    def open_to_all(area: Area) -> Area:
        pools = tuple(replace(pool, value=None) if pool.service in kept else pool for pool in area.pools)
        return replace(area, pools=pools)

    catalogue, area = resolved.shipped
    return replace(resolved, area=open_to_all(resolved.area), shipped=(catalogue, open_to_all(area)))


def everything(world: World) -> Asked:
    """Every attribute of the world."""
    layout = world.built.layout
    names = layout.attributes[3:]
    return Asked((), {name: layout.levels[name] for name in names}, tuple((name, "") for name in names), (EVERYBODY,),
                 admitting(world.catalogue, world))


def _moved(watches: list[Census]) -> dict[str, np.ndarray]:
    by_edges = _by_band(watches).sum(axis=(0, 1))
    return {name: by_edges[:, n] for n, name in enumerate(watches[0].columns)}


def _died(watches: list[Census]) -> np.ndarray:
    return _by_band(watches)[..., watches[0].columns.index("death")].astype(np.float64)


def _by_band(watches: list[Census]) -> np.ndarray:
    """int64[sex, quintile, band of EDGES, column]: what residents tallied in all periods and places."""
    tally = np.sum([watch.tally for watch in watches], axis=0)
    by_five = tally.reshape(-1, QUINTILES, SEXES, BANDS, len(watches[0].columns)).sum(axis=0).swapaxes(0, 1)
    return np.add.reduceat(by_five, np.searchsorted(np.arange(BANDS) * 5, EDGES), axis=2)


def _lived(watches: list[Census]) -> np.ndarray:
    """Years by age: of each year the mean of those there when it began and when it ended."""
    name = share_table(watches[0].asked.shares[0][0])
    there = np.sum([watch.tables[name] for watch in watches], axis=0).sum(axis=-1)
    return (there[:-1] + there[1:]).sum(axis=0) / 2


def steadier(catalogue: Catalogue, seen: Seen, published: Catalogue, falling: Container[str] = (),
             keep: Callable[[Event], bool] = lambda event: True) -> Catalogue:
    """The tables after one pass more: with new corrections, by age, of moves that `keep` names, and where one event leads
    from several levels, with new ratios of those.

    published: the tables whose shares are to be kept; falling: events whose corrections hold only in a world without trends.
    """
    corrections = {row.id: row for row in catalogue.corrections}
    ratios = {row.id: row for row in catalogue.ratios}
    free = {row.id: row.value for row in published.ratios if _free(row)}
    before = _before(catalogue, free)
    for name in seen.shares:
        events = [row for row in catalogue.events if row.attribute == name and row.kind in ("move", "demand") and keep(row)
                  and (seen.moved[row.event] >= FEWEST).sum() > 1]
        if events:
            ways = [way for row in events for way in _ways(catalogue, seen, row, name, free)]
            changes = _changes(published, seen, name, _merged(catalogue, seen.layout, name), ways, before, falling)
            _change(corrections, ratios, ways, changes, falling)
    return replace(catalogue, corrections=tuple(corrections.values()), ratios=tuple(ratios.values()))


def _free(row: Ratio) -> bool:
    """Whether a ratio is nobody's finding: set so that shares keep, and assumed."""
    return "solved" in row.design and row.standing == "assumed"


def _before(catalogue: Catalogue, free: dict[str, float]) -> dict[str, np.ndarray]:
    """Logarithm of what earlier passes made of each: float64[band] by event, float64[1] by ratio that may change."""
    found = {event: np.zeros(len(MIDDLES)) for event in {row.event for row in catalogue.corrections if row.age in MIDDLES}}
    for row in catalogue.corrections:
        if row.age in MIDDLES and row.event:
            found[row.event][MIDDLES.index(row.age)] = np.log(row.value)
    return found | {row.id: np.array([np.log(row.value / free[row.id])]) for row in catalogue.ratios if row.id in free}


@dataclass(frozen=True)
class _Way:
    """One event from one level."""

    event: str
    start: int
    to: int
    moved: np.ndarray
    """float64[band]: how many went this way"""
    ratio: str
    """id of the ratio by which the event is more or less frequent from here; empty: none that could change"""


def _ways(catalogue: Catalogue, seen: Seen, row: Event, name: str, free: Container[str]) -> list[_Way]:
    """Which level they came from is not counted: worked out by their numbers and the event's own ratios."""
    levels = seen.layout.levels[name]
    to = targets(levels, row)
    own = {ratio.level: ratio for ratio in catalogue.ratios if (ratio.event, ratio.attribute) == (row.event, name)}
    times = np.array([own[level].value if level in own else 1.0 for level in levels]) * (to >= 0)
    weight = by_band(seen.shares[name].sum(axis=(0, 1))) * times
    share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
    ids = {level: ratio.id for level, ratio in own.items() if ratio.id in free}
    return [_Way(row.event, n, int(to[n]), seen.moved[row.event] * share[:, n], ids.get(levels[n], ""))
            for n in range(len(levels)) if to[n] >= 0]


def _merged(catalogue: Catalogue, layout: Layout, name: str) -> np.ndarray:
    """float64[merged level, level]: 1 where a level is part of one. The first level, to which timers may lead as well, stays
    alone.
    """
    levels = layout.levels[name]
    part = list(range(len(levels)))
    for row in (row for row in catalogue.events if row.kind == "timer" and row.attribute == name):
        for start, to in enumerate(targets(levels, row)):
            if start > 0 and to > 0:
                part = [part[to] if each == part[start] else each for each in part]
    return np.array([[float(each == own) for each in part] for own in dict.fromkeys(part)])


def _changes(published: Catalogue, seen: Seen, name: str, merged: np.ndarray, ways: list[_Way],
             before: dict[str, np.ndarray], falling: Container[str]) -> dict[str, np.ndarray]:
    """By how much the logarithm of each correction should change, float64[band] by event, and of each ratio, float64[1]."""
    there = by_band(seen.shares[name].sum(axis=(0, 1))) @ merged.T
    expected = _expected(published, seen, name) @ merged.T
    part = merged.argmax(axis=0)
    names = list(dict.fromkeys(way.event for way in ways)) + [way.ratio for way in ways if way.ratio]
    sizes = [len(MIDDLES) if name in seen.moved else 1 for name in names]
    at = dict(zip(names, np.cumsum([0, *sizes[:-1]]), strict=True))
    bands, levels = there.shape
    brought = np.zeros((bands, levels, sum(sizes)))
    for way in ways:
        for band in range(bands):
            for column in (at[way.event] + band, *([at[way.ratio]] if way.ratio else [])):
                brought[band, part[way.to], column] += way.moved[band] * seen.longer
                brought[band, part[way.start], column] -= way.moved[band] * seen.longer
    size = np.sqrt(2 * np.maximum(expected, 1) + np.abs(brought).sum(axis=2)) + 1
    known = expected[:, 1:] >= FEWEST_THERE
    rows, drift = (brought / size[..., None])[:, 1:][known], ((there - expected) / size)[:, 1:][known]
    so_far = np.concatenate([before.get(name, np.zeros(n)) for name, n in zip(names, sizes, strict=True)])
    loose = [LOOSELY if name in falling else 1.0 for name in names]
    found = _least(rows, -drift, so_far, sizes, loose)
    return {name: found[at[name] : at[name] + n] for name, n in zip(names, sizes, strict=True)}


def _least(rows: np.ndarray, wanted: np.ndarray, before: np.ndarray, sizes: list[int], loose: list[float]) -> np.ndarray:
    """float64[unknown]: least squares and a belief of the sums with `before`, no unknown farther than FARTHEST.

    sizes: unknowns of each name; loose: how much wider than others it is believed.
    """
    near_none = np.eye(len(before)) / np.repeat(loose, sizes) / RIDGE
    near_next = np.delete(np.diff(near_none * RIDGE, axis=0), np.cumsum(sizes)[:-1] - 1, axis=0) / SMOOTH
    belief = np.vstack([near_none, near_next])
    return lsq_linear(np.vstack([rows, belief]), np.concatenate([wanted, -belief @ before]), (-FARTHEST, FARTHEST)).x


def _change(corrections: dict[str, Correction], ratios: dict[str, Ratio], ways: list[_Way], changes: dict[str, np.ndarray],
            falling: Container[str]) -> None:
    """Enter the changes of one attribute. Bands where hardly anybody moved take that of the nearest where people did."""
    for event in dict.fromkeys(way.event for way in ways):
        moved = sum(way.moved for way in ways if way.event == event)
        enough = np.flatnonzero(moved >= FEWEST)
        for band, age in enumerate(MIDDLES if len(enough) else ()):
            nearest = enough[np.abs(enough - band).argmin()]
            limits = LOOSE_LIMITS if event in falling else LIMITS
            new = _correction(event, age, corrections, float(changes[event][nearest]), limits)
            corrections[new.id] = new
    for name in (way.ratio for way in ways if way.ratio):
        old = ratios[name]
        ratios[name] = replace(old, value=_rounded(old.value * float(np.exp(changes[name][0]))), low=None, high=None,
                               standing="fitted", source=fitted_from(old.source), note=NOTE)


def _correction(event: str, age: int, old: dict[str, Correction], change: float,
                limits: tuple[float, float] = LIMITS) -> Correction:
    before = old[name].value if (name := correction_id(event, "*", age)) in old else 1.0
    return corrected(event, age, float(np.clip(before * np.exp(change), *limits)))


def corrected(event: str, age: int | None, value: float, sex: str = "*", quintile: str = "*",
              note: str = NOTE) -> Correction:
    """The row of a fitted correction."""
    return Correction(id=correction_id(event, sex, age, quintile), event=event, sex=sex, quintile=quintile, age=age,
                      value=_rounded(value), unit="ratio", standing="fitted", source=FITTED, note=note)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _expected(published: Catalogue, seen: Seen, name: str) -> np.ndarray:
    """float64[band, level]: people by the shares of the tables, the area's odds and the residents of the end."""
    share = anchor.anchored(published).reference.shares[name].copy()
    for row in (row for row in seen.odds if row.attribute == name):
        share[..., seen.layout.level(name, row.level)] *= row.value
    share /= share.sum(axis=-1, keepdims=True)
    return by_band((seen.shares[name].sum(axis=-1, keepdims=True) * share).sum(axis=(0, 1)))


def worst_drift(published: Catalogue, seen: Seen, fewest: int = 2000) -> list[tuple[str, str, int, float]]:
    """attribute, level, first age of the band, drift as a share: of bands where `fewest` are expected; worst first."""
    found = []
    for name, shares in seen.shares.items():
        expected, there = _expected(published, seen, name), by_band(shares.sum(axis=(0, 1)))
        for band, level in zip(*np.nonzero(expected[:, 1:] >= fewest), strict=True):
            drift = there[band, level + 1] / expected[band, level + 1] - 1
            found.append((name, seen.layout.levels[name][level + 1], EDGES[band], float(drift)))
    return sorted(found, key=lambda row: -abs(row[3]))
