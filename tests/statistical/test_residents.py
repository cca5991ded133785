"""Residents live and die as the tables say: life expectancy, clocks, timers, profiles, starting levels, anchoring.

Tolerances are four standard errors, or tests at 0.001 shared among the comparisons of a test. "Plain" tables have every
ratio and trend at 1; nobody moves in or out, and nobody answers demands.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from living import Lived, live, residents_of, set_everybody, shire, tables, world
from scipy import stats

from icsim import simulation
from icsim.areas.load import Area
from icsim.calendar import DAYS_PER_YEAR, MS_PER_DAY, MS_PER_HOUR, Beat
from icsim.catalogue import expand
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Rate
from icsim.outcomes.lifetable import life_expectancy
from icsim.residents import population
from icsim.residents.build import build
from icsim.residents.residents import Residents
from icsim.state import AGES, DEAD, LIVING, NEVER, QUINTILE, QUINTILES, SEX, SEXES, allocate
from icsim.tables import MOVE, SERVED

pytestmark = pytest.mark.statistical

ALPHA = 0.001
FIRST = date(2022, 7, 1)
"""Date of the population table: a run that begins here starts from what was drawn, not from what has lived since."""


@cache
def plain() -> Catalogue:
    """The shipped tables with every ratio, correction and trend at 1."""
    rows = tables()
    return replace(rows, corrections=(), ratios=tuple(replace(row, value=1.0) for row in rows.ratios),
                   trends=tuple(replace(row, value=1.0) for row in rows.trends))


@cache
def closed(times: int) -> Area:
    """Testshire, each resident `times` over, where nobody moves in or out and rates are those of England."""
    area = shire(times)
    return replace(area, flows=tuple(replace(row, value=0.0) for row in area.flows), multipliers=())


def death_rates() -> np.ndarray:
    """float64[sex, quintile, age]: published deaths per person-year."""
    return expand.expand_ages([row for row in tables().rates if row.event == "death"], tables().event("death").smooth)


def exposure(residents: Residents) -> np.ndarray:
    """float64[sex, quintile, age]: years lived from day 0 by single year of age."""
    people, rows = residents.people, residents.rows
    person, level = people.person[:rows], people.level[:rows]
    begin, end = residents.entered[:rows].astype(float), person["since"].astype(float)
    birth, lived = person["birth"].astype(float), np.zeros((SEXES, QUINTILES, AGES))
    for age in range(AGES):
        first = birth + DAYS_PER_YEAR * age
        last = first + DAYS_PER_YEAR if age < AGES - 1 else np.inf
        inside = np.maximum(np.minimum(end, last) - np.maximum(begin, first), 0) / DAYS_PER_YEAR
        np.add.at(lived[:, :, age], (level[:, 0], level[:, 1]), inside)
    return lived


def deaths_at(residents: Residents) -> np.ndarray:
    """int64[sex, quintile, age]."""
    people, rows = residents.people, residents.rows
    dead = people.person["status"][:rows] == DEAD
    counts = np.zeros((SEXES, QUINTILES, AGES), np.int64)
    age = np.minimum(people.person["age"][:rows][dead], AGES - 1)
    np.add.at(counts, (people.level[:rows][dead, 0], people.level[:rows][dead, 1], age), 1)
    return counts


# Life tables ----------------------------------------------------------------------------------------------------------

BORN = 6_000
"""Newborns of each sex and quintile."""


@cache
def cohort() -> Residents:
    """People born on one day, lived through until the last has died: plain tables."""
    area = closed(1)
    counts = np.zeros_like(area.population)
    counts[:, :, :, 0] = BORN // len(area.places)
    area, days = replace(area, population=counts), 62_000
    rows = replace(plain(), rates=tuple(row for row in plain().rates if row.event in ("death", "frailty_worsens")))
    built = build(rows, area, FIRST, days)
    newcomers = population.people_of(area)
    newcomers["birth"] = 0.0
    layout = built.layout
    people = allocate(len(newcomers), len(layout.attributes), layout.columns, built.repeatable, len(layout.weights))
    residents = Residents(built, area, 11, people, 0, days)
    residents.populate(newcomers)
    for start in range(0, days, 400):
        residents.advance(Beat(FIRST + timedelta(start), start, start + 400), served=False)
    return residents


def _cumulative_hazard(years: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Of constant rates within each year of age (float64[age], the last without end) up to these ages."""
    whole = np.minimum(np.floor(years).astype(int), AGES - 1)
    before = np.concatenate([[0.0], np.cumsum(rates)])
    return before[whole] + rates[whole] * (years - whole)


