"""What `--json` prints: plain data with stable keys, null with a reason instead of NaN."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from icsim.outcomes import ALL_YEARS, HEADLINE_YEARS, keeping_up, overloaded
from icsim.results import Comparison, Results, provenance

MARGINS = ("total", "quintile", "everybody", "service", "pool")
COLUMNS = ("kind", "scenario", "measure", "label", "unit", "population", "year", "margin", "group", "baseline", "mean",
           "median", "p10", "p90", "mc_error", "relative_change", "prob_better", "replications", "price_year",
           "discounting", "why_null")


def result_object(value: Results | Comparison, summary: Any, folder: Path | None) -> dict[str, Any]:
    """One run or comparison: name, hash, folder, provenance, headline years, overloaded services, and the summary (totals
    by year; fifths, services and pools in all).

    Everything else is in the folder's tables.
    """
    origin = provenance(value)
    kept = [{key: row[key] for key in COLUMNS} for row in summary.iter_rows(named=True) if _kept(row)]
    return {"name": value.name, "hash": value.content_hash, "folder": None if folder is None else str(folder),
            "why_no_folder": "not written" if folder is None else None,
            "scenarios": origin["scenarios"], "headline_years": list(keeping_up(value)),
            "overloaded": overloaded(value).to_dicts(), "summary": kept}


def _kept(row: dict[str, Any]) -> bool:
    return row["margin"] == "total" or (row["margin"] in MARGINS and row["year"] in (ALL_YEARS, HEADLINE_YEARS))
