"""Life expectancy, standardised rates and the gap, against numbers worked out by hand."""

import numpy as np
import pytest

from icsim.outcomes.gaps import gap, ridits, slope_index
from icsim.outcomes.lifetable import (
    AGE_BANDS,
    EUROPEAN_STANDARD_POPULATION,
    LifeTableError,
    death_probability,
    healthy_life_expectancy,
    life_expectancy,
    standardised_rate,
)

pytestmark = pytest.mark.unit

LIVED = np.full(19, 1000.0)


def test_there_are_nineteen_bands_and_the_standard_population_adds_up():
    assert len(AGE_BANDS) == 19
    assert AGE_BANDS[:2] == ("00-04", "05-09")
    assert AGE_BANDS[-2:] == ("85-89", "90+")
    assert EUROPEAN_STANDARD_POPULATION.sum() == 100_000


def test_the_bands_are_those_of_the_engine():
    from icsim import state

    assert state.AGE_BANDS == AGE_BANDS


def test_nobody_dies_before_ninety():
    """90 years, then 1 / M = 1000 / 250 = 4 more."""
    deaths = np.zeros(19)
    deaths[-1] = 250.0
    assert life_expectancy(LIVED, deaths) == pytest.approx(94.0)


def test_half_die_between_sixty_and_sixty_four():
    """M = 2/15 a year: q = 5·M / (1 + 0.5·5·M) = 0.5; then 60 + 0.5·5 + 0.5·2.5 + 0.5·(25 + 4) = 78.25 years."""
    deaths = np.zeros(19)
    deaths[12], deaths[-1] = 1000.0 * 2 / 15, 250.0
    assert death_probability(LIVED, deaths)[12] == pytest.approx(0.5)
    assert life_expectancy(LIVED, deaths) == pytest.approx(78.25)


def test_deaths_under_five_are_early():
    """M = 1/45.5 a year, a = 0.1: q = 5·M / (1 + 0.9·5·M) = 0.1; then 0.9·94 + 0.1·0.5 = 84.65 years."""
    deaths = np.zeros(19)
    deaths[0], deaths[-1] = 1000.0 / 45.5, 250.0
    assert death_probability(LIVED, deaths)[0] == pytest.approx(0.1)
    assert life_expectancy(LIVED, deaths) == pytest.approx(84.65)


def test_a_constant_hazard_gives_its_inverse():
    """Exponential survival at 0.02 a year: 50 years, up to the error of bands five years wide."""
    deaths = LIVED * 0.02
    assert life_expectancy(LIVED, deaths) == pytest.approx(50.0, rel=0.005)


def test_healthy_life_expectancy_weighs_the_years_lived():
    """All of the 90 years up to 90 in good health, half of the 4 after: 92."""
    deaths, healthy = np.zeros(19), LIVED.copy()
    deaths[-1], healthy[-1] = 250.0, 500.0
    assert healthy_life_expectancy(LIVED, deaths, healthy) == pytest.approx(92.0)


def test_what_was_not_observed_is_said():
    empty = LIVED.copy()
    empty[3] = 0.0
    with pytest.raises(LifeTableError, match="no residents aged 15-19"):
        life_expectancy(empty, LIVED)
    with pytest.raises(LifeTableError, match="no deaths at 90"):
        life_expectancy(LIVED, np.zeros(19))


def test_standardised_rate_by_hand():
    """One event per 1,000 person-years in 85-89 only: 1,500 of 100,000 standard people → 1.5 per 100,000."""
    events = np.zeros(19)
    events[17] = 1.0
    assert standardised_rate(events, LIVED) == pytest.approx(1.5)
    assert standardised_rate(LIVED * 0.01, LIVED * 7) == pytest.approx(1e5 * 0.01 / 7)


def test_ridits_are_the_middles_of_the_ranks():
    assert ridits(np.array([10.0, 30.0, 60.0])).tolist() == pytest.approx([0.05, 0.25, 0.70])


def test_slope_index_of_a_straight_line_is_its_slope_whatever_the_sizes():
    sizes = np.array([2.0, 18.0, 30.0, 25.0, 25.0])
    assert slope_index(70.0 + 6.0 * ridits(sizes), sizes) == pytest.approx(6.0)


def test_slope_index_by_hand():
    """Equal sizes, ranks 0.25 and 0.75, values 1 and 2: slope (2 − 1) / 0.5 = 2; the plain gap is 1."""
    values = np.array([1.0, 2.0])
    assert slope_index(values, np.array([5.0, 5.0])) == pytest.approx(2.0)
    assert gap(values) == 1.0
