"""What a fit found, as plain text of at most 80 columns and as the object that `--json` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from icsim.report.wording import heading, number, paragraph, table

if TYPE_CHECKING:
    import polars as pl

READING = (
    'A number was believed to lie "before" between the two values given, with 95 in 100, and lies so "after" the fit. Where '
    "both are alike the figures say nothing of it. Figures are those that the numbers answer to: all of them were used, so "
    "that meeting them shows that the fit worked, no more. `icsim validate` compares those that were not.")
STEADY = (
    "Before and after, rates were corrected by age so that a world without trends keeps the shares it begins with. Of "
    "the levels and ten-year bands of age with at least 2,000 people, so many drifted by more than five per cent before "
    "each pass:")
STRAYED = (
    "To keep shares steady these rates are less than half, or more than double, what was published or assumed, at some age. "
    "A correction is no evidence: it says that shares, rates and deaths from different sources do not fit each other here.")


class Calibrated(Protocol):
    """What a calibration leaves (`icsim.calibration.Calibration`)."""

    @property
    def area(self) -> str: ...
    @property
    def parameters(self) -> pl.DataFrame: ...
    @property
    def figures(self) -> pl.DataFrame: ...
    @property
    def steadiness(self) -> pl.DataFrame: ...
    @property
    def strayed(self) -> pl.DataFrame: ...
    @property
    def record(self) -> dict[str, Any]: ...


def calibration_page(value: Calibrated, folder: Path) -> str:
    """The page: numbers before and after, figures before and after, steadiness."""
    parts = [_head(value), _numbers(value), _figures(value), _steady(value), _strayed(value),
             "\n".join([heading("How to read this"), paragraph(READING)]), paragraph(f"Written to {folder}.", 0)]
    return "\n\n".join(part for part in parts if part) + "\n"


def calibration_object(value: Calibrated, folder: Path) -> dict[str, Any]:
    """Settings, numbers and figures."""
    return {**value.record, "folder": str(folder), "parameters": value.parameters.to_dicts(),
            "figures": value.figures.to_dicts(), "steadiness": value.steadiness.to_dicts(),
            "strayed": value.strayed.to_dicts()}


def _head(value: Calibrated) -> str:
    cost = value.record["cost"]
    said = "The misfit (half the sum of squares, priors included) fell from {} to {}."
    said = said.format(number(cost[0]), number(cost[-1])) if cost else "No number was fitted."
    return "\n".join([heading(f"The baseline of {value.area}, fitted to published figures"), paragraph(said)])


def _numbers(value: Calibrated) -> str:
    rows = [[row["parameter"], f"{number(row['prior_low'])} to {number(row['prior_high'])}", number(row["value"]),
             f"{number(row['low'])} to {number(row['high'])}"] for row in value.parameters.iter_rows(named=True)]
    return "\n".join([heading("Numbers"), table(rows, ["", "before", "fitted", "after"])]) if rows else ""


def _figures(value: Calibrated) -> str:
    columns = ("published", "before", "after")
    rows = [[row["label"], *(number(row[column]) for column in columns), number(row["misfit_after"], 1)]
            for row in value.figures.iter_rows(named=True)]
    return "\n".join([heading("Figures"), table(rows, ["", *columns, "off by, half widths"])]) if rows else ""


def _steady(value: Calibrated) -> str:
    if value.steadiness.is_empty():
        return ""
    said = ", ".join(f"{row['drifting']} of {row['looked_at']}" for row in value.steadiness.iter_rows(named=True))
    return "\n".join([heading("Steady shares"), paragraph(f"{STEADY} {said}.")])


def _strayed(value: Calibrated) -> str:
    if value.strayed.is_empty():
        return ""
    rows = [[row["label"], *(f"{number(row[end])} at {row[f'at_{end}']}" for end in ("lowest", "highest"))]
            for row in value.strayed.iter_rows(named=True)]
    return "\n".join([heading("Rates far from published"), paragraph(STRAYED), table(rows, ["", "lowest", "highest"])])
