"""Quick access to the rows of a summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from icsim.outcomes import ALL, ALL_YEARS, HEADLINE_YEARS, keeping_up, overloaded
from icsim.outcomes.summary import DIFFERENCE, LEVEL
from icsim.results import Comparison, Results, scenarios_of

Row = Mapping[str, Any]
KEYS = ("kind", "scenario", "measure", "year", "margin", "group")
MARGINS = ("total", "quintile", "everybody", "service", "pool", "payer", "budget line", "staff")
"""Margins that pages and charts look at."""


@dataclass(frozen=True)
class Figures:
    """The rows of a summary by kind, scenario, measure, year, margin and group; and the years that headlines rest on."""

    rows: dict[tuple, Row]
    years: tuple[str, ...]
    """headline years; every year of the run where there is none in which every service keeps up"""
    left_out: tuple[str, ...]
    """years in which some service is overloaded as a whole"""
    overload: Sequence[Row] = ()
    """rows of `outcomes.overloaded`"""

    @classmethod
    def of(cls, summary: pl.DataFrame, value: Results | Comparison) -> Figures:
        """From the frame that `outcomes.summary` makes of `value`."""
        kept = summary.filter(pl.col("margin").is_in(MARGINS))
        every, sound = tuple(scenarios_of(value)[0].years), keeping_up(value)
        return cls({tuple(row[key] for key in KEYS): row for row in kept.iter_rows(named=True)}, sound or every,
                   tuple(year for year in every if year not in sound), tuple(overloaded(value).iter_rows(named=True)))

    @property
    def together(self) -> str:
        """The label under which the summary adds up the years that headlines rest on."""
        return HEADLINE_YEARS if (self.years and not set(self.years) & set(self.left_out)) else ALL_YEARS

    def level(self, scenario: str, measure: str, year: str = "", margin: str = "total", group: str = ALL) -> Row | None:
        """The outcome in one scenario, in the headline years unless a year is named; None where it is not reported."""
        return self.rows.get((LEVEL, scenario, measure, year or self.together, margin, group))

    def change(self, scenario: str, measure: str, year: str = "", margin: str = "total", group: str = ALL) -> Row | None:
        """Scenario minus baseline; None where it is not reported."""
        return self.rows.get((DIFFERENCE, scenario, measure, year or self.together, margin, group))

    def measures(self, ending: str) -> list[str]:
        """Measures whose name ends so, in order, without the ending."""
        found = dict.fromkeys(key[2] for key in self.rows if key[2].endswith(ending))
        return [name.removesuffix(ending) for name in found]

    def waits(self, scenarios: list[str]) -> tuple[list[str], list[str]]:
        """Responses and waits that are reported for all scenarios: those that take time, and those that take none for
        9 in 10 in any scenario."""
        names = [name for name in self.measures("_p90") if all(self._known(each, name + "_p90") for each in scenarios)]
        some = [name for name in names if any(self._known(each, name + "_p90")["mean"] > 0 for each in scenarios)]
        return some, [name for name in names if name not in some]

    def _known(self, scenario: str, measure: str) -> Row:
        """The outcome, or nothing where it has no value."""
        row = self.level(scenario, measure)
        return {} if row is None or row["mean"] is None else row

    def groups(self, measure: str, margin: str) -> list[str]:
        """Groups for which a measure is reported, in order."""
        return list(dict.fromkeys(key[5] for key in self.rows if key[2] == measure and key[4] == margin))
