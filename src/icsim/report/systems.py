"""The systems that the area's founding documents name: what each is in the model, who pays, what it costs, what is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from icsim.catalogue import Catalogue
from icsim.catalogue.moved import ORIGIN
from icsim.catalogue.rows import System, UnitCost
from icsim.catalogue.taking_part import in_words
from icsim.report.wording import paragraph

KINDS = {"P": "programme", "R": "response", "M": "measure", "E": "enabler", "O": "outcome"}
NO_EFFECT, BY_ROWS, BY_PATHWAY = "none is assumed", "what its scenario changes", "whom its pathway leads to it"


def systems(catalogue: Catalogue) -> list[dict[str, Any]]:
    """A row for each: number, name, label, kind, means, payers, costs, effects, strength, scenario, missing, evidence."""
    return [system(catalogue, row) for row in catalogue.systems]


def system(catalogue: Catalogue, row: System) -> dict[str, Any]:
    """One of them."""
    parts = [part.strip().partition(" ")[::2] for part in row.means.split("|") if part.strip()]
    programmes = [name for kind, name in parts if kind == "programme"]
    costs = [cost for cost in catalogue.unit_costs if cost.per.partition(" ")[2] in {name for _, name in parts}]
    services = [each.payer for each in catalogue.services if ("service", each.service) in parts and each.payer]
    rows = {each.programme: each for each in catalogue.programmes}
    found = [*_effects(catalogue, programmes)]
    return {
        "number": row.number, "name": row.system, "label": row.label,
        "kind": ", ".join(KINDS[kind] for kind in row.kind.split("/")),
        "means": [f"{kind} {name}" for kind, name in parts],
        "payers": list(dict.fromkeys([*services, *(cost.payer for cost in costs),
                                       *(rows[name].payer for name in programmes)])),
        "costs": [_cost(cost) for cost in costs],
        "effects": [words for words, _ in found] or [_none(row, programmes)],
        "strength": list(dict.fromkeys(strength for _, strength in found if strength)),
        "evidence": {name: rows[name].evidence for name in programmes}, "scenario": row.scenario, "missing": row.missing,
    }


def _none(row: System, programmes: list[str]) -> str:
    if programmes:
        return NO_EFFECT
    return BY_PATHWAY if row.means else "reported by every run" if row.kind == "O" else BY_ROWS


def _cost(row: UnitCost) -> str:
    return f"{row.label}: £{row.value:,.10g}{row.unit.removeprefix('GBP')} in prices of {row.year} ({row.standing})"


def _effects(catalogue: Catalogue, programmes: list[str]) -> Iterator[tuple[str, str]]:
    """Each effect in words, and how strong its evidence is."""
    for row in catalogue.effects:
        if row.programme in programmes:
            what = in_words(catalogue, row.acts_on)
            yield f"{row.programme}: {what} × {row.value:g}{_between(row)}", row.strength
    for move in catalogue.programme_moves:
        if move.programme in programmes:
            to = "back" if move.to == ORIGIN else move.to.replace("_", " ")
            where = f"{move.attribute.replace('_', ' ')} {move.level.replace('_', ' ')} → {to}"
            yield f"{move.programme}: {where}, {move.value:g} {move.unit}{_between(move)}", move.strength


def _between(row: Any) -> str:
    return "" if row.low is None or row.high is None else f" ({row.low:g} to {row.high:g})"


# --- as text ----------------------------------------------------------------------------------------------------------

def systems_page(found: list[dict[str, Any]]) -> str:
    """The list as text: what each is, who pays, what is known."""
    lines = ["SYSTEMS OF THE FOUNDING DOCUMENTS"]
    for row in found:
        payers = f"; paid by {', '.join(row['payers'])}" if row["payers"] else ""
        strength = f"; evidence: {', '.join(row['strength'])}" if row["strength"] else ""
        lines.append(paragraph(f"{row['name']}: {row['label']} ({row['kind']}{payers}). {_short(row)}{strength}.",
                               hanging=f"{row['number']:2} "))
    return "\n".join(lines)


def _short(row: dict[str, Any]) -> str:
    first, *others = row["effects"]
    return f"Effect: {first}" + (f", and {len(others)} more" if others else "")


def system_page(row: dict[str, Any]) -> str:
    """One system as a page of text."""
    facts = [("kind", [row["kind"]]), ("in the model", row["means"] or ["nothing yet"]), ("who pays", row["payers"]),
             ("unit costs", row["costs"]), ("effects", row["effects"]), ("strength of the evidence", row["strength"]),
             ("what is known", [f"{name}: {text}" for name, text in row["evidence"].items() if text]),
             ("not in the model", [row["missing"]] if row["missing"] else []),
             ("scenario", [row["scenario"]] if row["scenario"] else [])]
    parts = [f"{row['label']} (system {row['number']})"]
    parts += ["\n".join([name.upper(), *(paragraph(text, hanging="- ") for text in texts)])
              for name, texts in facts if texts]
    return "\n\n".join(parts)
