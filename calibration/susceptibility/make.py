"""What dying leaves of a hidden lasting factor: shares of the levels of susceptibility by age, sex and fifth.

Nothing moves susceptibility, and those with much of it die sooner. So a fifth each, which it is at birth, cannot be the
shares at 85: whoever started a run there would die out in it. Shares S of level l follow from the model's own rates:
S(l, a + 1) ∝ S(l, a) · exp(−m(a) · r(l, a)), with m the death rate and r what those at the level die × as often, all that
goes with it counted (mean over the reference population). r depends on the shares, so the sum is done four times.

    python calibration/susceptibility/make.py TABLES

writes TABLES/prevalence_susceptibility.csv, whose rows come after those of all ages and hold instead of them.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from icsim import catalogue
from icsim.catalogue import expand
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Prevalence
from icsim.residents import anchor
from icsim.residents.layout import CELL, layout_with

NAME = "susceptibility"
BANDS = ((40, 49), (50, 54), (55, 59), (60, 64), (65, 69), (70, 72), (73, 75), (76, 78), (79, 81), (82, 84), (85, 87),
         (88, 89), (90, 90))
OLDEST, BEYOND = 90, 2.5
"""Those of 90 and over are 92.5 years old, in the mean."""
PASSES = 4
SEXES, QUINTILES = ("female", "male"), ("1", "2", "3", "4", "5")
NOTE = "A fifth each at birth; here what dying at the model's own rates has left of each."


def relative_deaths(rows: Catalogue) -> np.ndarray:
    """float64[sex, quintile, age, level]: deaths of those at a level over those of all."""
    layout = layout_with(rows, ())
    found = anchor.anchored(rows)
    number, reference = layout.number("death"), found.reference
    ratio = anchor.ratios_anywhere(rows, layout)[..., number]
    value = {a: ratio[layout.attribute(a), : len(layout.levels[a])] for a in reference.order}
    product = reference.products(value)
    levels = reference.levels[NAME]
    by_level = [np.where(levels == n, product, 0.0).sum(axis=1) / np.maximum((levels == n).sum(axis=1), 1)
                for n in range(len(layout.levels[NAME]))]
    return (np.stack(by_level, axis=-1) / product.mean(axis=1, keepdims=True)).reshape(*CELL, -1)


def survivors(rows: Catalogue) -> np.ndarray:
    """float64[sex, quintile, age, level]: shares that dying leaves."""
    relative = relative_deaths(rows)
    rate = expand.expand_ages([row for row in rows.rates if row.event == "death"])
    share = np.full(relative.shape, 1 / relative.shape[-1])
    for age in range(1, OLDEST + 1):
        share[:, :, age] = _lived(share[:, :, age - 1], rate[:, :, age - 1], relative[:, :, age - 1], 1.0)
    share[:, :, OLDEST] = _lived(share[:, :, OLDEST], rate[:, :, OLDEST], relative[:, :, OLDEST], BEYOND)
    return share


def _lived(share: np.ndarray, rate: np.ndarray, relative: np.ndarray, years: float) -> np.ndarray:
    left = share * np.exp(-years * rate[..., None] * relative)
    return left / left.sum(axis=-1, keepdims=True)


def table(rows: Catalogue, share: np.ndarray) -> list[Prevalence]:
    """Rows by band, sex and fifth, of all levels but the first."""
    levels = rows.levels[NAME]
    found = []
    for first, last in BANDS:
        middle = share[:, :, first : last + 1].mean(axis=2)
        found += [Prevalence(attribute=NAME, level=levels[n], sex=sex, quintile=quintile, age_from=first, age_to=last,
                             value=float(f"{middle[s, q, n]:.4g}"), low=float(f"{middle[s, q, n] * 0.5:.4g}"),
                             high=float(f"{min(middle[s, q, n] * 2, 1):.4g}"), unit="share", standing="assumed",
                             source="icsim_assumption", note=NOTE)
                  for n in range(1, len(levels)) for s, sex in enumerate(SEXES) for q, quintile in enumerate(QUINTILES)]
    return found


def main(folder: Path) -> None:
    """Write the table."""
    rows = catalogue.load(fitted=False)
    plain = tuple(row for row in rows.prevalence if row.attribute != NAME or (row.age_from, row.age_to) == (0, 90))
    rows = replace(rows, prevalence=plain)
    found: list[Prevalence] = []
    for _ in range(PASSES):
        share = survivors(replace(rows, prevalence=(*plain, *found)))
        found = table(rows, share)
        print({age: np.round(share[:, :, age].mean(axis=(0, 1)), 3).tolist() for age in (60, 70, 80, 85, 90)})
    columns = ["attribute", "level", "sex", "quintile", "age_from", "age_to", "value", "low", "high", "unit", "year",
               "standing", "source", "note"]
    with (folder / f"prevalence_{NAME}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([getattr(row, column) for column in columns] for row in found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