@pytest.mark.parametrize("sex", [0, 1])
def test_a_cohort_lives_as_long_as_the_life_table_says(sex):
    """e0 = Σ l·(1 − e^−m)/m, as rates are constant within a year of age; by quintile and for all together."""
    residents = cohort()
    person, level = residents.people.person, residents.people.level
    assert (person["status"] == DEAD).all()
    errors = []
    for quintile in range(QUINTILES):
        m = death_rates()[sex, quintile]
        alive = np.exp(-np.concatenate([[0.0], np.cumsum(m[:-1])]))
        expected = (alive[:-1] * (1 - np.exp(-m[:-1])) / m[:-1]).sum() + alive[-1] / m[-1]
        ages = person["since"][(level[:, 0] == sex) & (level[:, 1] == quintile)].astype(float) / DAYS_PER_YEAR
        assert len(ages) == BORN
        errors.append((ages.mean() - expected) / (ages.std() / BORN**0.5))
    assert max(map(abs, errors)) < 4, errors
    assert abs(sum(errors)) / QUINTILES**0.5 < 4


def test_ages_at_death_follow_the_age_varying_hazard():
    """Kolmogorov–Smirnov against 1 − e^−H(age), H piecewise linear, by sex and quintile."""
    residents = cohort()
    person, level = residents.people.person, residents.people.level
    for sex, quintile in np.ndindex(SEXES, QUINTILES):
        ages = person["since"][(level[:, 0] == sex) & (level[:, 1] == quintile)].astype(float) / DAYS_PER_YEAR
        hazard = _cumulative_hazard(ages, death_rates()[sex, quintile])
        assert stats.kstest(hazard, "expon").pvalue > ALPHA / (SEXES * QUINTILES), (sex, quintile)


@cache
def plain_years() -> Lived:
    """200,000 residents by plain tables for two years."""
    return live(world(2, closed(10), plain(), served=False), 3)


@pytest.mark.parametrize("sex", [0, 1])
def test_period_life_expectancy_is_that_of_the_table(sex):
    """Chiang's life table of the deaths seen, against the same of the deaths the table expects of the time lived."""
    residents = plain_years().residents
    lived, died = exposure(residents)[sex], deaths_at(residents)[sex]
    expected = (lived * death_rates()[sex]).sum(axis=0)
    years, seen, due = (_by_band(table) for table in (lived.sum(axis=0), died.sum(axis=0), expected))
    luck = [life_expectancy(years, draw) for draw in np.random.default_rng(1).poisson(due, (500, len(due)))]
    assert died.sum() > 1000
    assert abs(life_expectancy(years, seen) - life_expectancy(years, due)) < 4 * np.std(luck)
    assert np.std(luck) < 0.5


def _by_band(by_age: np.ndarray) -> np.ndarray:
    return np.append(by_age[:90].reshape(18, 5).sum(axis=1), by_age[90])


# Anchoring ------------------------------------------------------------------------------------------------------------

ANCHORING = 0.02
"""Beyond chance: within the year frailty drifts a little from the prevalences by which rates were anchored."""


def test_anchored_deaths_are_the_published_rates_times_the_area_multiplier():
    """Ratios as shipped, first year after the population was drawn, by sex and quintile."""
    rows = replace(tables(), trends=())
    area = replace(closed(15), multipliers=shire().multipliers)
    multiplier = next(row.value for row in area.multipliers if row.event == "death")
    found = []
    for seed in range(3):
        residents = _first_year(rows, area, seed)
        found.append((deaths_at(residents).sum(axis=2), (exposure(residents) * death_rates()).sum(axis=2) * multiplier))
    died, due = np.sum(found, axis=0)
    assert multiplier != 1
    assert (abs(died - due) <= 4 * due**0.5 + ANCHORING * due).all(), died / due
    assert abs(died.sum() - due.sum()) <= 4 * due.sum() ** 0.5 + ANCHORING * due.sum()


