"""The table of the page about life lived: within the horizon, and over a lifetime."""

from __future__ import annotations

from collections.abc import Callable

from icsim.outcomes import ALL_YEARS
from icsim.outcomes.definitions import LIFETIME
from icsim.report.figures import Figures, Row
from icsim.report.tables import title_of
from icsim.report.wording import heading, paragraph, table, unclear, with_error
from icsim.report.years import whole_span
from icsim.results import Comparison, Results

BASES = ("person_years", "healthy_years", "qalys")
WITHIN, BEYOND = "Within the horizon", "Lifetime"


def outcomes(value: Results, figures: Figures) -> str:
    """Life lived by all residents in a run."""
    def cells(row: Row) -> list[str]:
        return [with_error(row["mean"], row["mc_error"])]
    return _section(value, lambda name: figures.level(value.name, name, ALL_YEARS), cells,
                    heading(f"Life of all residents, {whole_span(value)}, and for the rest of their lives"), figures)


def changes(value: Comparison, other: Results, figures: Figures) -> str:
    """What a scenario changes in the life lived by all residents."""
    def cells(row: Row) -> list[str]:
        return [with_error(row["mean"], row["mc_error"], True), "unclear" if row["mean"] and unclear(row) else ""]
    words = f"Change in life lived, {whole_span(other)}, and for the rest of residents' lives"
    return _section(value.base, lambda name: figures.change(other.name, name, ALL_YEARS), cells,
                    heading(words, title_of(value, other)), figures)


def _section(base: Results, find: Callable[[str], Row | None], cells: Callable[[Row], list[str]], words: str,
             figures: Figures) -> str:
    found = [(find(name + scheme), find(name + LIFETIME + scheme)) for name, scheme in _measures(base)]
    rows = [[_label(within), *cells(within), *cells(beyond)] for within, beyond in found if within and beyond]
    if not rows:
        return ""
    empty = [""] * (len(rows[0]) // 2 - 1)
    return "\n".join([words, table(rows, ["", WITHIN, *empty, BEYOND, *empty]), paragraph(_explained(base, figures))])


def _measures(base: Results) -> list[tuple[str, str]]:
    """Each base undiscounted, and QALYs by each scheme."""
    return [*((name, "") for name in BASES), *(("qalys", f"_{scheme}") for scheme in _schemes(base))]


def _schemes(base: Results) -> dict:
    return base.provenance.get("discounting", {})


def _label(row: Row) -> str:
    return row["label"].replace("Quality-adjusted life years", "QALYs")


def _explained(base: Results, figures: Figures) -> str:
    rates = " or ".join(f"{_rate(about['schedule'])} ({about['label']})" for about in _schemes(base).values())
    discounted = f"; where said, discounted to the start by {rates}" if rates else ""
    left_out = "Years in which some service does not keep up are in it. " if figures.left_out else ""
    return (f"{WITHIN}: lived in these years. {left_out}{BEYOND}: with what those alive at the end can still expect at "
            "their sex, age, deprivation and frailty. That is expected by the baseline's natural history, not simulated, "
            f"and the same in every scenario. Undiscounted{discounted}.")


def _rate(schedule: list) -> str:
    later = f" and less from year {schedule[1][0]} on" if len(schedule) > 1 else ""
    return f"{100 * schedule[0][1]:g} % a year{later}"
