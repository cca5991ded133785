"""The JSON Schema of scenario files, by which editors complete and check them: `python -m icsim.scenario.schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from icsim.scenario.models import INHERITED, ScenarioFile
from icsim.scenario.structure import allowed

FILE = Path(__file__).parent / "scenario.schema.json"


def schema_json() -> str:
    """The schema as text, generated from the models."""
    schema = ScenarioFile.model_json_schema()
    _relax(schema, "")
    _relax(schema["$defs"]["Run"], "run")
    _add_dates(schema["$defs"]["Run"]["properties"]["start"])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **_tidy(schema), "title": "icsim scenario"}, indent=2, ensure_ascii=False) + "\n"


def _relax(table: dict[str, Any], name: str) -> None:
    """What an extended file may supply is not required of the file itself."""
    inherited = {key[-1] for key in INHERITED if ".".join(key[:-1]) == name}
    required = [field for field in table.get("required", []) if field not in inherited]
    table.pop("required", None)
    if required:
        table["required"] = required


def _tidy(part: Any) -> Any:
    """Plainer for editors: no nulls, which TOML does not have; no titles; the unit in the words."""
    if isinstance(part, list):
        return [_tidy(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    kept = {name: _tidy(entry) for name, entry in part.items()
            if not (name == "title" and isinstance(entry, str)) and not (name == "default" and entry in (None, {}, []))}
    options = [option for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    kept |= options[0] if options else {}
    if kept.get("unit"):
        kept["description"] = f"{kept['description']} Unit: {kept['unit']}."
    return {name: entry for name, entry in kept.items() if name != "unit"}


def _add_dates(start: dict[str, Any]) -> None:
    """JSON Schema has no range of dates; the words say it."""
    start["description"] = f"{start['description']} It must be {allowed(('run', 'start'))}."


if __name__ == "__main__":
    FILE.write_text(schema_json(), encoding="utf-8")
