"""As many die as were counted: corrections of the rate of death by sex and age, and by sex and fifth.

Rates of death are divided by what conditions, frailty and circumstances do to them, in people who are as the tables say.
Nobody stays exactly so: a year after the start a third more live in the first year after a cancer than the tables have, and
each of those counts ten times. So deaths of the stationary world are held against those that the published rates give for
the people who lived in it; the area's own difference from England is in both. The correction is what is missing, with a
belief that it is near none: in childhood, where few die, luck would be most of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from icsim.calibration.drift import by_band
from icsim.calibration.steady import MIDDLES, Seen, corrected
from icsim.catalogue import expand
from icsim.catalogue.expand import QUINTILES, SEXES
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Correction

EVENT = "death"
BELIEF, OF_FIFTHS = 0.1, 0.02
"""How far a published rate of death is believed to be off in the model, at an age, and in a fifth beside all others:
standard deviation of its logarithm. In a fifth where few live luck would be most of a correction."""
NOTE = "Fitted so that as many die by age, sex and fifth as were counted, where nothing else changes."


def as_published(catalogue: Catalogue, seen: Seen, published: Catalogue) -> Catalogue:
    """The tables after one pass more, with corrections of death that bring deaths to the published rates."""
    rows = {row.id: row for row in catalogue.corrections}
    for sex, died, wanted in zip(SEXES, seen.died, expected(published, seen), strict=True):
        by_age = [corrected(EVENT, age, 1.0, sex, note=NOTE) for age in MIDDLES]
        by_fifth = [corrected(EVENT, None, 1.0, sex, quintile, NOTE) for quintile in QUINTILES]
        rows |= dict(_changed(rows, by_age, died.sum(axis=0), wanted.sum(axis=0), BELIEF))
        among = wanted.sum(axis=1) * died.sum() / wanted.sum()  # what all fifths have in common is said by age
        rows |= dict(_changed(rows, by_fifth, died.sum(axis=1), among, OF_FIFTHS))
    return replace(catalogue, corrections=tuple(rows.values()))


def expected(published: Catalogue, seen: Seen) -> np.ndarray:
    """float64[sex, quintile, band]: deaths at the published rates, times how many die in the area for one in England."""
    rate = expand.expand_ages([row for row in published.rates if row.event == EVENT])
    return np.moveaxis(by_band(np.moveaxis(seen.lived * rate * seen.deaths_here, -1, 0)), 0, -1)


def _changed(rows: dict[str, Correction], new: Iterable[Correction], died: np.ndarray, wanted: np.ndarray,
             belief: float) -> Iterator[tuple[str, Correction]]:
    """The rows `new`, one for each number of deaths, with the values that bring those nearer to what is wanted."""
    for row, there, expected_there in zip(new, died, wanted, strict=True):
        before = rows[row.id].value if row.id in rows else 1.0
        after = before * np.exp(change(float(there), float(expected_there), float(np.log(before)), belief))
        yield row.id, replace(row, value=float(f"{after:.4g}"))


def change(died: float, wanted: float, so_far: float, belief: float) -> float:
    """By how much the logarithm of a correction should change; `so_far` its logarithm.

    Least squares of what is missing, as exact as the number of deaths makes it, and the belief.
    """
    missing = np.log(max(wanted, 0.5) / max(died, 0.5))
    sharp = 1 / belief**2
    return float((died * missing - sharp * so_far) / (died + sharp))