def _first_year(rows: Catalogue, area: Area, seed: int) -> Residents:
    shared = simulation.world(rows, area, FIRST, 1, served=False)
    residents = residents_of(shared, seed)
    for beat in shared.calendar.beats:
        residents.advance(beat, served=False)
    residents.close(shared.calendar.beats[-1])
    return residents


# Clocks ---------------------------------------------------------------------------------------------------------------


def _rate_a_day(residents: Residents, event: str) -> np.ndarray:
    """float64[resident] by the arrays of the model."""
    model, layout, rows = residents.model, residents.built.layout, residents.rows
    k, level = layout.number(event), residents.people.level[:rows]
    age = np.minimum(residents.people.person["age"][:rows], AGES - 1)
    rate = model.base[level[:, 0], level[:, 1], age, k].astype(float) * model.trend[k]
    for a in range(level.shape[1]):
        rate *= model.ratio[a, level[:, a], k]
    return rate


@pytest.mark.parametrize("event", ["death", "leave", "frailty_worsens", "fall"])
def test_first_times_are_exponential_at_the_residents_own_rates(event):
    residents = residents_of(world(1, shire(3)), 7)
    clock = residents.people.clock[: residents.rows, residents.built.layout.column(event)]
    hazard = (clock.astype(float) * _rate_a_day(residents, event))[clock < NEVER]  # the severely frail grow no frailer
    assert len(hazard) > 50_000
    assert stats.kstest(hazard, "expon").pvalue > ALPHA / 4


def test_a_change_of_level_halfway_gives_exactly_the_changed_rate():
    """Everybody still due grows frail on day 100: the hazard used up by the time of death is Exp(1)."""
    residents, day = residents_of(world(1, shire(3)), 8), 100.0
    layout, people, rows = residents.built.layout, residents.people, residents.rows
    k, a = layout.column("death"), layout.attribute("frailty")
    before, first = _rate_a_day(residents, "death"), people.clock[:rows, k].astype(float)
    set_everybody(residents.model, residents.streams, people, rows, a, layout.level("frailty", "severe"), np.float32(day))
    after, second = _rate_a_day(residents, "death"), people.clock[:rows, k].astype(float)
    time = np.where(first < day, first, second)
    hazard = before * np.minimum(time, day) + after * np.maximum(time - day, 0)
    hardest = tables().row("ratio.death.frailty.severe").value ** tables().row("exponent.death.frailty").value
    assert (after / before).max() == pytest.approx(hardest, rel=1e-5)
    assert stats.kstest(hazard, "expon").pvalue > ALPHA
    old = before * first
    assert np.allclose(hazard, old, rtol=1e-5)  # the same luck, only its days have moved


def test_repeated_events_are_a_poisson_process():
    """Two falls a year at every age: the counts of those alive throughout are Poisson (chi-square)."""
    twice = Rate(event="fall", sex="*", quintile="*", age_from=0, age_to=90, value=2.0, unit="per person-year")
    even = tuple(row for row in plain().profiles if row.profile != "falls")
    rows = replace(plain(), profiles=even, rates=(*(row for row in plain().rates if row.event != "fall"), twice))
    lived = live(simulation.world(rows, closed(3), FIRST, 2, served=False), 4).residents
    here = (lived.people.person["status"][: lived.rows] != DEAD) & (lived.entered[: lived.rows] <= 0)
    slot = lived.built.model.fired_slot[lived.built.layout.number("fall")]
    counts = np.minimum(lived.people.fired[: lived.rows, slot][here], 13)
    expected = stats.poisson.pmf(np.arange(13), 2.0 * 730 / DAYS_PER_YEAR)
    expected = here.sum() * np.append(expected, 1 - expected.sum())
    assert expected.min() > 5
    assert stats.chisquare(np.bincount(counts, minlength=14), expected).pvalue > ALPHA


# Timers and what cannot happen ----------------------------------------------------------------------------------------


