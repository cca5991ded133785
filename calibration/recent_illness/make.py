"""How many are within forty days of an acute illness that called for a hospital: shares by age, sex and fifth.

Nobody counts them; they follow from the model's own rates. Somebody of relative rate w (all ratios but that of a recent
illness) falls ill at w·b while well and r times as often while the last illness is recent, which it is for T after it: so a
share p = x / (1 + x) of their time is recent, with x = w·b·s·T, s being the share of illness that calls for a hospital. b is
such that the mean over the reference population, E[w·b·(1 + (r − 1)·p)], is the published rate. Without this the old, whose
illnesses follow each other, were thought to be within forty days of one twice as often as they are, and their rates of
falling ill were divided by that.

    python calibration/recent_illness/make.py TABLES

writes TABLES/prevalence_illness.csv. r is the fitted ratio: run it again when that has changed much.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from icsim import catalogue
from icsim.catalogue import expand
from icsim.catalogue.csvtable import write_table
from icsim.catalogue.expand import QUINTILES, SEXES
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Prevalence
from icsim.residents import anchor
from icsim.residents.layout import CELL, layout_with

EVENT, ATTRIBUTE, LEVEL, TIMER = "acute_illness", "illness", "recent", "illness_over"
PASSES = 60
NOTE = ("Follows from the rate of acute illness that calls for a hospital, for forty days each, and how much more frequent "
        "it is soon after another.")


def shares(rows: Catalogue) -> np.ndarray:
    """float64[sex, quintile, age]: share of people within forty days of an acute illness that called for a hospital."""
    layout, found = layout_with(rows, ()), anchor.anchored(rows)
    ratio = anchor.ratios_anywhere(rows, layout)[..., layout.number(EVENT)]
    again = ratio[layout.attribute(ATTRIBUTE), layout.level(ATTRIBUTE, LEVEL)]
    others = {a: ratio[layout.attribute(a), : len(layout.levels[a])] for a in found.reference.order if a != ATTRIBUTE}
    relative = found.reference.products(others).reshape(*CELL, -1)
    rate = expand.expand_ages([row for row in rows.rates if row.event == EVENT], rows.event(EVENT).smooth)
    years = hospital(rows) * rows.event(TIMER).after_days / 365.25
    base = rate / relative.mean(axis=-1)
    for _ in range(PASSES):
        recent = relative * (base * years)[..., None]
        recent /= 1 + recent
        base = (base + rate / (relative * (1 + (again - 1) * recent)).mean(axis=-1)) / 2
    return recent.mean(axis=-1)


def hospital(rows: Catalogue) -> np.ndarray:
    """float64[sex, quintile, age]: share of acute illness that leaves a recent one behind."""
    severities = [row.severity for row in rows.severities if row.event == EVENT and ATTRIBUTE in row.sets]
    return sum(expand.expand_ages([row for row in rows.severity_shares if (row.event, row.severity) == (EVENT, severity)])
               for severity in severities)


def table(rows: Catalogue, share: np.ndarray) -> list[Prevalence]:
    """Rows by the bands of the rates. share: float64[sex, quintile, age]."""
    bands = sorted({(row.age_from, row.age_to) for row in rows.rates if row.event == EVENT})
    source = next(row.source for row in rows.rates if row.event == EVENT)
    return [_row(share[s, q, first : last + 1].mean(), sex, quintile, first, last, source)
            for first, last in bands for s, sex in enumerate(SEXES) for q, quintile in enumerate(QUINTILES)]


def _row(value: float, sex: str, quintile: str, first: int, last: int, source: str) -> Prevalence:
    number, low, high = (float(f"{value * times:.4g}") for times in (1, 0.6, 1.4))
    return Prevalence(attribute=ATTRIBUTE, level=LEVEL, sex=sex, quintile=quintile, age_from=first, age_to=last,
                      value=number, low=low, high=high, unit="share", standing="derived", source=source, note=NOTE)


def main(folder: Path) -> None:
    """Write the table."""
    rows = catalogue.load()
    write_table(folder / f"prevalence_{ATTRIBUTE}.csv", table(rows, shares(rows)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
