"""The complete form of a scenario as TOML: every setting, service, pool and change with its value, and the hashes.

Reading it again gives the same run. It stands beside every result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from icsim.areas.load import Area
from icsim.catalogue.load import Catalogue
from icsim.scenario.models import Run
from icsim.scenario.plan import Plan


def complete_toml(words: dict[str, Any], run: Run, catalogue: Catalogue, area: Area, plan: Plan,
                  hashes: dict[str, str]) -> str:
    """The complete form. `words`: title, description and so on; what is None is left out."""
    tables = [("", {"schema": 1, **words, "area": area.name}), ("[run]", run.model_dump()),
              *_services(catalogue, plan), *_pools(area, plan),
              *_programmes(catalogue, area, plan), *_shifts(plan), *_changes(plan), ("[hashes]", hashes)]
    head = "# Written by icsim: the complete form of a scenario, from which the same run can be made again.\n"
    return head + "\n".join(_table(header, values) for header, values in tables)


def _services(catalogue: Catalogue, plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in catalogue.services:
        reason = plan.services[row.service].reason if row.service in plan.services else ""
        yield f"[services.{_key(row.service)}]", {"queue_limit": row.queue_limit, "shift_end": row.shift_end,
                                                  "reason": reason or None}


def _pools(area: Area, plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in area.pools:
        reason = plan.pools[row.pool].reason if row.pool in plan.pools else ""
        number = None if row.value is None else int(row.value)
        yield f"[pools.{_key(row.pool)}]", {"number": number, "open": row.open, "reason": reason or None}


def _programmes(catalogue: Catalogue, area: Area, plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    about = {row.programme: row for row in catalogue.programmes}
    for row in sorted(area.programmes, key=lambda row: row.programme):
        said = plan.programmes.get(row.programme)
        yield f"[programmes.{_key(row.programme)}]", {
            "coverage" if about[row.programme].kind == "measure" else "places": row.value,
            "where": row.where.split("|") if row.where else None,
            "waiting_list": None if about[row.programme].kind == "measure" else row.waiting_list,
            "first": _date(row.first), "last": _date(row.last),
            "priority": about[row.programme].priority, "score": about[row.programme].score or None,
            "reason": (said.reason if said else "") or None}


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _shifts(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for shift in plan.shifts:
        yield "[[shift]]", shift.said()


def _changes(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for change in plan.changes:
        yield "[[changes]]", {"row": change.row, "value": change.value, "reason": change.reason}


def _table(header: str, values: dict[str, Any]) -> str:
    lines = [f"{_key(name)} = {toml_value(value)}" for name, value in values.items() if value is not None]
    return "\n".join([*([header] if header else []), *lines, ""])


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def toml_value(value: Any) -> str:
    """A value as it stands in a file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(name)} = {toml_value(each)}' for name, each in value.items())} }}"
    return value.isoformat() if isinstance(value, date) else repr(value)


def _text(text: str) -> str:
    """A TOML text: JSON's escapes are TOML's too, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
