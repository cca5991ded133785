"""The tables of the page about residents: outcomes or changes in all, by year, by deprivation fifth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from icsim.outcomes.summary import ENOUGH_DRAWS
from icsim.report.figures import Figures, Row
from icsim.report.wording import (
    HARDLY,
    about,
    heading,
    number,
    table,
    unclear,
    verdict,
    with_error,
)
from icsim.report.years import span
from icsim.results import Comparison, Results

OUTCOMES = ("calls_999", "conveyances", "ae_attendances", "emergency_admissions", "bed_days", "delayed_bed_days",
            "mh_admissions", "care_home_entries", "deaths", "healthy_years", "qalys", "life_expectancy",
            "healthy_life_expectancy")
BY_YEAR = "emergency_admissions"
BY_FIFTH = {"healthy_years_per_1000": "Healthy years per 1,000 residents", BY_YEAR: "Emergency admissions"}
NOT_COUNTED = " (left out)"
"""Stands beside a year in which some service does not keep up."""
FIFTHS = {"1": "1 (most deprived)", "2": "2", "3": "3", "4": "4", "5": "5 (least deprived)"}


def label(row: Row) -> str:
    """What an outcome is called, with its unit where the name leaves that open."""
    unit = f" ({row['unit']})" if row["unit"] == "years" and "expectancy" in row["measure"] else ""
    return row["label"] + unit


def _error(row: Row, sign: bool = False) -> str:
    return with_error(row["mean"], row["mc_error"], sign)


# --- in all -----------------------------------------------------------------------------------------------------------

def outcomes(value: Results, figures: Figures) -> str:
    """What happens in a run."""
    found = [row for name in OUTCOMES if (row := figures.level(value.name, name))]
    years = len(figures.years)
    rows = [[label(row), _error(row), *_a_year(row, years), *_range(row)] for row in found]
    head = ["", "Total", *(["A year"] if years > 1 else []),
            *(["80 % of runs"] if value.replications >= ENOUGH_DRAWS else [])]
    return "\n".join([heading(f"What happens to all residents, {span(value, figures)} together"), table(rows, head)])


def _a_year(row: Row, years: int) -> list[str]:
    """A total shared out over the years of the run; nothing for what is no total."""
    if years == 1:
        return []
    if "expectancy" in row["measure"] or row["mean"] is None:
        return [""]
    return [about(row["mean"] / years, (row["mc_error"] or 0.0) / years)]


def _range(row: Row) -> list[str]:
    return [] if row["p10"] is None else [f"{number(row['p10'])} to {number(row['p90'])}"]


def changes(value: Comparison, other: Results, figures: Figures) -> str:
    """What a scenario changes."""
    found = [row for name in OUTCOMES if (row := figures.change(other.name, name))]
    many = other.replications >= ENOUGH_DRAWS
    rows = [[label(row), number(row["baseline"]), *_change(row), *([_chance(row)] if many else [])] for row in found]
    head = ["", "Baseline", "Change", "", *(["Better in"] if many else [])]
    words = f"What would change for all residents, {span(other, figures)} together"
    return "\n".join([heading(words, title_of(value, other)), table(rows, head)])


def title_of(value: Comparison, other: Results) -> str:
    """The title of a scenario where several are compared; with one it goes without saying."""
    return other.title if len(value.alternatives) > 1 else ""


def _change(row: Row) -> list[str]:
    """A change with its error, and what it comes to."""
    change, words = _error(row, True), verdict(row)
    return [change, "" if words == change == HARDLY else words]


def _chance(row: Row) -> str:
    return "–" if row["prob_better"] is None else f"{number(100 * row['prob_better'], 0)} %"


# --- by year and by fifth ---------------------------------------------------------------------------------------------

def years(value: Results, figures: Figures) -> str:
    """One outcome of a run, year by year."""
    def find(year: str) -> Row | None:
        return figures.level(value.name, BY_YEAR, year)
    return _by_year(value, figures, find, ["Total"], lambda row: [_error(row)])


def changed_years(value: Comparison, other: Results, figures: Figures) -> str:
    """The change of one outcome, year by year."""
    def cells(row: Row) -> list[str]:
        return [number(row["baseline"]), *_change(row)]
    return _by_year(other, figures, lambda year: figures.change(other.name, BY_YEAR, year), ["Baseline", "Change", ""],
                    cells, title_of(value, other))


def _by_year(value: Results, figures: Figures, find: Callable, head: list[str], cells: Callable, title: str = "") -> str:
    found = [(year, row) for year in value.years if (row := find(year))]
    if not found or len(value.years) == 1:
        return ""
    words = heading(f"Year by year, all residents: {found[0][1]['label']}", title)
    rows = [[year + (NOT_COUNTED if year in figures.left_out else ""), *cells(row)] for year, row in found]
    return "\n".join([words, table(rows, ["", *head])])


def fifths(value: Results, figures: Figures) -> str:
    """Outcomes of a run by deprivation fifth."""
    def find(name: str, fifth: str) -> Row | None:
        return figures.level(value.name, name, margin="quintile", group=fifth)
    return _by_fifth(find, lambda row: [_error(row)] if row else ["–"],
                     heading(f"Residents by national deprivation fifth, {span(value, figures)} together"))


def changed_fifths(value: Comparison, other: Results, figures: Figures) -> str:
    """Changes by deprivation fifth."""
    def find(name: str, fifth: str) -> Row | None:
        return figures.change(other.name, name, margin="quintile", group=fifth)

    def cells(row: Row | None) -> list[str]:
        return [_error(row, True), "unclear" if row["mean"] is not None and unclear(row) else ""] if row else ["–", ""]
    words = f"Change for residents by national deprivation fifth, {span(other, figures)} together"
    return _by_fifth(find, cells, heading(words, title_of(value, other)))


def _by_fifth(find: Callable, cells: Callable[[Any], list[str]], words: str) -> str:
    rows = [[FIFTHS[fifth], *(cell for name in BY_FIFTH for cell in cells(find(name, fifth)))]
            for fifth in FIFTHS if find(BY_YEAR, fifth)]
    if not rows:
        return ""
    head = [text for name in BY_FIFTH.values() for text in (name, *([""] if len(rows[0]) > 3 else []))]
    return "\n".join([words, table(rows, ["", *head])])
