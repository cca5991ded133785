"""Do the rates keep the shares? Projects every condition from birth with the rows' own rates and prints the misfit.

python calibration/conditions/check_conditions.py [TABLES]

TABLES (the catalogue's own if not given) holds the tables of the catalogue. The conditions are the attributes of
`prevalence_conditions.csv`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from dynamics import BANDS, band_mean, last_ages, project
from published import AGES

from icsim.catalogue import rows as kinds
from icsim.catalogue.csvtable import read_records, read_table
from icsim.catalogue.expand import SEXES, expand_ages
from icsim.catalogue.load import TABLES

OWN = Path(__file__).parent / "rows"
"""What is of the fit only, and not of the catalogue."""
DAYS = 365.25


def records(path: Path) -> list[dict[str, str]]:
    """The records of one CSV file."""
    found, problems = read_records(path)
    if problems:
        raise ValueError(problems)
    return [dict(zip(found[0][1], cells, strict=True)) for _, cells in found[1:]]


def table(path: Path, kind: type) -> list:
    """The rows of one table of the catalogue's kinds; raises with all problems."""
    found = read_table(path, kind)
    if found.problems:
        raise ValueError("\n".join(str(problem) for problem in found.problems))
    return found.rows


class Rows:
    """The conditions among the rows of a folder of tables, ready to be projected."""

    def __init__(self, folder: Path) -> None:
        self.prevalence = table(folder / "prevalence_conditions.csv", kinds.Prevalence)
        own = {row.attribute for row in self.prevalence}
        self.levels: dict[str, list[str]] = {}
        for row in table(folder / "attributes.csv", kinds.Level):
            if row.attribute in own:
                self.levels.setdefault(row.attribute, []).append(row.level)
        self.events = table(folder / "events_conditions.csv", kinds.Event)
        self.rates = [row for name in self.levels for row in table(folder / f"rates_{name}.csv", kinds.Rate)]
        self.ratios = table(folder / "ratios_conditions.csv", kinds.Ratio)
        self.mortality = {
            (row["attribute"], row["level"]): float(row["value"]) for row in records(OWN / "marginal_mortality.csv")
        }
        self.deaths = expand_ages(table(folder / "rates_death.csv", kinds.Rate))

    def shares(self, attribute: str) -> np.ndarray:
        """Shares at the start: float64[sex, quintile, level, age]."""
        levels = self.levels[attribute]
        found = np.zeros((2, 5, len(levels), AGES))
        for n, level in enumerate(levels[1:], 1):
            found[:, :, n] = expand_ages([r for r in self.prevalence if (r.attribute, r.level) == (attribute, level)])
        found[:, :, 0] = 1 - found.sum(2)
        return found

    def projected(self, attribute: str) -> np.ndarray:
        """Shares of the stationary population: float64[sex, quintile, level, age]."""
        levels = self.levels[attribute]
        flows = []
        for event in (e for e in self.events if e.attribute == attribute):
            if event.kind == "timer":
                rate = np.full((2, 5, AGES), DAYS / event.after_days)
            else:
                rate = expand_ages([r for r in self.rates if r.event == event.event], event.smooth)
            to = levels.index(event.to_level)
            own = {r.level: r.value for r in self.ratios if (r.event, r.attribute) == (event.event, attribute)}
            for frm in event.from_levels.split("|"):
                flows.append((levels.index(frm), to, rate * own.get(frm, 1.0)))
        mortality = np.array([1.0] + [self.mortality[attribute, level] for level in levels[1:]])
        if all(row.quintile == "*" for row in self.prevalence if row.attribute == attribute):
            deaths = np.broadcast_to(self.deaths.mean(1, keepdims=True), self.deaths.shape)
        else:
            deaths = self.deaths
        return project(len(levels), flows, mortality, deaths)

    def misfits(self) -> Iterator[tuple[str, str, str, float, float, int, float, float]]:
        """(attribute, level, sex, largest, root mean square, age of the largest, start and projection there).

        Over bands of age and fifths, in points (hundredths of the people); bands without a share at the start are left out.
        """
        for attribute, levels in self.levels.items():
            start, later = (band_mean(shares, BANDS) for shares in (self.shares(attribute), self.projected(attribute)))
            known = np.flatnonzero(self.shares(attribute)[:, :, 1:].sum((0, 1, 2)))
            ends = last_ages(BANDS)
            used = [n for n, band in enumerate(BANDS) if known[0] <= band and ends[n] <= known[-1]]
            for n, level in enumerate(levels[1:], 1):
                for s, sex in enumerate(SEXES):
                    gap = 100 * (later - start)[s, :, n][:, used]
                    at = np.unravel_index(np.abs(gap).argmax(), gap.shape)
                    band = used[at[1]]
                    yield (
                        attribute,
                        level,
                        sex,
                        float(abs(gap[at])),
                        float(np.sqrt((gap**2).mean())),
                        BANDS[band],
                        float(100 * start[s, at[0], n, band]),
                        float(100 * later[s, at[0], n, band]),
                    )


HEADER = ("attribute", "level", "sex", "max_points", "rms_points", "age_of_max", "start_percent", "projected_percent")


def main(folder: Path) -> None:
    print(f"{HEADER[0]:24}{HEADER[1]:12}{HEADER[2]:8}{'max':>8}{'rms':>8}{'age':>6}{'start':>8}{'later':>8}   (points)")
    for attribute, level, sex, most, rms, age, start, later in Rows(folder).misfits():
        print(f"{attribute:24}{level:12}{sex:8}{most:8.3f}{rms:8.3f}{age:6}{start:8.2f}{later:8.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TABLES)
