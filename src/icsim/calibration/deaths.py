"""As many die as were counted: corrections of the rate of death by sex and age.

Rates of death are divided by what conditions, frailty and circumstances do to them, in people who are as the tables say.
Nobody stays exactly so: a year after the start a third more live in the first year after a cancer than the tables have, and
each of those counts ten times. So deaths of the stationary world are held against those that the published rates give for
the people who lived in it, by sex and band of age; the area's own difference from England is in both. The correction is what
is missing, with a belief that it is near none: in childhood, where few die, luck would be most of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from icsim.calibration.drift import by_band
from icsim.calibration.steady import MIDDLES, Seen, corrected
from icsim.catalogue import expand
from icsim.catalogue.expand import SEXES
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Correction

EVENT = "death"
BELIEF = 0.1
"""How far a published rate of death is believed to be off in the model: standard deviation of its logarithm."""
NOTE = "Fitted so that as many die by age and sex as were counted, where nothing else changes."


def as_published(catalogue: Catalogue, seen: Seen, published: Catalogue) -> Catalogue:
    """The tables after one pass more, with corrections of death by sex and age that bring deaths to the published rates."""
    rows = {row.id: row for row in catalogue.corrections}
    for sex, died, wanted in zip(SEXES, seen.died, expected(published, seen), strict=True):
        before = np.array([_so_far(rows, sex, age) for age in MIDDLES])
        after = before * np.exp(changes(died, wanted, np.log(before)))
        found = [corrected(EVENT, age, float(value), sex, NOTE) for age, value in zip(MIDDLES, after, strict=True)]
        rows |= {row.id: row for row in found}
    return replace(catalogue, corrections=tuple(rows.values()))


def expected(published: Catalogue, seen: Seen) -> np.ndarray:
    """float64[sex, band]: deaths at the published rates, times how many die in the area for one in England."""
    rate = expand.expand_ages([row for row in published.rates if row.event == EVENT])
    return np.array([by_band(each) for each in (seen.lived * rate * seen.deaths_here).sum(axis=1)])


def changes(died: np.ndarray, wanted: np.ndarray, so_far: np.ndarray) -> np.ndarray:
    """float64[band]: by how much the logarithm of each correction should change; `so_far` its logarithm.

    died, wanted: float64[band]. Least squares of what is missing, as exact as the number of deaths makes it, and the belief.
    """
    missing = np.log(np.maximum(wanted, 0.5) / np.maximum(died, 0.5))
    sharp = 1 / BELIEF**2
    return (died * missing - sharp * so_far) / (died + sharp)


def _so_far(rows: dict[str, Correction], sex: str, age: int) -> float:
    row = rows.get(f"correction.{EVENT}.{sex}.{age}")
    return row.value if row else 1.0
