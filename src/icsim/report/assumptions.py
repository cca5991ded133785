"""Every assumed number of every scenario in a result, as a table for spreadsheets."""

from __future__ import annotations

import csv
import io

from icsim.results import Comparison, Results, scenarios_of

COLUMNS = ("scenario", "id", "value", "low", "high", "unit", "standing", "source", "note")


def assumptions_csv(value: Results | Comparison) -> str:
    """COLUMNS, a line for each assumed number in force in each scenario; `source` is a title."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for each in scenarios_of(value):
        lines.writerows((each.name, row["name"], row["value"], row["low"], row["high"], row["unit"], "assumed",
                         row["source"], row["reason"]) for row in each.provenance.get("assumptions", []))
    return text.getvalue()
