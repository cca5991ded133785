"""The table of the page about money: what activity costs, by who pays."""

from __future__ import annotations

from icsim.catalogue.costs import PAYERS
from icsim.outcomes import ALL
from icsim.outcomes.costs import PAYER, SPEND
from icsim.report.figures import Figures, Row
from icsim.report.tables import title_of
from icsim.report.wording import HARDLY, heading, number, paragraph, table, unclear, verdict, with_error
from icsim.report.years import span
from icsim.results import Comparison, Results

MILLION = 1e6
TOGETHER = "All together"
SMALL = 0.05
"""£ thousand a year: a smaller change is not worth its digits."""


def outcomes(value: Results, figures: Figures) -> str:
    """Cost of activity in a run, £ million a year."""
    found = [(label, figures.level(value.name, SPEND, margin=margin, group=group)) for label, margin, group in payers()]
    years = len(figures.years)
    rows = [[label, _scaled(row, MILLION * years)] for label, row in found if row]
    head = ["", "£ million a year"]
    return _section(rows, head, f"What activity costs, {span(value, figures)}", "", value)


def changes(value: Comparison, other: Results, figures: Figures) -> str:
    """What a scenario changes in it, £ thousand a year."""
    found = [(label, figures.change(other.name, SPEND, margin=margin, group=group)) for label, margin, group in payers()]
    years = len(figures.years)
    rows = [[label, number(row["baseline"] / MILLION / years, 1), (change := _change(row, 1000.0 * years)),
             _words(row, change)] for label, row in found if row]
    head = ["", "Baseline, £ million a year", "Change, £ thousand a year", ""]
    return _section(rows, head, f"Change in what activity costs, {span(other, figures)}", title_of(value, other), value.base)


def payers() -> list[tuple[str, str, str]]:
    """Label, margin and group of the rows of a table by payer."""
    return [*((capital(payer), PAYER, payer) for payer in PAYERS), (TOGETHER, "total", ALL)]


def capital(text: str) -> str:
    """The text with a capital letter."""
    return text[:1].upper() + text[1:]


def _section(rows: list[list[str]], head: list[str], words: str, title: str, about: Results) -> str:
    if not rows:
        return ""
    prices = about.provenance.get("price_year", "")
    text = (f"Care of residents and programmes, by who pays; undiscounted, in prices of {prices}. Number of events, days "
            "and hours × mean unit costs: planned care is not in it. Falls vehicles are paid for while on duty, all else "
            "when it is used. A change is what care costs, not cash set free: that comes when a ward or a team closes.")
    return "\n".join([heading(words, title), table(rows, head), paragraph(text)])


def _scaled(row: Row, by: float, sign: bool = False) -> str:
    return with_error(row["mean"] / by, (row["mc_error"] or 0.0) / by, sign)


def _change(row: Row, by: float) -> str:
    return HARDLY if 0 < abs(row["mean"] / by) < SMALL else _scaled(row, by, True)


def _words(row: Row, change: str) -> str:
    if change == HARDLY or row["mean"] == 0:
        return ""
    return "unclear" if unclear(row) else verdict(row)
