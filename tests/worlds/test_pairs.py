"""Comparisons: what a scenario changes it changes, and what it leaves alone meets the same luck."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from living import START, live, same_people, shire, tables, world
from scipy.stats import ttest_ind

import icsim
from icsim.experiment import seed_of, world_of
from icsim.residents import population
from icsim.simulation import replicate

pytestmark = pytest.mark.worlds

HEADLINES = ("death", "fall", "birth", "frailty_worsens", "calls_999", "conveyances", "emergency_admissions")


def _totals(shared, seeds) -> np.ndarray:
    """int64[seed, headline] and, last, late demands and all demands."""
    rows = []
    for seed in seeds:
        found = replicate(shared, seed)
        sums = dict(zip(found.resident_columns, found.residents.sum(axis=(0, 1)), strict=True))
        sums |= dict(zip(found.activity.names.counts, found.activity.tally.sum(axis=(0, 1)), strict=True))
        rows.append([*(sums[name] for name in HEADLINES), sums["late"], found.demands])
    return np.array(rows)


# Pairing --------------------------------------------------------------------------------------------------------------


def _callers(lived, shared) -> tuple[np.ndarray, np.ndarray]:
    """Keys of all cases, and of those that called 999."""
    step = next(n for n, s in enumerate(shared.services.steps) if s.step == "call_999")
    return np.unique(lived.contacts["key"]), np.unique(lived.contacts["key"][lived.contacts["step"] == step])


def test_more_vehicles_change_who_comes_and_not_who_calls():
    few, many = world(3), world(3, shire().with_pool("falls_vehicles", 6, "always"))
    one, other = live(few), live(many)
    (cases, called), (other_cases, other_called) = _callers(one, few), _callers(other, many)
    assert np.array_equal(np.intersect1d(called, other_cases), np.intersect1d(other_called, cases))
    assert len(np.setxor1d(cases, other_cases)) <= 0.005 * len(cases)
    assert len(called) == pytest.approx(len(other_called), rel=0.005)
    vehicle = next(n for n, s in enumerate(few.services.steps) if s.step == "falls_vehicle_on_scene")
    assert (other.contacts["step"] == vehicle).sum() > 1.2 * (one.contacts["step"] == vehicle).sum()


def test_years_before_a_change_could_matter_are_the_same():
    """Trends that begin in the second calendar year leave the first alone."""
    trends = tuple(replace(row, value=0.5 * row.value) if row.from_year > START.year else row for row in tables().trends)
    worlds = (world(2, report_by="month"), world(2, rows=replace(tables(), trends=trends), report_by="month"))
    one, other = (replicate(each, 3).residents for each in worlds)
    assert one[:9].tobytes() == other[:9].tobytes()
    assert one[9:].tobytes() != other[9:].tobytes()


# A scenario's changes have effect --------------------------------------------------------------------------------------


def _changed(tmp_path, row: str, factor: float, services: str = "false"):
    file = tmp_path / "changed.toml"
    file.write_text(f'schema = 1\ntitle = "One number"\nextends = "testshire/baseline"\nrun = {{ services = {services} }}\n'
                    f'[[changes]]\nrow = "{row}"\nmultiply = {factor}\nreason = "test"\n')
    return world_of(icsim.resolve(file, years=1))


@pytest.mark.parametrize(("row", "event", "least"), [
    ("ratio.death.frailty.severe", "death", 1.3), ("ratio.fall.frailty.mild", "fall", 3.0),
    ("ratio.frailty_worsens.quintile.3", "frailty_worsens", 3.0)])
def test_a_ratio_times_a_hundred_moves_the_outcome(tmp_path, row, event, least):
    """Rates are anchored by the shipped tables: a change of a ratio is not taken back by a lower base."""
    base, changed = world_of(icsim.resolve("testshire/baseline", years=1, services=False)), _changed(tmp_path, row, 100)
    assert same_people(base.start.people._asdict(), changed.start.people._asdict()) == []
    one, other = (replicate(each, 1) for each in (base, changed))
    column = one.resident_columns.index(event)
    assert other.residents[..., column].sum() > least * one.residents[..., column].sum()


# Luck ------------------------------------------------------------------------------------------------------------------


def test_another_family_of_seeds_moves_means_only_within_chance():
    """Two families of twelve seeds: Welch's t at 0.001 shared among the headlines."""
    shared = world(1)
    one, other = _totals(shared, range(12)), _totals(shared, [10**6 + 7919 * n for n in range(12)])
    p = ttest_ind(one[:, :-2], other[:, :-2], equal_var=False).pvalue
    assert (p > 0.001 / len(HEADLINES)).all(), dict(zip(HEADLINES, p, strict=True))


