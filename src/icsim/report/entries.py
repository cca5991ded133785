"""The catalogue as people look it up: a list of what there is, and everything about one name with its evidence."""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from icsim.areas import Area
from icsim.catalogue import Catalogue
from icsim.catalogue.csvtable import nearest
from icsim.catalogue.evidence import source_names
from icsim.catalogue.rows import Effect, Evidence
from icsim.catalogue.taking_part import in_words
from icsim.errors import NotFoundError, Problem
from icsim.report import systems
from icsim.report.wording import WIDTH, paragraph, plain

CATALOGUE_TABLES = tuple(field.name for field in fields(Catalogue) if field.name not in ("sources", "levels"))
AREA_TABLES = ("pools", "catchments", "multipliers", "odds", "flows", "flow_ages", "flow_trends")
NAMED_BY = ("service", "pool", "event", "attribute", "weight", "measure", "pathway", "step", "profile", "flow",
            "programme", "cost", "system", "counts_as", "time_as", "response", "staff", "id")
"""Columns in which a name may stand."""
OWN_NAME = {"services": "service", "programmes": "programme", "events": "event", "measures": "measure", "weights": "weight",
            "attributes": "attribute"}
"""Tables of the list → the column that names the entry."""
ROWS_SHOWN = 8
HIDDEN = frozenset({"id", "low", "high", "unit", "year", "standing", "source", "note", "value", "label", "meaning"})


def listing(catalogue: Catalogue, area: Area) -> dict[str, list[dict[str, Any]]]:
    """Systems (as `systems.systems` tells of them); and services, programmes, events, measures, weights and attributes:
    name, label and how many numbers of each standing it has.
    """
    standing = _standing(catalogue, area)
    others = {kind: [_listed(catalogue, kind, name, standing) for name in _names(catalogue, kind)] for kind in OWN_NAME}
    return {"systems": systems.systems(catalogue), **others}


def _names(catalogue: Catalogue, kind: str) -> list[str]:
    return list(dict.fromkeys(getattr(row, OWN_NAME[kind]) for row in getattr(catalogue, kind)))


def _listed(catalogue: Catalogue, kind: str, name: str, standing: dict[str, Counter[str]]) -> dict[str, Any]:
    own = next(row for row in getattr(catalogue, kind) if getattr(row, OWN_NAME[kind]) == name)
    label = plain(name) if kind == "attributes" else own.label
    return {"name": name, "label": label, "standing": dict(sorted(standing[name].items()))}


def _standing(catalogue: Catalogue, area: Area) -> dict[str, Counter[str]]:
    """By name: how many numbers of each standing are among its `related` rows; all rows are looked at once."""
    of_step = {(row.pathway, row.step): row.service for row in catalogue.steps}
    found = defaultdict[str, Counter[str]](Counter)
    for _, row in _all_rows(catalogue, area):
        if isinstance(row, Evidence):
            service = of_step.get((getattr(row, "pathway", ""), getattr(row, "step", "")), "")
            for name in {service, *(getattr(row, field, "") for field in NAMED_BY)}:
                found[name][row.standing] += 1
    return found


