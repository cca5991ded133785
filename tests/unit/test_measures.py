"""Measures of a baseline by hand: a few residents in two districts, one or two replications."""

from dataclasses import replace

import numpy as np
import pytest

from icsim.calibration.census import NUMBERS
from icsim.calibration.leavings import Axes, Leavings, NotComparedError, with_error
from icsim.calibration.measures import MEASURES
from icsim.calibration.rows import NUMBER, Target
from icsim.calibration.validation import MET, MISSED, UNCLEAR, misfit, verdict

pytestmark = pytest.mark.unit

YEAR_MS = 31_557_600_000
SHAPE = 2, 2, 5, 2, 19  # year, place, quintile, sex, band
LEVELS = {"frailty": ("fit", "mild", "severe"), "care": ("own_home", "care_home"), NUMBER: NUMBERS}


def axes(trend=(1.0, 1.0)):
    return Axes(("2025/26", "2026/27"), ("north", "south"), ("Upper", "Lower"), LEVELS, ("beds", "more_beds"),
                {"bed": (240, 720)}, np.array(trend))


def leavings(*parts, trend=(1.0, 1.0)):
    return Leavings(axes(trend), parts)


def target(measure, value=1.0, **said):
    return Target(target="x", measure=measure, area="england", value=value, unit="", year="2020", standing="measured",
                  split="checked", source="", label="x", **said)


def value_of(left, measure, **said):
    return MEASURES[measure].value(left, target(measure, **said))


def cells(fill=0):
    return np.full(SHAPE, fill, np.int64)


# Population ----------------------------------------------------------------------------------------------------------


def residents():
    """Ten people in each cell at the start, eleven after a year, fifteen after two; two replications alike."""
    table = np.zeros((3, *SHAPE[1:]), np.int64)
    table[0], table[1], table[2] = 10, 11, 15
    return {"population": table}


def test_residents_are_a_mean_over_replications_of_those_who_count():
    left = leavings(residents(), residents())
    everybody = 2 * 5 * 2 * 19 * 10
    assert value_of(left, "residents", when="start") == everybody
    assert value_of(left, "residents", place="north") == everybody / 2
    assert value_of(left, "residents", place="Lower", sex="male", quintile=1, age_from=85) == 2 * 10  # 85-89 and 90+
    assert value_of(left, "residents", when="end") == 1.5 * everybody


def test_shares_and_growth():
    left = leavings(residents())
    assert value_of(left, "age_share", age_from=0, age_to=4) == pytest.approx(100 / 19)
    assert value_of(left, "fifth_share", quintile=3) == pytest.approx(20)
    assert value_of(left, "population_ratio", when="year 2") == pytest.approx(150)
    with pytest.raises(NotComparedError, match="needs a run of 10 years, this one has 2"):
        value_of(left, "population_ratio", when="year 10")


def test_single_years_of_age_come_from_the_census():
    census = np.zeros((3, 2, 5, 91, 2), np.int64)
    census[0, :, :, 15] = 1
    census[0, :, :, 16] = 3
    left = leavings(residents() | {"census.sex": census})
    assert value_of(left, "residents", age_to=15) == 2 * 5 * 2
    assert value_of(left, "residents", age_from=16, age_to=16, quintile=2, sex="female") == 6


def test_what_happens_in_a_place_as_a_share():
    births = cells()
    births[0, 0, 0, 0, 5], births[1, 1, 0, 0, 5] = 1, 3
    left = leavings({"cells.births": births})
    assert value_of(left, "place_share", of="births", place="south") == pytest.approx(75)
    assert value_of(left, "place_share", of="births", place="south", when="first") == 0


# Length of life ------------------------------------------------------------------------------------------------------


def lived(rate=0.1, healthy=0.5):
    """Ten years lived in each cell, a constant rate of death, half of life in good health."""
    time = cells(10 * YEAR_MS)
    return {"cells.person_time_ms": time, "cells.deaths": cells(int(10 * rate)),
            "cells.healthy_time_ms": (time * healthy).astype(np.int64)}


def test_life_expectancy_is_that_of_the_life_table():
    left = leavings(lived())
    years, deaths = np.full(19, 10.0), np.full(19, 1.0)
    from icsim.outcomes.lifetable import life_expectancy

    expected = life_expectancy(years, deaths)
    assert value_of(left, "life_expectancy") == pytest.approx(expected)
    assert value_of(left, "life_expectancy", sex="male", quintile=5, place="north") == pytest.approx(expected)
    assert value_of(left, "healthy_life_expectancy") == pytest.approx(expected / 2)


def test_the_trend_is_divided_out_of_the_deaths():
    fallen = leavings({**lived(), "cells.deaths": cells(1)}, trend=(0.5, 0.5))
    doubled = leavings({**lived(), "cells.deaths": cells(2)})
    assert value_of(fallen, "life_expectancy") == pytest.approx(value_of(doubled, "life_expectancy"))


