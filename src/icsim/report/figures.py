"""Quick access to the rows of a summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icsim.outcomes import ALL, ALL_YEARS
from icsim.outcomes.summary import DIFFERENCE, LEVEL

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Figures:
    """The rows of a summary by kind, scenario, measure, year, margin and group."""

    rows: dict[tuple, Row]

    @classmethod
    def of(cls, summary) -> Figures:
        """From the frame that `outcomes.summary` makes."""
        keys = ("kind", "scenario", "measure", "year", "margin", "group")
        return cls({tuple(row[key] for key in keys): row for row in summary.iter_rows(named=True)})

    def level(self, scenario: str, measure: str, year: str = ALL_YEARS, margin: str = "total",
              group: str = ALL) -> Row | None:
        """The outcome in one scenario; None where it is not reported."""
        return self.rows.get((LEVEL, scenario, measure, year, margin, group))

    def change(self, scenario: str, measure: str, year: str = ALL_YEARS, margin: str = "total",
               group: str = ALL) -> Row | None:
        """Scenario minus baseline; None where it is not reported."""
        return self.rows.get((DIFFERENCE, scenario, measure, year, margin, group))

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
