"""What results rest on: what the scenario changed, how good the numbers are, what nobody knows."""

from __future__ import annotations

import textwrap
from itertools import groupby
from pathlib import Path
from typing import Any

from icsim.report.wording import heading, paragraph
from icsim.results import Comparison, Results, scenarios_of

ASSUMPTIONS_SHOWN = 6
NEAREST_FIRST = ("branch", "pool", "quantity", "catchment", "severity_share", "ratio")
"""Kinds of row that bear most directly on what people and services do, first."""

LIMITS = (
    "The beds of one hospital are alike here, as are the crews, cubicles and places of any one service: wards, "
    "specialities and skills are not told apart. GP practices and NHS 111 take time but have no limit.",
    "What the area has counts as staffed, illness and empty posts among it; staff limit only what a scenario adds.",
    "Waiting harms nobody here: longer waits do more harm than these figures say.",
    "Planned care and medicines have no cost here.",
    "The figures behind the model are taken as they stand. How far doubts about them could move the results has not "
    "been worked out.",
)
"""What no run of this version can tell."""


def differences(value: Comparison) -> str:
    """What each scenario changed, and why; a reason that several changes share is told once."""
    lines = []
    for each in value.alternatives:
        own = [row for row in each.provenance.get("differences", []) if not _shared(row, value.base)]
        lines += [paragraph(_alike(list(rows)), hanging="- ")
                  for _, rows in groupby(own, lambda row: (row["standing"], row["source"], row["reason"]))]
    return "\n".join([heading("What differs from the baseline"), *lines]) if lines else ""


def _shared(row, base: Results) -> bool:
    """Whether the baseline of this comparison has the same value: it may itself differ from the shipped one."""
    setting = row["name"].removeprefix("run.")
    return row in base.provenance.get("differences", []) or (
        setting != row["name"] and base.provenance.get(setting) == row["value"])


def _alike(rows: list[dict[str, Any]]) -> str:
    """Changes that share standing and reason."""
    text = "; ".join(f"{row['name']}: {said(row['value'])} instead of {said(row['baseline'])} {row['unit']}".rstrip()
                     for row in rows)
    standing, reason = rows[0]["standing"], rows[0]["reason"]
    source = f" (today's value{' is' if len(rows) == 1 else 's are'} {standing})" if standing else ""
    return text + source + (f". Because: {reason}" if reason else "")


def said(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "no limit"
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def rests_on(value: Results | Comparison, folder: Path | None) -> str:
    """How many numbers are measured, derived, fitted and assumed, and the assumed ones that bear most directly."""
    each = scenarios_of(value)[-1]
    standing, assumed = each.provenance.get("standing", {}), each.provenance.get("assumptions", [])
    text = "These numbers have no record of what they rest on."
    if standing:
        parts = ", ".join(f"{count:,} {name}" for name, count in standing.items())
        text = f"Of {sum(standing.values()):,} numbers in use: {parts}."
    if assumed:
        known = isinstance(value, Comparison) and value.on_assumption
        beside = ", beside assumed effects (in short, above)," if known else ""
        text += (f" How much of the results rests on the assumed ones{beside} has not been worked out: read every number as "
                 '"if these hold".')
    changed = {row["name"].split(".")[1].rstrip("s") for row in each.provenance.get("differences", [])}
    shown = sorted(assumed, key=lambda row: _nearness(row["name"], changed))[:ASSUMPTIONS_SHOWN]
    lines = [heading("What this rests on"), paragraph(text)]
    lines += [paragraph(_assumption(row), hanging="- ") for row in shown]
    return "\n".join([*lines, *_others(len(assumed) - len(shown), folder)])


def _others(count: int, folder: Path | None) -> list[str]:
    """Where to read the assumptions that the page has no room for."""
    table = f"{folder / 'assumptions.csv'}, or type " if folder else ""
    return [paragraph(f"… and {count} more: {table}icsim explain --all SCENARIO")] if count > 0 else []


def _nearness(name: str, changed: set[str]) -> tuple[bool, int]:
    """Rows about what the scenario changes first, then by kind."""
    kind = name.split(".")[0]
    rank = NEAREST_FIRST.index(kind) if kind in NEAREST_FIRST else len(NEAREST_FIRST)
    return not any(word in name for word in changed), rank


def _assumption(row) -> str:
    between = "" if row["low"] is None else f" ({said(row['low'])} to {said(row['high'])})"
    reason = textwrap.shorten(row["reason"], 120, placeholder=" …")
    return f"{row['name']} = {said(row['value'])}{between} {row['unit']}".rstrip() + (f": {reason}" if reason else "")


def unknown() -> str:
    """What no run of this version can tell."""
    return "\n".join([heading("What is not known"), *(paragraph(text, hanging="- ") for text in LIMITS)])