def entry(catalogue: Catalogue, area: Area, name: str) -> dict[str, Any]:
    """Everything the catalogue and the area say about a name: rows by table (of effects also, in `words`, what they act on),
    and the sources behind them.

    Raises NotFoundError with the nearest right name where there is none such.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    rows = list(related(catalogue, area, name))
    if not rows:
        hint = _hint(catalogue, area, name)
        raise NotFoundError("catalogue", [Problem(name, f"is not in the catalogue. {hint}".strip())])
    for kind, row in rows:
        words = {"words": in_words(catalogue, row.acts_on)} if isinstance(row, Effect) else {}
        found.setdefault(kind, []).append({**asdict(row), **words})
    named = {source for _, row in rows for source in source_names(getattr(row, "source", ""))}
    sources = {row.source: row for row in (*catalogue.sources, *area.sources)}
    own = [systems.system(catalogue, row) for row in catalogue.systems if row.system == name]
    return {"name": name, "area": area.name, "system": own[0] if own else None, "tables": found,
            "sources": [asdict(sources[source]) for source in sorted(named & sources.keys())]}


def _hint(catalogue: Catalogue, area: Area, name: str) -> str:
    rows = (row for _, row in _all_rows(catalogue, area))
    named = (getattr(row, field, "") for row in rows for field in NAMED_BY)
    return nearest(name, {each for each in named if isinstance(each, str)} - {""})


def related(catalogue: Catalogue, area: Area, name: str) -> Iterator[tuple[str, Any]]:
    """(table, row) for all that bears the name; for a service also what its steps are made of."""
    steps = {(row.pathway, row.step) for row in catalogue.steps if name == row.service}
    for kind, row in _all_rows(catalogue, area):
        own = name in (getattr(row, field, "") for field in NAMED_BY)
        if own or (getattr(row, "pathway", ""), getattr(row, "step", "")) in steps:
            yield kind, row


def _all_rows(catalogue: Catalogue, area: Area) -> Iterator[tuple[str, Any]]:
    for holder, kinds in ((catalogue, CATALOGUE_TABLES), (area, AREA_TABLES)):
        yield from ((kind, row) for kind in kinds for row in getattr(holder, kind))
    yield from (("staffing", row) for row in area.staff)


# --- as text ----------------------------------------------------------------------------------------------------------

def listing_page(found: dict[str, list[dict[str, Any]]]) -> str:
    """The list as a page of text."""
    parts = [systems.systems_page(found["systems"])] if found["systems"] else []
    for kind, entries in found.items():
        if kind == "systems":
            continue
        rows = [[row["name"], row["label"], _standings(row["standing"])] for row in entries]
        width = max(len(row[0]) for row in rows)
        lines = [f"  {name.ljust(width)}  {label}" + (f" ({standing})" if standing else "")
                 for name, label, standing in rows]
        parts.append("\n".join([kind.upper(), *(_folded(line, width + 4) for line in lines)]))
    return "\n\n".join([*parts, "One page about any of them: icsim catalogue NAME"]) + "\n"


def _folded(line: str, indent: int) -> str:
    """A line that is too long goes on below its second column."""
    return textwrap.fill(line, WIDTH, subsequent_indent=" " * indent, drop_whitespace=True)


def _standings(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {standing}" for standing, count in counts.items() if standing)


def entry_page(found: dict[str, Any]) -> str:
    """One entry as a page of text."""
    own = found["system"]
    parts = [systems.system_page(own) if own else plain(found["name"]).capitalize() + f" (in {plain(found['area'])})"]
    parts += [_section(kind, rows) for kind, rows in found["tables"].items() if kind != "systems"]
    parts.append(_sources(found["sources"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(kind: str, rows: list[dict[str, Any]]) -> str:
    numbers = "standing" in rows[0]
    if numbers and len(rows) > ROWS_SHOWN:
        return f"{plain(kind).upper()}\n" + _summed_up(rows)
    write = _number if numbers else _words
    return "\n".join([plain(kind).upper(), *(write(row) for row in rows)])


def _summed_up(rows: list[dict[str, Any]]) -> str:
    values = [value for row in rows if (value := _value(row)) is not None]
    units = ", ".join(dict.fromkeys(row["unit"] for row in rows))
    standing = _standings(dict(Counter(row["standing"] for row in rows)))
    return paragraph(f"{len(rows)} numbers from {min(values):.4g} to {max(values):.4g} ({units}): {standing}. "
                     f"First: {rows[0]['id']}.")


def _value(row: dict[str, Any]) -> float | None:
    return row["a"] if "a" in row else row["value"]


def _number(row: dict[str, Any]) -> str:
    value = _value(row)
    nothing = "no limit" if "open" in row else "the rest"
    said = nothing if value is None else f"{value:.6g} {row['unit']}"
    if "distribution" in row and "a" in row:
        parameters = ", ".join(f"{row[key]:.6g}" for key in "abc" if row[key] or key == "a")
        said = f"{row['distribution']} {parameters} {row['unit']}"
    between = "" if row["low"] is None or row["high"] is None else f" ({row['low']:.6g} to {row['high']:.6g})"
    opened = f", {row['open']}" if row.get("open") else ""
    words = f" ({row['words']})" if "words" in row else ""
    text = f"{row['id']}{words} = {said}{between}{opened}: {row['standing']}"
    return paragraph(text + (f". {row['note']}" if row["note"] else ""), hanging="- ")


def _words(row: dict[str, Any]) -> str:
    label = row.get("label") or plain(str(next(iter(row.values()))))
    facts = [f"{key} {value}" for key, value in row.items()
             if key not in HIDDEN and value not in ("", None, False) and value != label]
    text = f"{label}: {'; '.join(facts)}"
    about = " ".join(row[key] for key in ("meaning", "note") if row.get(key))
    return paragraph(text + (f". {about}" if about else ""), hanging="- ")


def _sources(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        parts = [row["author"], row["title"], row["year"], row["place"], row["url"]]
        lines.append(paragraph(f"{row['source']}: {', '.join(part for part in parts if part)}", hanging="- "))
    return "\n".join(["SOURCES", *lines]) if lines else ""


