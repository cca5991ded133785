"""The part of the page about staff: who more a scenario asks for, who could be found, and what stays without them."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from icsim.outcomes.budgets import VACANT
from icsim.outcomes.costs import LINE
from icsim.outcomes.staff import GROUP, MONTHS, STAFF, months_of, units
from icsim.report.figures import Figures
from icsim.report.tables import title_of
from icsim.report.wording import heading, number, paragraph, table
from icsim.results import Comparison, Results

LEAST = 0.05
"""Posts, servers or places: fewer are not told."""
MOST_YEARS = 5
"""Years with a column each; of later ones the last."""


def outcomes(value: Results, figures: Figures) -> str:
    """Servers and places that nobody is found to staff."""
    return _missing(value, figures, "")


def changes(value: Comparison, other: Results, figures: Figures) -> str:
    """Posts in the last year against the baseline, and what nobody is found to staff."""
    title = title_of(value, other)
    return "\n\n".join(part for part in (_posts(other, figures, title), _missing(other, figures, title)) if part)


def _posts(other: Results, figures: Figures, title: str) -> str:
    last, labels = other.years[-1], other.provenance.get("staff", {})
    found = [(group, label, row) for group, label in labels.items()
             if (row := figures.change(other.name, STAFF, last, GROUP, group)) and abs(row["mean"] or 0.0) >= LEAST]
    if not found:
        return ""
    there = other.provenance.get("staff_found", {})
    rows = [[label, number(row["baseline"], 0), number(row["mean"], 1, sign=True),
             number(there[group], 0) if group in there else "not known"] for group, label, row in found]
    text = (f"Whole-time posts for the servers and places that budgets of {last} pay for. Could be found by its end, beyond "
            "those in post: people who could begin at once, who join beyond replacing leavers, and who finish training, "
            f"less those who leave beyond today's; mostly assumed.{_uncounted(other)}")
    return "\n".join([heading(f"Staff, {last}", title), table(rows, ["", "Baseline", "Change", "Could be found"]),
                      paragraph(text)])


def _uncounted(other: Results) -> str:
    """Lines that a scenario changes and of which nobody has counted the staff."""
    counted = {need["line"] for need in other.provenance.get("staff_needs", ())}
    changed = {part for row in other.provenance.get("differences", ()) for part in row["name"].split(".")[1:2]}
    changed |= {name for shift in other.provenance.get("shifts", ()) for name in shift["to"]}
    found = [line["label"] for line in other.provenance.get("lines", ())
             if line["line"] in changed - counted and line["kind"] != "fund"]
    return f" Nobody has counted the staff of: {', '.join(found)}; they limit nothing." if found else ""


def _missing(value: Results, figures: Figures, title: str) -> str:
    """Servers and places paid for and not staffed, by year."""
    found = {line["label"] + _of(line): dict(_by_year(value, figures, line))
             for line in value.provenance.get("lines", ()) if line["unit_pence"]}
    found = {label: by_year for label, by_year in found.items() if max(by_year.values(), default=0.0) >= LEAST}
    if not found:
        return ""
    short = [year for year in value.years if any(by_year.get(year, 0.0) >= LEAST for by_year in found.values())]
    told = short if len(short) <= MOST_YEARS else [*short[: MOST_YEARS - 1], short[-1]]
    rows = [[label, *(number(by_year.get(year, 0.0), 1) for year in told)] for label, by_year in found.items()]
    after = value.years[value.years.index(short[-1]) + 1 :]
    later = f" From {after[0]} on all are staffed." if after else ""
    text = ("Means over the year. Nobody is found to staff them, so they are not there; their budget buys nothing, which is "
            "no saving. Whoever works for a service stays there; people who come beyond that staff what is new, in a stated "
            f"order (staff_needs.csv, or staff_first of a scenario).{later} How many can be found is mostly assumed; with "
            "staff = false under [run] it limits nothing.")
    return "\n".join([heading("Paid for, and nobody found to staff it", title), table(rows, ["", *told]), paragraph(text)])


def _of(line: dict[str, str]) -> str:
    return f", {line['unit']}s" + (" a month" if line["kind"] == "programme" else "")


def _by_year(value: Results, figures: Figures, line: dict[str, str]) -> Iterator[tuple[str, float]]:
    months = dict(months_of(value.ledger).iter_rows()) if isinstance(value.ledger, pl.DataFrame) else {}
    for year in value.years:
        row = figures.level(value.name, VACANT, year, LINE, line["line"])
        if row and row["mean"]:
            yield year, units(line, row["mean"] * MONTHS / months[year])
