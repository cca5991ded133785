"""Everything in which a scenario differs from the baseline, with the evidence behind the baseline's value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from icsim.areas import schedule
from icsim.areas.load import Area
from icsim.catalogue.evidence import source_names
from icsim.catalogue.load import Catalogue
from icsim.scenario.ground import numbers
from icsim.scenario.models import Run
from icsim.scenario.plan import Plan

RUN_UNITS = {name: (field.json_schema_extra or {}).get("unit", "") for name, field in Run.model_fields.items()
             if isinstance(field.json_schema_extra, dict) or field.json_schema_extra is None}
NO_RESULT = frozenset({"threads"})
"""Run settings that change no result."""
FOLLOWS = "follows from another change, so that the shares still add up to 1"


@dataclass(frozen=True)
class Difference:
    """One value that is not the baseline's."""

    name: str
    """dotted name as in the file, or the id of a row"""
    baseline: Any
    """None: no limit, or not set"""
    value: Any
    unit: str
    standing: str
    """of the baseline value: measured · derived · fitted · assumed; empty for settings, which rest on no evidence"""
    source: str
    """title of the source of the baseline value"""
    reason: str
    """what the scenario gives as the reason"""


class Version(NamedTuple):
    """What is compared: settings and tables. `run` is None where there is no baseline to compare settings with."""

    run: Run | None
    catalogue: Catalogue
    area: Area


def differences(before: Version, after: Version, plan: Plan) -> tuple[Difference, ...]:
    """Every difference between the baseline and a scenario, in the order in which people read them."""
    titles = source_titles(before.catalogue, before.area)
    return (*_of_run(before.run, after.run), *_of_services(before.catalogue, after.catalogue, plan, titles),
            *_of_pools(before.area, after.area, plan, titles),
            *_of_programmes(before, after, plan, titles), *_of_shifts(plan), *_of_numbers(before, after, plan, titles))


def source_titles(catalogue: Catalogue, area: Area) -> dict[str, str]:
    """Title of each source by its name."""
    return {row.source: row.title for row in (*catalogue.sources, *area.sources)}


def titled(cell: str, titles: Mapping[str, str]) -> str:
    """The titles of the sources that a cell names."""
    return "; ".join(titles.get(name, name) for name in source_names(cell))


def _of_run(before: Run | None, after: Run | None) -> Iterator[Difference]:
    if before is None or after is None:
        return
    for name in Run.model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if old != new and name not in NO_RESULT:
            yield Difference(f"run.{name}", old, new, str(RUN_UNITS.get(name, "")), "", "", "")


def _of_services(before: Catalogue, after: Catalogue, plan: Plan, titles: Mapping[str, str]) -> Iterator[Difference]:
    units = {"queue_limit": "people waiting in each pool", "shift_end": ""}
    for old, new in zip(before.services, after.services, strict=True):
        for name, unit in units.items():
            if getattr(old, name) != getattr(new, name):
                reason = plan.services[new.service].reason if new.service in plan.services else ""
                yield Difference(f"services.{new.service}.{name}", getattr(old, name), getattr(new, name), unit, "",
                                 titled(old.source, titles), reason)


def _of_pools(before: Area, after: Area, plan: Plan, titles: Mapping[str, str]) -> Iterator[Difference]:
    for old, new in zip(before.pools, after.pools, strict=True):
        reason = plan.pools[new.pool].reason if new.pool in plan.pools else ""
        source = titled(old.source, titles)
        if old.value != new.value:
            yield Difference(f"pools.{new.pool}.number", old.value, new.value, old.unit, old.standing, source, reason)
        if old.open != new.open and (schedule.parse(old.open) != schedule.parse(new.open)).any():
            yield Difference(f"pools.{new.pool}.open", old.open, new.open, "", old.standing, source, reason)


def _of_programmes(before: Version, after: Version, plan: Plan, titles: Mapping[str, str]) -> Iterator[Difference]:
    """Places, waiting lists, dates and priorities; an area that offers none of a programme is as one with 0 places."""
    old, new = ({row.programme: row for row in version.area.programmes} for version in (before, after))
    columns = {"value": ("places", "people a month", 0.0), "where": ("where", "", "everywhere"),
               "waiting_list": ("waiting_list", "people", 0),
               "first": ("first", "", "the start of the run"), "last": ("last", "", "its end")}
    for was, now in zip(before.catalogue.programmes, after.catalogue.programmes, strict=True):
        name = now.programme
        reason = plan.programmes[name].reason if name in plan.programmes else ""
        source = titled(now.source, titles)
        for column, (word, unit, nothing) in columns.items():
            there, here = ((getattr(rows[name], column) or nothing) if name in rows else nothing for rows in (old, new))
            if there != here:
                standing = old[name].standing if name in old else ""
                word, unit = ("coverage", "share of those it is for") if now.kind == "measure" and column == "value" else (
                    word, unit)
                yield Difference(f"programmes.{name}.{word}", there, here, unit, standing, source, reason)
        for column in ("priority", "score"):
            there, here = getattr(was, column) or "none", getattr(now, column) or "none"
            if there != here:
                yield Difference(f"programmes.{name}.{column}", there, here, "", "", source, reason)


def _of_shifts(plan: Plan) -> Iterator[Difference]:
    for shift in plan.shifts:
        to = ", ".join(f"{name} {100 * share:g} %" for name, share in shift.receivers)
        yield Difference(f"shift.{shift.name}", 0, shift.pence / 100, f"pounds a year to {to}, from {shift.start}, "
                         f"{shift.ramp.text()}", "", "", shift.reason)


def _of_numbers(before: Version, after: Version, plan: Plan, titles: Mapping[str, str]) -> Iterator[Difference]:
    reasons = {change.row: change.reason for change in plan.changes}
    new = numbers(after.catalogue, after.area)
    for name, old in numbers(before.catalogue, before.area).items():
        if old.value != new[name].value and not name.startswith(("pool.", "programme.")):
            yield Difference(name, old.value, new[name].value, old.row.unit, old.row.standing,
                             titled(old.row.source, titles), reasons.get(name, FOLLOWS))
