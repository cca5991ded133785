"""What `--json` prints: plain data with stable keys, null with a reason instead of NaN."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from icsim.outcomes import ALL_YEARS, HEADLINE_YEARS, keeping_up, overloaded
from icsim.report.on_assumption import assumption_object
from icsim.report.parts import attribution_object
from icsim.results import Comparison, Results, provenance, scenarios_of

MARGINS = ("total", "quintile", "everybody", "service", "pool")
COLUMNS = ("kind", "scenario", "measure", "label", "unit", "population", "year", "margin", "group", "baseline", "mean",
           "median", "p10", "p90", "mc_error", "relative_change", "prob_better", "replications", "price_year",
           "discounting", "why_null")


def result_object(value: Results | Comparison, summary: Any, folder: Path | None) -> dict[str, Any]:
    """One run or comparison: name, hash, folder, provenance, headline years, overloaded services, the summary (totals by
    year; fifths, services and pools in all), and of a comparison which part does what and what rests on assumption.

    Everything else is in the folder's tables.
    """
    origin, sound = provenance(value), keeping_up(value)
    years = sound or scenarios_of(value)[0].years
    kept = [{key: row[key] for key in COLUMNS} for row in summary.iter_rows(named=True) if _kept(row)]
    return {"name": value.name, "hash": value.content_hash, "folder": None if folder is None else str(folder),
            "why_no_folder": "not written" if folder is None else None,
            "scenarios": origin["scenarios"], "headline_years": list(sound),
            "overloaded": overloaded(value).to_dicts(), "summary": kept,
            "attribution": attribution_object(value, years) if isinstance(value, Comparison) else [],
            "on_assumption": assumption_object(value) if isinstance(value, Comparison) else []}


def _kept(row: dict[str, Any]) -> bool:
    return row["margin"] == "total" or (row["margin"] in MARGINS and row["year"] in (ALL_YEARS, HEADLINE_YEARS))