SEEDS = (0, 1, 2, 65_536, 65_537, 2**32, 2**32 + 1, 2**40, 2**40 + 1, 2**63 - 1)


def test_seeds_far_apart_and_close_together_share_nothing():
    shared = world(1, served=False)
    death = shared.built.layout.column("death")
    clocks = np.array([population.restarted(shared.start, shared.built, seed, 0).clock[:, death] for seed in SEEDS])
    ranks = clocks.argsort(axis=1).argsort(axis=1).astype(float)
    rates = ranks.mean(axis=0)  # how long somebody of this age and frailty lives, whatever the luck
    left = ranks - rates
    for one, other in combinations(range(len(SEEDS)), 2):
        found = np.corrcoef(left[one], left[other])[0, 1]
        expected = -1 / (len(SEEDS) - 1)  # residuals about a common mean of ten
        assert abs(found - expected) < 5 / shared.start.rows**0.5, (SEEDS[one], SEEDS[other])
    assert all(len(np.intersect1d(clocks[a], clocks[b])) < 50 for a, b in combinations(range(len(SEEDS)), 2))


def test_replications_of_different_seeds_are_no_multiples_of_each_other():
    seeds = {(seed, r): seed_of(seed, r) for seed in (0, 1, 2, 3, 2**40) for r in range(200)}
    assert len(set(seeds.values())) == len(seeds)
    assert seed_of(0, 0) != seed_of(0, 1) != seed_of(0, 2)
    assert not any(seed_of(seed, r) in (seed * r, seed + r, seed * (r + 1)) for seed in range(50) for r in range(50))
    lows = np.array([value & 0xFFFF for value in seeds.values()])
    assert len(np.unique(lows)) > 0.97 * len(lows)  # 1000 of 65,536: about 8 pairs coincide by chance


def test_no_seed_repeats_the_luck_of_the_starting_population():
    """With the luck that they already survived, hardly anybody would die in the first year."""
    shared = world(1, served=False)
    deaths = [replicate(shared, seed).residents[..., 1:].sum(axis=(0, 1)) for seed in (20_220_701, 5, 6)]
    column = live(shared).residents.columns.index("death") - 1
    found = np.array([row[column] for row in deaths], float)
    assert abs(found[0] - found[1:].mean()) < 4 * (found[0] + found[1:].mean() / 2) ** 0.5
    assert population._SEED > 2**32


# Heartbeat -------------------------------------------------------------------------------------------------------------


def test_the_length_of_the_beat_moves_headlines_by_less_than_chance_or_one_in_three_hundred(record_property, capsys):
    """A third of the bar: only what follows from an outcome depends on the beat."""
    seeds = range(8)
    month, week = (_totals(world(2, heartbeat=beat, warm_up_months=3), seeds) for beat in ("month", "week"))
    difference, size = (week - month).mean(axis=0)[:-2], month.mean(axis=0)[:-2]
    chance = (week - month).std(axis=0, ddof=1)[:-2] / len(seeds) ** 0.5
    assert (abs(difference) <= np.maximum(0.003 * size, 4 * chance)).all(), dict(zip(HEADLINES, difference, strict=True))
    late = {name: found[:, -2].sum() / found[:, -1].sum() for name, found in (("month", month), ("week", week))}
    for name, share in late.items():
        record_property(f"late demands, {name}", round(float(share), 4))
        with capsys.disabled():
            print(f"\nlate demands with a {name}ly heartbeat: {share:.2%}", end="")
    assert late["month"] == pytest.approx(late["week"], rel=0.05)
