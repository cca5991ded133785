"""Shared luck: how little a paired difference varies beside one between independent seeds."""

from __future__ import annotations

import icsim
from benchmarks.row import Row, Scale
from icsim.outcomes.pairing import pairing

BAR = 1.5


def run(scale: Scale) -> list[Row]:
    """Variance of the difference in conveyances over D averted, and the ratio to independent seeds beside 2N/D."""
    scenarios = ("baseline", "falls_vehicles") if scale.full else ("testshire/baseline", "testshire/falls_vehicles")
    settings = {"replications": 6, "years": 10} if scale.full else {"replications": 20, "years": 10}
    table = pairing(icsim.compare(*scenarios, **settings))
    return [row for each in table.iter_rows(named=True) for row in _rows(each, scale)]


def _rows(found: dict, scale: Scale) -> list[Row]:
    if found["variance_per_averted"] is None:
        return [Row("pairing", found["measure"], float("nan"), "", note=found["why_null"])]
    bar = BAR if found["measure"] == "conveyances" and scale.full else None
    averted = f"N {found['baseline']:.0f}, D {found['averted']:.0f}, {found['degrees_of_freedom']} degrees of freedom"
    return [
        Row("pairing", f"{found['measure']}: variance of the paired difference ÷ D", found["variance_per_averted"], "",
            bar, at_most=True, note=averted),
        Row("pairing", f"{found['measure']}: independent ÷ paired variance", found["ratio_measured"], "×",
            note=f"2N/D is {found['ratio_expected']:.0f}"),
    ]
