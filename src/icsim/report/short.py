"""The result in a few sentences that can be quoted: an average year with the change."""

from __future__ import annotations

from icsim.outcomes.averted import ADMISSIONS, per_averted
from icsim.report.figures import Figures, Row
from icsim.report.on_assumption import known_of, meaning, words
from icsim.report.tables import title_of
from icsim.report.wording import about, about_places, heading, number, paragraph, unclear
from icsim.results import Comparison, Results
from icsim.scenario.wording import in_a_sentence

TOLD = (ADMISSIONS, "bed_days", "delayed_bed_days", "ae_attendances", "crisis_ae_attendances", "conveyances", "calls_999",
        "handover_hours_lost", "mh_admissions", "care_home_entries", "deaths", "healthy_years", "qalys")
PER_AVERTED = ("ae_attendances", "conveyances", "bed_days", "falls_vehicle_responses")
"""What is also told for each admission averted, where its change is clear."""


def in_short(value: Comparison, other: Results, figures: Figures) -> str:
    """Changes in an average year, those that luck may explain apart, and what goes with each admission averted."""
    found = [row for name in TOLD if (row := figures.change(other.name, name)) and row["mean"] is not None]
    if not found:
        return ""
    clear = [row for row in found if row["mean"] and not unclear(row)]
    known = known_of(value, other)
    lines = [paragraph(_sentence(row, len(figures.years)) + words(known, row["measure"], figures), hanging="- ")
             for row in clear]
    lines += [paragraph(text, hanging="- ") for text in (_unclear(found), _untouched(found)) if text]
    last = [_per_averted(value.base, other, figures), meaning(known) if clear else ""]
    return "\n".join([heading("In short: an average year with the change", title_of(value, other)), *lines,
                      *(paragraph(text, hanging="- ") for text in last if text)])


def _sentence(row: Row, years: int) -> str:
    """ "about 26 fewer emergency admissions after a fall a year (± 1)" """
    return _change(row["mean"] / years, (row["mc_error"] or 0.0) / years, row["label"] + " a year")


def _change(change: float, error: float | None, what: str) -> str:
    """ "about 26 fewer of these (± 1)" """
    size, direction = abs(change), "more" if change > 0 else "fewer"
    give_or_take = f" (± {number(error, about_places(size, error))})" if error else ""
    return f"about {about(size, error)} {direction} {in_a_sentence(what)}{give_or_take}"


def _listed(rows: list[Row]) -> str:
    return ", ".join(in_a_sentence(row["label"]) for row in rows)


def _unclear(found: list[Row]) -> str:
    rows = [row for row in found if unclear(row)]
    return f"no clear change in {_listed(rows)}" if rows else ""


def _untouched(found: list[Row]) -> str:
    rows = [row for row in found if row["mean"] == 0 and not unclear(row)]
    return f"no change at all in {_listed(rows)}" if rows else ""


def _per_averted(base: Results, other: Results, figures: Figures) -> str:
    """ "for each emergency admission averted: about 8.1 fewer A&E attendances (± 0.2), …" """
    admissions = figures.change(other.name, ADMISSIONS)
    if not _clear(admissions) or admissions is None or admissions["mean"] > 0:
        return ""
    rows = [row for name in PER_AVERTED if _clear(row := figures.change(other.name, name)) and row]
    ratios = per_averted(base, other, [row["measure"] for row in rows], years=figures.years)
    parts = [_change(ratio, error, row["label"])
             for row, (ratio, error) in zip(rows, ratios.values(), strict=True)]
    return f"for each emergency admission averted: {', '.join(parts)}" if parts else ""


def _clear(row: Row | None) -> bool:
    return row is not None and bool(row["mean"]) and not unclear(row)
