"""What the page says about services: how fast help comes, how long people wait, how full places are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from icsim.outcomes.definitions import over
from icsim.report.figures import Figures, Row
from icsim.report.wording import heading, number, paragraph, plain, table
from icsim.report.years import span
from icsim.results import Results

Cell = Callable[[Row, int], str]


def _plainly(row: Row, years: int) -> str:
    return number(row["mean"], 0 if abs(row["mean"]) >= 10 else 1)


def _a_year(row: Row, years: int) -> str:
    return number(row["mean"] / years, 0)


class _Line(NamedTuple):
    """One line of the table: what it is called and where it is found; several measures stand in one cell, with "and"."""

    label: str
    measures: tuple[str, ...]
    margin: str = "total"
    group: str = "all"
    cell: Cell = _plainly


def _response(category: int) -> _Line:
    name = f"ambulance_response_c{category}"
    return _Line(f"Category {category}", (f"{name}_mean", f"{name}_p90"))


def _over(label: str, wait: str, *minutes: int) -> _Line:
    return _Line(label, tuple(over(wait, limit, share=True) for limit in minutes), "everybody")


GROUPS: dict[str, list[_Line]] = {
    "Minutes from the call to help: mean, 9 in 10 within": [_response(category) for category in (1, 2, 3, 4)],
    "Ambulances at the door of A&E": [
        _over("Handover over 30 and 60 minutes, %", "wait:handover", 30, 60),
        _Line("Hours lost (beyond 15 minutes), a year", ("handover_hours_lost",), "everybody", cell=_a_year)],
    "A&E, all patients": [
        _over("Stay over 4 and 12 hours, %", "time_in_ae", 240, 720),
        _over("Wait for a bed over 4 and 12 hours, %", "wait:bed", 240, 720),
        _Line("Left before being seen, a year", ("left_unseen",), "everybody", cell=_a_year)],
    "Hospital beds": [
        _Line("In use, %", ("occupancy",), "service", "hospital_beds"),
        _Line("Bed days that are delays, %", ("delayed_bed_days_share",)),
        _Line("Delayed bed days, a year", ("delayed_bed_days",), cell=_a_year)],
    "Mental health": [
        _Line("Beds in use, %", ("occupancy",), "service", "mh_beds"),
        _Line("A&E attendances in crisis, a year", ("crisis_ae_attendances",), cell=_a_year),
        _Line("Detentions under section 136, a year", ("detentions_136",), cell=_a_year),
        _Line("Crisis café visits, a year", ("cafe_contacts",), cell=_a_year),
        _Line("No café open, near or free, a year", ("cafe_turned_away",), cell=_a_year)],
}
TOLD_ELSEWHERE = ("ambulance_response_c", "time_in_ae", "wait:handover", "wait:bed")
"""Waits that GROUPS tell of."""


def services(scenarios: list[Results], figures: Figures) -> str:
    """The figures by which the NHS judges urgent care, side by side."""
    parts = [(title, [row for line in lines if any((row := _row(line, scenarios, figures))[1:])])
             for title, lines in GROUPS.items()]
    rows = [row for title, found in parts if found for row in ([title, *([""] * len(scenarios))], *map(_indented, found))]
    if not rows:
        return ""
    return "\n".join([heading(f"Services, {span(scenarios[0], figures)}"), table(rows, ["", *_short_names(scenarios)])])


def _indented(row: list[str]) -> list[str]:
    return [f"  {row[0]}", *row[1:]]


def _row(line: _Line, scenarios: list[Results], figures: Figures) -> list[str]:
    return [line.label, *(_cell(line, each.name, figures) for each in scenarios)]


def _cell(line: _Line, scenario: str, figures: Figures) -> str:
    found = [figures.level(scenario, name, margin=line.margin, group=line.group) for name in line.measures]
    if not all(row and row["mean"] is not None for row in found):
        return ""
    return " and ".join(line.cell(row, len(figures.years)) for row in found if row)


def waits(scenarios: list[Results], figures: Figures) -> str:
    """Other responses and waits: the time within which half, and nine in ten, are seen."""
    names, none = shown_waits(scenarios, figures)
    names, none = ([name for name in each if not name.startswith(TOLD_ELSEWHERE)] for each in (names, none))
    rows = [[wait_label(figures, scenarios[0].name, name),
             *(_half_and_most(figures, each.name, name) for each in scenarios)] for name in names]
    words = (f"How long residents wait, all cases {span(scenarios[0], figures)}: time within which half, and 9 in 10, "
             "are seen")
    lines = [heading(words), *([table(rows, ["", *_short_names(scenarios)])] if rows else [])]
    if none:
        labels = "; ".join(wait_label(figures, scenarios[0].name, name).removeprefix("Wait before: ")
                           for name in none)
        lines.append(paragraph(f"At least 9 in 10 do not wait: {labels}."))
    return "\n".join(lines) if rows or none else ""


def shown_waits(scenarios: list[Results], figures: Figures) -> tuple[list[str], list[str]]:
    """Responses, and waits for which the tables name a limit, as `Figures.waits` gives them."""
    limits = scenarios[0].provenance.get("limits", {})
    found = figures.waits([each.name for each in scenarios])
    some, none = ([name for name in names if name in limits or not name.startswith("wait:")] for names in found)
    return some, none


def wait_label(figures: Figures, scenario: str, name: str) -> str:
    """What a response or wait is called."""
    row = figures.level(scenario, name + "_p90")
    return row["label"].removesuffix(", 90 % within") if row else name


def _half_and_most(figures: Figures, scenario: str, name: str) -> str:
    found = [figures.level(scenario, name + ending) for ending in ("_p50", "_p90")]
    return " and ".join(lasting(row["mean"]) if row else "–" for row in found)


def lasting(minutes: float) -> str:
    """A time in the unit that suits it: "35 min", "5.2 h", "12 days"."""
    if minutes < 180:
        return f"{number(minutes, 0)} min"
    return f"{number(minutes / 60, 1)} h" if minutes < 2880 else f"{number(minutes / 1440, 1)} days"


def busy(scenarios: list[Results], figures: Figures) -> str:
    """Share of time on duty in which servers are in use, by service; hospitals one by one."""
    about, labels = (scenarios[0].provenance.get(name, {}) for name in ("services", "pool_labels"))
    rows = []
    for service in figures.groups("occupancy", "service"):
        label = about.get(service, {}).get("label", plain(service))
        rows += [[label, *_occupied(scenarios, figures, "service", service)]]
        if service == "hospital_beds":
            rows += [[f"  {labels.get(pool, plain(pool)).split(': ')[0]}", *_occupied(scenarios, figures, "pool", pool)]
                     for pool in _pools_of(scenarios[0], service)]
    rows = [row for row in rows if any(row[1:])]
    words = (f"How busy the services are, {span(scenarios[0], figures)}: % of time on duty that crews, staff or beds are "
             "in use")
    return "\n".join([heading(words), table(rows, ["", *_short_names(scenarios)])]) if rows else ""


def _pools_of(results: Results, service: str) -> list[str]:
    found = results.pools.filter((results.pools["service"] == service) & (results.pools["open_ms"] > 0))
    return sorted(found["pool"].unique())


def _occupied(scenarios: list[Results], figures: Figures, margin: str, group: str) -> list[str]:
    found = [figures.level(each.name, "occupancy", margin=margin, group=group) for each in scenarios]
    return [number(row["mean"], 0) if row and row["mean"] is not None else "" for row in found]


def _short_names(scenarios: list[Results]) -> list[str]:
    return [plain(each.name) for each in scenarios]