def test_slopes_by_fifth():
    parts = lived()
    parts["cells.deaths"] = parts["cells.deaths"].copy()
    parts["cells.deaths"][:, :, 0] = 2  # twice as many die in the most deprived fifth
    left = leavings(parts)
    poor, rich = (value_of(left, "life_expectancy", quintile=q) for q in (1, 5))
    values = np.array([poor, rich, rich, rich, rich])
    slope = np.polyfit(np.array([0.1, 0.3, 0.5, 0.7, 0.9]), values, 1)[0]
    assert value_of(left, "life_expectancy_slope") == pytest.approx(slope)
    assert value_of(left, "life_expectancy_area_slope") == pytest.approx(slope)  # fifths here are equally large
    assert value_of(left, "healthy_life_expectancy_slope") == pytest.approx(slope / 2)


def test_a_life_table_without_deaths_is_no_answer():
    with pytest.raises(NotComparedError, match="no deaths at 90 and over"):
        value_of(leavings(lived(rate=0)), "life_expectancy")


# Health --------------------------------------------------------------------------------------------------------------


def census():
    """Of three people aged 70, women of the most deprived fifth: two fit, one mild; at the end all severe."""
    table = np.zeros((3, 2, 5, 91, 3), np.int64)
    table[0, 0, 0, 70] = [2, 1, 0]
    table[2, 0, 0, 70] = [0, 0, 3]
    places = np.zeros((3, 2, 91, 3), np.int64)
    places[0, 1, 70] = [2, 1, 0]
    numbers = np.zeros((3, 2, 5, 91, 7), np.int64)
    numbers[0, 0, 0, 70] = [1, 1, 1, 0, 0, 0, 1]
    return {"census.frailty": table, "census.frailty.place": places, f"census.{NUMBER}": numbers,
            "census.frailty@care=care_home": table}


def test_shares_of_all_england_count_each_fifth_equally():
    """Of a thousand in the first fifth all are frail, of ten in each other none: one in five, not nearly all."""
    table = np.zeros((3, 2, 5, 91, 3), np.int64)
    table[:, 0, 0, 70, 2] = 1000
    table[:, 0, 1:, 70, 0] = 10
    left, frail = leavings({"census.frailty": table}), {"attribute": "frailty", "level": "mild|severe"}
    assert value_of(left, "prevalence", **frail) == pytest.approx(20)
    assert value_of(left, "prevalence", **frail, quintile=1) == pytest.approx(100)
    here = replace(target("prevalence", **frail), area="testshire")
    assert MEASURES["prevalence"].value(left, here) == pytest.approx(100 * 1000 / 1040)


def test_prevalence():
    left = leavings(census())
    frail = {"attribute": "frailty", "level": "mild|severe"}
    assert value_of(left, "prevalence", **frail) == pytest.approx(100 / 3)
    assert value_of(left, "prevalence", **frail, when="end") == pytest.approx(100)
    assert value_of(left, "prevalence", **frail, place="Lower", age_from=65) == pytest.approx(100 / 3)
    assert value_of(left, "prevalence", **frail, among="care=care_home") == pytest.approx(100 / 3)
    assert value_of(left, "prevalence", attribute=NUMBER, level="2+") == pytest.approx(50)
    assert value_of(left, "prevalence", attribute=NUMBER, level="0|1") == pytest.approx(50)


@pytest.mark.parametrize(("said", "why"), [
    ({"attribute": "gout", "level": "present"}, "gout is not in the catalogue"),
    ({"attribute": "frailty", "level": "gone"}, "frailty has no level gone"),
    ({"attribute": "frailty", "level": "mild", "place": "east"}, "no place or county east"),
    ({"attribute": "frailty", "level": "mild", "sex": "male"}, "nobody to compare with"),
    ({"attribute": "frailty", "level": "mild", "among": "gout=present"}, "gout is not in the catalogue"),
])
def test_what_the_run_does_not_know_is_told(said, why):
    with pytest.raises(NotComparedError, match=why):
        value_of(leavings(census()), "prevalence", **said)


def followed():
    """At 65-69, men, least deprived: 100 fit (10 die, 20 stays of 15 people), 50 mild (10 die, 20 stays of 10 people)."""
    table = np.zeros((2, 2, 5, 19, 3, 5), np.int64)
    table[0, 1, 4, 13, 0] = [100, 10, 20, 30, 15]
    table[0, 1, 4, 13, 1] = [50, 10, 20, 40, 10]
    return {"followed.frailty": table, "followed.everybody": table.sum(axis=4, keepdims=True)}


def test_what_becomes_of_people_within_a_year():
    left = leavings(followed())
    mild = {"attribute": "frailty", "level": "mild"}
    assert value_of(left, "death_ratio", **mild) == pytest.approx(2.0)
    assert value_of(left, "admission_ratio", **mild) == pytest.approx(2.0)
    assert value_of(left, "admission_rate", **mild) == pytest.approx(0.4)
    assert value_of(left, "death_share", **mild) == pytest.approx(20)
    assert value_of(left, "admitted_share") == pytest.approx(100 * 25 / 150)
    mean = 40 / 150
    assert value_of(left, "dispersion") == pytest.approx((70 / 150 - mean**2) / mean)