def _harmless() -> Catalogue:
    """Falls set no level."""
    return replace(tables(), severities=tuple(replace(row, sets="") for row in tables().severities))


def _advance(residents: Residents, first: int, last: int) -> None:
    residents.advance(Beat(FIRST + timedelta(first), first, last), served=False)


def test_timers_fire_on_their_day_whatever_happens_in_between():
    """Everybody breaks a hip on day 10.25 and grows severely frail on day 20; birthdays come and go."""
    residents = residents_of(simulation.world(_harmless(), closed(1), FIRST, 2, served=False), 9)
    layout, people, rows = residents.built.layout, residents.people, residents.rows
    hip, month, year = layout.attribute("hip_fracture"), layout.column("hip_fracture_first_year"), 30
    people.level[:rows, hip] = 0
    people.clock[:rows, [month, layout.column("hip_fracture_past")]] = NEVER
    _advance(residents, 0, 10)
    here = people.person["status"] == LIVING
    first = layout.level("hip_fracture", "first_month")
    set_everybody(residents.model, residents.streams, people, rows, hip, first, np.float32(10.25))
    assert (people.clock[:rows, month] == np.float32(10.25 + year)).all()
    day = 10
    for until, level in ((20, "first_month"), (40, "first_month"), (41, "first_year"), (375, "first_year"), (376, "past")):
        _advance(residents, day, until)
        day = until
        here = people.person["status"][:rows] == LIVING
        assert here.sum() > 0.9 * rows
        assert set(people.level[:rows, hip][here]) == {layout.level("hip_fracture", level)}, until
        if until == 20:
            set_everybody(residents.model, residents.streams, people, rows, layout.attribute("frailty"), 3, np.float32(20))


def test_what_is_parked_is_counted_and_never_happens():
    """Clocks of births ring for men and for women of 80."""
    residents = residents_of(simulation.world(tables(), closed(1), FIRST, 1, served=False), 6)
    layout, people, count = residents.built.layout, residents.people, residents.rows
    birth = layout.column("birth")
    barren = (people.level[:count, 0] == 1) | (people.person["age"][:count] >= 80)
    people.clock[:count, birth][barren] = 3.0
    people.next[:count][barren] = np.minimum(people.next[:count][barren], 3.0)
    _advance(residents, 0, 30)
    tally = dict(zip(residents.columns, residents.tally.sum(axis=(0, 1)), strict=True))
    assert abs(tally["parked"] - barren.sum()) < 0.01 * barren.sum()
    assert tally["birth"] == tally["born"] == (residents.entered[: residents.rows] > 0).sum()
    assert (people.clock[:count, birth][barren] > 1000).sum() >= 0.98 * barren.sum()  # rung, and not due again


# Season, weekday, hour ------------------------------------------------------------------------------------------------


@cache
def _calls() -> tuple[np.ndarray, np.ndarray]:
    """Times of demands in two whole years, weekly beats, each answered at once; and the date of each day.

    Falls alone, at plain rates, and a profile uneven enough for a mistake to show.
    """
    rows = plain()
    for row, value in (("profile.falls.month.1", 2.0), ("profile.falls.month.8", 0.5), ("profile.falls.weekday.0", 1.6)):
        rows = rows.with_value(row, value)
    shared = simulation.world(rows, closed(10), FIRST, 2, heartbeat="week")
    residents, found, fall = residents_of(shared, 12), [], shared.layout.demand("fall")
    for beat in shared.calendar.beats:
        demands = residents.advance(beat).demands
        moves = np.zeros(len(demands), MOVE)
        moves["ms"], moves["resident"], moves["attribute"], moves["reason"] = demands["ms"], demands["resident"], -1, SERVED
        residents.apply(moves[np.lexsort((moves["resident"], moves["ms"]))])
        found.append(demands["ms"][demands["kind"] == fall])
    return np.concatenate(found), np.array([FIRST + timedelta(n) for n in range(shared.days)])


def _falls_profile() -> list:
    return [row for row in tables().profiles if row.profile == "falls"]


def _even(seen: np.ndarray, expected: np.ndarray) -> bool:
    return stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > ALPHA / 3


