"""Every measure that a target may name: a small function from what a run leaves to a value.

A measure reads all replications together (`Leavings`) and returns a value in the unit of its targets. It raises
NotComparedError where the run holds no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from icsim.calibration import health_measures as health
from icsim.calibration import people_measures as people
from icsim.calibration import service_measures as services
from icsim.calibration.leavings import Leavings
from icsim.calibration.rows import Target


@dataclass(frozen=True)
class Measure:
    """How a value is found, and what a row must say for it."""

    value: Callable[[Leavings, Target], float]
    needs: tuple[str, ...] = ()
    """columns that must not be empty"""
    bands: bool = False
    """whether it knows five-year bands only"""


MEASURES: dict[str, Measure] = {
    "residents": Measure(people.residents_by_age),
    "age_share": Measure(people.age_share),
    "fifth_share": Measure(people.fifth_share, ("quintile",)),
    "population_ratio": Measure(people.population_ratio, ("when",)),
    "place_share": Measure(people.place_share, ("of", "place"), bands=True),
    "life_expectancy": Measure(people.life_expectancy),
    "healthy_life_expectancy": Measure(people.healthy_life_expectancy),
    "life_expectancy_slope": Measure(people.life_expectancy_slope),
    "healthy_life_expectancy_slope": Measure(people.healthy_life_expectancy_slope),
    "life_expectancy_area_slope": Measure(people.life_expectancy_area_slope),
    "prevalence": Measure(health.prevalence, ("attribute", "level")),
    "death_ratio": Measure(health.death_ratio, ("attribute", "level"), bands=True),
    "admission_ratio": Measure(health.admission_ratio, ("attribute", "level"), bands=True),
    "admission_rate": Measure(health.admission_rate, bands=True),
    "death_share": Measure(health.death_share, bands=True),
    "admitted_share": Measure(health.admitted_share, bands=True),
    "dispersion": Measure(health.dispersion, bands=True),
    "readmission_share": Measure(health.readmission_share),
    "count": Measure(services.count, ("of",), bands=True),
    "rate": Measure(services.rate, ("of",), bands=True),
    "standardised_rate": Measure(services.standardised, ("of",), bands=True),
    "fifth_ratio": Measure(services.fifth_ratio, ("of", "quintile"), bands=True),
    "relative_rate": Measure(services.relative_rate, ("of",), bands=True),
    "ratio": Measure(services.ratio, ("of",), bands=True),
    "mean_wait": Measure(services.mean_wait, ("of",)),
    "over": Measure(services.over, ("of",)),
    "arrivals": Measure(services.arrivals, ("pool",)),
    "occupancy": Measure(services.occupancy, ("pool",)),
}
"""Name in the tables → measure."""