def test_ratios_compare_people_of_the_same_age():
    """Mild people are older and the old die more often, but at each age they die as often as fit ones."""
    table = np.zeros((2, 2, 5, 19, 3, 5), np.int64)
    table[0, 0, 0, 13, 0], table[0, 0, 0, 13, 1] = [90, 9, 0, 0, 0], [10, 1, 0, 0, 0]
    table[0, 0, 0, 17, 0], table[0, 0, 0, 17, 1] = [10, 5, 0, 0, 0], [90, 45, 0, 0, 0]
    left = leavings({"followed.frailty": table})
    assert value_of(left, "death_ratio", attribute="frailty", level="mild") == pytest.approx(1.0)


def test_readmissions():
    table = np.zeros((2, 5, 2), np.int64)
    table[0, 0], table[1, 4] = [1, 4], [1, 1]
    left = leavings({"returns": table})
    assert value_of(left, "readmission_share") == pytest.approx(40)
    assert value_of(left, "readmission_share", quintile=1) == pytest.approx(25)


# Services ------------------------------------------------------------------------------------------------------------


def busy():
    admitted = cells()
    admitted[:, 0, 0, 0, 10], admitted[:, 0, 4, 0, 10] = 4, 2
    return {"cells.person_time_ms": cells(10 * YEAR_MS), "cells.admissions": admitted, "cells.calls": 2 * admitted,
            "background.admissions": np.array([1, 1])}


def test_counts_rates_and_ratios():
    left = leavings(busy(), busy())
    assert value_of(left, "count", of="admissions") == 6
    assert value_of(left, "count", of="admissions+*admissions+*nothing") == 7
    assert value_of(left, "rate", of="admissions", quintile=1, place="north") == pytest.approx(1e5 * 4 / (10 * 2 * 19))
    assert value_of(left, "fifth_ratio", of="admissions", quintile=1) == pytest.approx(2)
    assert value_of(left, "relative_rate", of="admissions", age_from=50, age_to=54) == pytest.approx(19)
    assert value_of(left, "ratio", of="admissions/calls") == pytest.approx(50)
    with pytest.raises(NotComparedError, match="nothing called visits"):
        value_of(left, "count", of="visits")


def test_a_standardised_rate_weighs_the_ages_that_count():
    left = leavings(busy())
    assert value_of(left, "standardised_rate", of="admissions", age_from=50, age_to=54) == pytest.approx(
        1e5 * 12 / (2 * 10 * 2 * 5 * 2))


def waiting():
    waits = np.zeros((2, 3, 5), np.int64)  # year, pool or none, count · sum_ms · over_1 · over_2 · over_3
    waits[0, 0], waits[0, 2] = [4, 4 * 60_000 * 30, 1, 0, 0], [10, 10 * 60_000 * 90, 5, 1, 0]
    pools = np.zeros((2, 2, 3), np.int64)  # busy_ms, open_ms, arrivals
    pools[:, 0], pools[:, 1] = [50, 100, 7], [30, 60, 1]
    return {"waits.bed": waits, "pools": pools}


def test_waits_and_pools():
    left = leavings(waiting())
    assert value_of(left, "mean_wait", of="bed", when="first") == 90
    assert value_of(left, "mean_wait", of="bed", pool="beds") == 30
    assert value_of(left, "over", of="bed 240", pool="beds|more_beds") == 25
    assert value_of(left, "over", of="bed 720") == 10
    assert value_of(left, "occupancy", pool="beds|more_beds") == 50
    assert value_of(left, "arrivals", pool="beds") == 7
    with pytest.raises(NotComparedError, match="longer than 60 minutes is not counted"):
        value_of(left, "over", of="bed 60")
    with pytest.raises(NotComparedError, match="no pool cots"):
        value_of(left, "occupancy", pool="cots")


# Error and verdict ---------------------------------------------------------------------------------------------------


def test_the_jackknife_error_of_a_mean_is_its_standard_error():
    counts = [3, 5, 10]
    parts = [{"cells.admissions": np.zeros(SHAPE, np.int64)} for _ in counts]
    for part, number in zip(parts, counts, strict=True):
        part["cells.admissions"][0, 0, 0, 0, 0] = 2 * number
    row = target("count", of="admissions")
    value, error = with_error(lambda left: MEASURES["count"].value(left, row), leavings(*parts))
    assert value == pytest.approx(np.mean(counts))
    assert error == pytest.approx(np.std(counts, ddof=1) / np.sqrt(3))
    assert with_error(lambda left: MEASURES["count"].value(left, row), leavings(parts[0])) == (3.0, None)


def test_verdicts():
    row = target("count", value=100.0, low=90.0, high=120.0, of="x")
    assert [verdict(value, 2.0, row) for value in (90, 120, 88, 123.9, 124.1)] == [MET, MET, UNCLEAR, UNCLEAR, MISSED]
    assert verdict(89, None, row) == MISSED
    assert misfit(110, row) == pytest.approx(0.5)
    assert misfit(80, row) == pytest.approx(2.0)
    assert misfit(105.0, target("count", value=100.0)) == pytest.approx(1.0)
    narrow = target("count", value=100.0, low=100.0, high=100.0)
    assert misfit(102.0, narrow) == pytest.approx(2.0)  # at least one per cent either way