def test_demands_follow_the_months_and_weekdays():
    ms, dates = _calls()
    day = ms // MS_PER_DAY
    by_month, by_weekday = np.array([d.month - 1 for d in dates]), np.array([d.weekday() for d in dates])
    month, weekday = np.ones(12), np.ones(7)
    for row in _falls_profile():
        if row.part == "month":
            month[row.index - 1] = {1: 2.0, 8: 0.5}.get(row.index, row.value)
        if row.part == "weekday":
            weekday[row.index] = {0: 1.6}.get(row.index, row.value)
    assert len(ms) > 20_000
    weight = month[by_month] * weekday[by_weekday]
    assert _even(np.bincount(by_month[day]), np.bincount(by_month, weight))
    assert _even(np.bincount(by_weekday[day]), np.bincount(by_weekday, weight))


def test_demands_follow_the_hours():
    ms, _ = _calls()
    hours = np.zeros(24)
    for row in _falls_profile():
        if row.part == "hour":
            hours[row.index] = row.value
    assert _even(np.bincount(ms % MS_PER_DAY // MS_PER_HOUR, minlength=24), hours)
    within = ms % MS_PER_HOUR / MS_PER_HOUR
    assert stats.kstest(within, "uniform").pvalue > ALPHA / 3


# Starting levels ------------------------------------------------------------------------------------------------------


@cache
def _drawn() -> tuple[Residents, dict[str, np.ndarray]]:
    """200,000 residents as drawn, with sex, quintile, age and five-year band."""
    residents = residents_of(simulation.world(tables(), shire(10), FIRST, 1), 1)
    people, rows = residents.people, residents.rows
    age = np.minimum(people.person["age"][:rows].astype(int), AGES - 1)
    return residents, {"sex": people.level[:rows, 0].astype(int), "quintile": people.level[:rows, 1].astype(int), "age": age}


@pytest.mark.parametrize("attribute", ["frailty", "care"])
def test_starting_levels_have_the_published_prevalences(attribute):
    """Each level by sex and five-year band: every band within binomial error."""
    residents, who = _drawn()
    layout = residents.built.layout
    level = residents.people.level[: residents.rows, layout.attribute(attribute)]
    cell, scores = who["sex"] * 19 + who["age"] // 5, []
    for n, name in enumerate(layout.levels[attribute][1:], start=1):
        share = expand.expand_ages([r for r in tables().prevalence if (r.attribute, r.level) == (attribute, name)])
        if not share.any():
            assert not (level == n).any(), name  # nobody starts in reablement
            continue
        p = share[who["sex"], who["quintile"], who["age"]]
        due, variance = np.bincount(cell, p), np.bincount(cell, p * (1 - p))
        seen = np.bincount(cell, level == n)
        assert (seen[variance == 0] == due[variance == 0]).all()
        scores += [*((seen - due)[due > 10] / variance[due > 10] ** 0.5)]
        assert abs((seen - due).sum()) < 4 * variance.sum() ** 0.5
    assert len(scores) > 8
    assert max(map(abs, scores)) < stats.norm.isf(ALPHA / 2 / len(scores)), scores


@pytest.mark.parametrize("level", ["mild", "moderate", "severe"])
def test_the_frail_live_in_care_homes_as_often_as_the_ratios_say(level):
    """Mantel–Haenszel odds ratio against the fit, by sex, quintile, age and how much else leads to a care home: that of
    care_home_entry."""
    residents, who = _drawn()
    layout, people, rows = residents.built.layout, residents.people, residents.rows
    frailty, care = people.level[:rows, layout.attribute("frailty")], people.level[:rows, layout.attribute("care")]
    frail = frailty == layout.level("frailty", level)
    entry = residents.model.ratio[:, :, layout.number("care_home_entry")]
    others = [n for n, a in enumerate(layout.attributes) if a not in ("sex", "quintile", "place", "frailty", "care")]
    besides = np.log(np.prod([entry[n, people.level[:rows, n]] for n in others], axis=0)).round(1)
    cell = (who["sex"] * 5 + who["quintile"]) * AGES + who["age"]
    stratum = np.unique(np.stack([cell, besides]), axis=1, return_inverse=True)[1].ravel()
    among = frail | (frailty == 0)
    a, b, c, d = (np.bincount(stratum[among & (frail == f) & (care == h)], minlength=stratum.max() + 1).astype(float)
                  for f in (True, False) for h in (1, 0))
    n = np.maximum(a + b + c + d, 1)
    ratio, error = _mantel_haenszel(a, b, c, d, n)
    published = next(r.value for r in tables().ratios
                     if (r.event, r.attribute, r.level) == ("care_home_entry", "frailty", level))
    assert error < 0.4
    assert abs(np.log(ratio / published)) < 4 * error


def test_as_many_have_just_been_ill_as_the_rates_were_divided_for():
    """After a year, among 65 and over: the share within forty days of an illness is that of the table, within a tenth.

    Were it higher in the table, the old would fall ill too seldom; it is worked out from rates, not counted.
    """
    residents = live(world(1, shire(10), served=False), 6).residents
    layout, here = residents.built.layout, residents.people.person["status"][: residents.rows] == LIVING
    level, age = residents.people.level[: residents.rows][here], residents.people.person["age"][: residents.rows][here]
    old, age = age >= 65, np.minimum(age, 90)
    share = expand.expand_ages([row for row in tables().prevalence if row.attribute == "illness"])
    expected = share[level[old, SEX], level[old, QUINTILE], age[old]].sum()
    ill = (level[old, layout.attribute("illness")] > 0).sum()
    assert expected > 300
    assert abs(ill - expected) < 4 * np.sqrt(expected) + 0.1 * expected


def _mantel_haenszel(a, b, c, d, n) -> tuple[float, float]:
    """Common odds ratio and the standard error of its logarithm (Robins, Breslow & Greenland 1986)."""
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    variance = ((p * r).sum() / (2 * r.sum() ** 2) + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
                + (q * s).sum() / (2 * s.sum() ** 2))
    return r.sum() / s.sum(), variance**0.5


def test_a_clock_is_of_what_can_happen_and_of_nothing_else():
    """Nobody who is severely frail has a clock of becoming frailer; one who recovers gets one, drawn anew."""
    residents = residents_of(world(1, shire(3)), 6)
    layout, people, rows = residents.built.layout, residents.people, residents.rows
    worse, a = layout.column("frailty_worsens"), layout.attribute("frailty")
    set_everybody(residents.model, residents.streams, people, rows, a, layout.level("frailty", "severe"), np.float32(1))
    assert (people.clock[:rows, worse] == NEVER).all()
    set_everybody(residents.model, residents.streams, people, rows, a, layout.level("frailty", "moderate"), np.float32(2))
    hazard = (people.clock[:rows, worse].astype(float) - 2.0) * _rate_a_day(residents, "frailty_worsens")
    assert stats.kstest(hazard, "expon").pvalue > ALPHA / 4


def test_a_move_that_stays_possible_has_another_time():
    """All who are fit grow mildly frail at once, and not at the same moment severely."""
    residents = residents_of(world(1, shire(1), served=False), 6)
    layout, people, rows = residents.built.layout, residents.people, residents.rows
    worse, a = layout.column("frailty_worsens"), layout.attribute("frailty")
    old = (people.person["age"][:rows] >= 50) & (people.level[:rows, a] == 0) & (people.person["status"][:rows] == LIVING)
    people.clock[:rows, worse][old] = people.next[:rows][old] = 0.5
    _advance(residents, 0, 1)
    after = people.level[:rows, a][old & (people.person["status"][:rows] == LIVING)]
    assert len(after) > 1000
    assert (after == 1).mean() > 0.99


def test_a_timed_level_found_at_the_start_has_lasted_for_a_while():
    residents, _ = _drawn()
    layout, people, rows = residents.built.layout, residents.people, residents.rows
    here = people.level[:rows, layout.attribute("smoking")] == layout.level("smoking", "ex_5_to_9")
    left = people.clock[:rows, layout.column("smoking_ex_5_to_9_over")][here] / 1826
    assert here.sum() > 500
    assert stats.kstest(left, "uniform").pvalue > ALPHA
