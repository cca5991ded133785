"""The part of the page about the budget ledger: what each payer's budget lines hold, and what shifts move between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from icsim.catalogue.costs import PAYERS
from icsim.outcomes import ALL, ALL_YEARS
from icsim.outcomes.budgets import BUDGET, GIVEN, RECEIVED, UNSPENT
from icsim.outcomes.costs import LINE, SPEND
from icsim.outcomes.staff import MONTHS, months_of
from icsim.report.figures import Figures
from icsim.report.spending import MILLION, capital, payers
from icsim.report.tables import title_of
from icsim.report.wording import heading, number, paragraph, table
from icsim.results import Comparison, Results

THOUSAND = 1e3
BY_YEAR = {"Planned to move": "money_planned", "Has come free": "money_freed", "Stranded": "money_stranded",
           "Double running": "money_double_running", "Not enough for one more": UNSPENT}
"""Columns of the table by year, £ thousand."""


def outcomes(value: Results, figures: Figures) -> str:
    """Budgets by payer beside what activity costs, and what shifts move."""
    return _joined([_variance(value, figures), _moved(value, figures, "")])


def changes(value: Comparison, other: Results, figures: Figures) -> str:
    """What a scenario does to budgets, and what its shifts move."""
    title = title_of(value, other)
    return _joined([_budgets(value, other, figures, title), _moved(other, figures, title)])


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _budgets(value: Comparison, other: Results, figures: Figures, title: str) -> str:
    """What payers' lines hold in the last year, against the baseline."""
    last = other.years[-1]
    found = [(label, figures.change(other.name, BUDGET, last, margin, group)) for label, margin, group in payers()]
    rows = [[label, number(row["baseline"] / MILLION, 1), number((row["baseline"] + row["mean"]) / MILLION, 1),
             number(row["mean"] / THOUSAND, 0, sign=True)] for label, row in found if row and row["mean"] is not None]
    if not rows or not any(row and row["mean"] for _, row in found):
        return ""
    head = ["", "Baseline, £ million", "Scenario, £ million", "Change, £ thousand"]
    more = found[-1][1]["mean"] if found[-1][1] else 0.0
    text = (f"{_prices(value.base)} A budget is what an organisation's lines hold: servers and places at their yearly cost, "
            f"and funds. {_balance(more)}")
    return "\n".join([heading(f"Who holds which budget, {last}", title), table(rows, head), paragraph(text)])


def _balance(more: float) -> str:
    if abs(more) < 1:
        return "The scenario balances: what some lines gain others give."
    amount = f"£{number(abs(more) / THOUSAND, 0)} thousand"
    if more > 0:
        return (f"{amount} of it is new money: servers or places that the scenario adds without saying where the money "
                "comes from. A [[shift]] would say.")
    return f"{amount} is taken out: the scenario has fewer servers or places, and nobody receives what they cost."


def _variance(value: Results, figures: Figures) -> str:
    """Budgets of the lines whose activity the model has, beside what that activity costs."""
    rows = []
    for label, lines in _lines_by_payer(value).items():
        pairs = [(budget["mean"], cost["mean"]) for line in lines
                 if (budget := figures.level(value.name, BUDGET, ALL_YEARS, LINE, line)) and budget["mean"]
                 and (cost := figures.level(value.name, SPEND, ALL_YEARS, LINE, line))]
        if pairs:
            held, spent = (sum(column) / MILLION / len(value.years) for column in zip(*pairs, strict=True))
            rows.append([label, number(held, 1), number(spent, 1), number(spent - held, 1, sign=True)])
    if not rows:
        return ""
    text = (f"{_prices(value)} Of lines that have both a budget and activity in the model. The budget pays for servers and "
            "places whether or not they are used; the cost of activity is what was done, at mean unit costs.")
    head = ["£ million a year", "Budget", "Cost of activity", "Difference"]
    return "\n".join([heading("Budgets beside the cost of activity, all years"), table(rows, head), paragraph(text)])


def _lines_by_payer(value: Results) -> dict[str, list[str]]:
    lines = value.provenance.get("lines", ())
    return {capital(payer): [line["line"] for line in lines if line["payer"] == payer] for payer in PAYERS}


def _prices(value: Results) -> str:
    return f"Undiscounted, in prices of {value.provenance.get('price_year', '')}."


def _moved(value: Results, figures: Figures, title: str) -> str:
    """What was planned, has come free and is stranded, by year; and who gives and receives in the last."""
    shifts = value.provenance.get("shifts", ())
    if not shifts:
        return ""
    rows = [[year, *(number(_mean(figures, value, name, year) / THOUSAND, 0) for name in BY_YEAR.values())]
            for year in value.years]
    text = ("Money leaves a service in whole steps, once servers have closed and their notice is over. What was planned to "
            "move and is not free yet is stranded: it still pays for what has not closed. Double running is paid by a fund "
            "meanwhile.")
    return "\n".join([heading("Money that moves, £ thousand", title), table(rows, ["", *BY_YEAR]), paragraph(text), "",
                      _lines(value, figures)])


def _mean(figures: Figures, value: Results, measure: str, year: str, margin: str = "total", group: str = ALL) -> float:
    row = figures.level(value.name, measure, year, margin, group)
    return row["mean"] if row and row["mean"] is not None else 0.0


def _lines(value: Results, figures: Figures) -> str:
    """Lines that give or receive in the last year, and what that buys."""
    last = value.years[-1]
    years = months_of(value.ledger.filter(pl.col("year") == last))["months"].item() / MONTHS

    def of(line: str, measure: str) -> float:
        return _mean(figures, value, measure, last, LINE, line)

    rows = [[line["label"], number((of(name, RECEIVED) - of(name, GIVEN)) / THOUSAND, 0, sign=True),
             _buys(line, (of(name, RECEIVED) - of(name, GIVEN)) / years, of(name, UNSPENT) / years)]
            for line in value.provenance.get("lines", ()) if of(name := line["line"], RECEIVED) or of(name, GIVEN)]
    return table(rows, [f"In {last}, mean over the year", "£ thousand", "which is"])


def _buys(line: Mapping[str, Any], net: float, unspent: float) -> str:
    """Servers or places that so many pounds a year are worth."""
    if not line["unit_pence"]:
        return ""
    if line["kind"] == "programme":
        return f"{number(100 * net / line['unit_pence'] / MONTHS, 0, sign=True)} places a month"
    if net < 0:
        return f"{number(100 * net * line['step'] / line['step_pence'], 1, sign=True)} {line['unit']}s, closed"
    return f"{number(100 * (net - unspent) / line['unit_pence'], 1, sign=True)} {line['unit']}s"
