"""The tables of the page: outcomes or changes in all, by year, by deprivation fifth; waits; how busy services are."""

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
    paragraph,
    plain,
    table,
    unclear,
    verdict,
    with_error,
)
from icsim.results import Comparison, Results

OUTCOMES = ("calls_999", "conveyances", "ae_attendances", "emergency_admissions", "bed_days", "care_home_entries",
            "deaths", "healthy_years", "qalys", "life_expectancy", "healthy_life_expectancy")
BY_YEAR = "emergency_admissions"
BY_FIFTH = {"healthy_years_per_1000": "Healthy years per 1,000 residents", BY_YEAR: "Emergency admissions"}
FIFTHS = {"1": "1 (most deprived)", "2": "2", "3": "3", "4": "4", "5": "5 (least deprived)"}


def span(results: Results) -> str:
    """The years of a run, as in "2025/26 to 2034/35"."""
    years = results.years
    return years[0] if len(years) == 1 else f"{years[0]} to {years[-1]}"


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
    years = len(value.years)
    rows = [[label(row), _error(row), *_a_year(row, years), *_range(row)] for row in found]
    head = ["", "Total", *(["A year"] if years > 1 else []),
            *(["80 % of runs"] if value.replications >= ENOUGH_DRAWS else [])]
    return "\n".join([heading(f"What happens to all residents, {span(value)} together"), table(rows, head)])


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
    return "\n".join([heading(f"What would change for all residents, {span(other)} together", title_of(value, other)),
                      table(rows, head)])


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
    return _by_year(value, lambda year: figures.level(value.name, BY_YEAR, year), ["Total"], lambda row: [_error(row)])


def changed_years(value: Comparison, other: Results, figures: Figures) -> str:
    """The change of one outcome, year by year."""
    def cells(row: Row) -> list[str]:
        return [number(row["baseline"]), *_change(row)]
    return _by_year(other, lambda year: figures.change(other.name, BY_YEAR, year), ["Baseline", "Change", ""], cells,
                    title_of(value, other))


def _by_year(value: Results, find: Callable, head: list[str], cells: Callable, title: str = "") -> str:
    found = [(year, row) for year in value.years if (row := find(year))]
    if not found or len(value.years) == 1:
        return ""
    words = heading(f"Year by year, all residents: {found[0][1]['label']}", title)
    return "\n".join([words, table([[year, *cells(row)] for year, row in found], ["", *head])])


def fifths(value: Results, figures: Figures) -> str:
    """Outcomes of a run by deprivation fifth."""
    def find(name: str, fifth: str) -> Row | None:
        return figures.level(value.name, name, margin="quintile", group=fifth)
    return _by_fifth(find, lambda row: [_error(row)] if row else ["–"],
                     heading(f"Residents by national deprivation fifth, {span(value)} together"))


def changed_fifths(value: Comparison, other: Results, figures: Figures) -> str:
    """Changes by deprivation fifth."""
    def find(name: str, fifth: str) -> Row | None:
        return figures.change(other.name, name, margin="quintile", group=fifth)

    def cells(row: Row | None) -> list[str]:
        return [_error(row, True), "unclear" if row["mean"] is not None and unclear(row) else ""] if row else ["–", ""]
    words = f"Change for residents by national deprivation fifth, {span(other)} together"
    return _by_fifth(find, cells, heading(words, title_of(value, other)))


def _by_fifth(find: Callable, cells: Callable[[Any], list[str]], words: str) -> str:
    rows = [[FIFTHS[fifth], *(cell for name in BY_FIFTH for cell in cells(find(name, fifth)))]
            for fifth in FIFTHS if find(BY_YEAR, fifth)]
    if not rows:
        return ""
    head = [text for name in BY_FIFTH.values() for text in (name, *([""] if len(rows[0]) > 3 else []))]
    return "\n".join([words, table(rows, ["", *head])])


# --- services ---------------------------------------------------------------------------------------------------------

def waits(scenarios: list[Results], figures: Figures) -> str:
    """Responses and waits: the time within which half, and nine in ten, are seen."""
    names, none = figures.waits([each.name for each in scenarios])
    rows = [[_plain_label(figures, scenarios[0].name, name),
             *(_half_and_most(figures, each.name, name) for each in scenarios)] for name in names]
    words = f"How long people wait, all cases {span(scenarios[0])}: minutes within which half, and 9 in 10, are seen"
    lines = [heading(words), *([table(rows, ["", *_short_names(scenarios)])] if rows else [])]
    if none:
        labels = "; ".join(_plain_label(figures, scenarios[0].name, name).removeprefix("Wait before: ")
                           for name in none)
        lines.append(paragraph(f"At least 9 in 10 do not wait before: {labels}."))
    return "\n".join(lines) if rows or none else ""


def _plain_label(figures: Figures, scenario: str, name: str) -> str:
    row = figures.level(scenario, name + "_p90")
    return row["label"].removesuffix(", 90 % within") if row else name


def _half_and_most(figures: Figures, scenario: str, name: str) -> str:
    found = [figures.level(scenario, name + ending) for ending in ("_p50", "_p90")]
    return " and ".join(number(row["mean"], 0) if row else "–" for row in found)


def _short_names(scenarios: list[Results]) -> list[str]:
    return [plain(each.name) for each in scenarios]


def busy(scenarios: list[Results], figures: Figures) -> str:
    """Share of open time in which servers are in use, by pool."""
    names = figures.groups("occupancy", "pool")
    labels = scenarios[0].provenance.get("pool_labels", {})
    found = {name: _occupied(scenarios, figures, name) for name in names}
    rows = [[labels.get(name, plain(name)).split(" (")[0], *cells] for name, cells in found.items() if any(cells)]
    words = f"How busy the services are, {span(scenarios[0])}: % of open time that staff or beds are in use"
    return "\n".join([heading(words), table(rows, ["", *_short_names(scenarios)])]) if rows else ""


def _occupied(scenarios: list[Results], figures: Figures, pool: str) -> list[str]:
    found = [figures.level(each.name, "occupancy", margin="pool", group=pool) for each in scenarios]
    return [number(row["mean"], 0) if row and row["mean"] is not None else "" for row in found]
