"""The table of the page about staff: who more a scenario asks for, and how many of them could be found by then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icsim.outcomes.staff import GROUP, STAFF
from icsim.report.figures import Figures
from icsim.report.tables import title_of
from icsim.report.wording import heading, number, paragraph, table
from icsim.results import Comparison, Results

LEAST = 0.05
"""Posts: a smaller change is not told."""
SPARE, JOIN = "spare", "join"


def changes(value: Comparison, other: Results, figures: Figures) -> str:
    """Posts in the last year, against the baseline."""
    last, labels = other.years[-1], other.provenance.get("staff", {})
    found = [(group, label, row) for group, label in labels.items()
             if (row := figures.change(other.name, STAFF, last, GROUP, group)) and abs(row["mean"] or 0.0) >= LEAST]
    if not found:
        return ""
    rows = [[label, number(row["baseline"], 0), number(row["mean"], 1, sign=True), *_found(other, group, row["mean"])]
            for group, label, row in found]
    text = (f"Whole-time posts for the servers and places that budgets of {last} pay for. Could be found: people who could "
            "begin at once and those who join beyond replacing leavers until then; mostly assumed. Nobody's absence stops a "
            "service in the model: where more are needed than could be found, part of the change would not happen.")
    return "\n".join([heading(f"Staff, {last}", title_of(value, other)),
                      table(rows, ["", "Baseline", "Change", "Could be found", ""]), paragraph(text)])


def _found(other: Results, group: str, change: float) -> list[str]:
    """How many more could be found by the last year, and whether they suffice."""
    said: Mapping[str, Any] = other.provenance.get("staffing", {}).get(group, {})
    if change <= 0 or not {SPARE, JOIN} & set(said):
        return ["", ""]
    there = said.get(SPARE, 0.0) + said.get(JOIN, 0.0) * (len(other.years) - 1)
    return [number(there, 0), "too few" if change > there else ""]
