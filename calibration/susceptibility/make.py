"""What dying leaves of what lasts for life: shares by age, sex and fifth of susceptibility and of adverse early years.

Nothing moves them after the first year of life, and those with much of it die sooner. So the share among the young cannot
be that at 85: whoever started a run there would die out in it. Shares S of level l follow from the model's own rates:
S(l, a + 1) ∝ S(l, a) · exp(−m(a) · r(l, a)), with m the death rate and r what those at the level die × as often, all that
goes with it counted (mean over the reference population). r depends on the shares, so the sum is done four times.

    python calibration/susceptibility/make.py TABLES

writes TABLES/prevalence_<attribute>.csv, whose rows come after those of all ages and hold instead of them.
"""

from __future__ import annotations

import sys
from dataclasses import replace
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

LASTING = {
    "susceptibility": "A fifth each at birth; here what dying at the model's own rates has left of each.",
    "early_years": "The share of younger adults; here what dying at the model's own rates has left of it. A survey up to 69 "
                   "saw it alike at all ages.",
}
"""Attribute → what its rows say."""
BANDS = ((40, 49), (50, 54), (55, 59), (60, 64), (65, 69), (70, 72), (73, 75), (76, 78), (79, 81), (82, 84), (85, 87),
         (88, 89), (90, 90))
OLDEST, BEYOND = 90, 2.5
"""Those of 90 and over are 92.5 years old, in the mean."""
PASSES = 4


def relative_deaths(rows: Catalogue, name: str) -> np.ndarray:
    """float64[sex, quintile, age, level]: deaths of those at a level over those of all."""
    layout = layout_with(rows, ())
    found = anchor.anchored(rows)
    number, reference = layout.number("death"), found.reference
    ratio = anchor.ratios_anywhere(rows, layout)[..., number]
    value = {a: ratio[layout.attribute(a), : len(layout.levels[a])] for a in reference.order}
    product = reference.products(value)
    levels = reference.levels[name]
    by_level = [np.where(levels == n, product, 0.0).sum(axis=1) / np.maximum((levels == n).sum(axis=1), 1)
                for n in range(len(layout.levels[name]))]
    return (np.stack(by_level, axis=-1) / product.mean(axis=1, keepdims=True)).reshape(*CELL, -1)


def survivors(rows: Catalogue, name: str) -> np.ndarray:
    """float64[sex, quintile, age, level]: shares that dying leaves."""
    relative = relative_deaths(rows, name)
    rate = expand.expand_ages([row for row in rows.rates if row.event == "death"])
    share = anchor.anchored(rows).reference.shares[name].copy()
    for age in range(BANDS[0][0] + 1, OLDEST + 1):
        share[:, :, age] = _lived(share[:, :, age - 1], rate[:, :, age - 1], relative[:, :, age - 1], 1.0)
    share[:, :, OLDEST] = _lived(share[:, :, OLDEST], rate[:, :, OLDEST], relative[:, :, OLDEST], BEYOND)
    return share


def _lived(share: np.ndarray, rate: np.ndarray, relative: np.ndarray, years: float) -> np.ndarray:
    left = share * np.exp(-years * rate[..., None] * relative)
    return left / left.sum(axis=-1, keepdims=True)


def table(rows: Catalogue, name: str, share: np.ndarray) -> list[Prevalence]:
    """Rows by band, sex and fifth, of all levels but the first."""
    levels = rows.levels[name]
    found = []
    for first, last in BANDS:
        middle = share[:, :, first : last + 1].mean(axis=2)
        found += [Prevalence(attribute=name, level=levels[n], sex=sex, quintile=quintile, age_from=first, age_to=last,
                             value=float(f"{middle[s, q, n]:.4g}"), low=float(f"{middle[s, q, n] * 0.5:.4g}"),
                             high=float(f"{min(middle[s, q, n] * 2, 1):.4g}"), unit="share", standing="assumed",
                             source="icsim_assumption", note=LASTING[name])
                  for n in range(1, len(levels)) for s, sex in enumerate(SEXES) for q, quintile in enumerate(QUINTILES)]
    return found


def main(folder: Path) -> None:
    """Write the tables."""
    rows = catalogue.load(fitted=False)
    plain = tuple(row for row in rows.prevalence if row.attribute not in LASTING or row.age_to == OLDEST > row.age_from + 1
                  or row.age_to == 0)
    found: dict[str, list[Prevalence]] = {name: [] for name in LASTING}
    for _ in range(PASSES):
        so_far = replace(rows, prevalence=(*plain, *(row for table in found.values() for row in table)))
        share = {name: survivors(so_far, name) for name in LASTING}
        found = {name: table(rows, name, share[name]) for name in LASTING}
        for name in LASTING:
            print(name, {age: np.round(share[name][:, :, age].mean(axis=(0, 1)), 3).tolist() for age in (60, 75, 85, 90)})
    for name, own in found.items():
        write_table(folder / f"prevalence_{name}.csv", own)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
