"""Write docs/reference from the tables and the scenario schema: `python docs/generate.py`, or `make docs`.

The pages are committed, so that they can be read without installing anything; `tests/docs/test_reference.py` fails when
they and the tables differ. `python docs/generate.py results/NAME/page.txt` also puts the numbers of that page into the
README.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from icsim import catalogue, scenario
from icsim.catalogue import Catalogue
from icsim.catalogue.rows import Evidence, Quantity

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- result: begin -->", "<!-- result: end -->"
REFERENCE = Path(__file__).parent / "reference"
SCHEMA = Path(scenario.__file__).with_name("scenario.schema.json")
WRITTEN = "<!-- Written by docs/generate.py. Change the tables, then run `make docs`. -->"


def main(page_files: Sequence[str] = ()) -> None:
    """Write every page of the reference, and the README's result from the page of a comparison if one is given."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    for file in page_files:
        result = readme_with(README.read_text(encoding="utf-8"), Path(file).read_text(encoding="utf-8"))
        README.write_text(result, encoding="utf-8")


def readme_with(readme: str, compared: str) -> str:
    """The README with the head and the first table of the page of a comparison."""
    sections = compared.split("\n\n")
    last = next(n for n, text in enumerate(sections) if text.startswith("WHAT WOULD CHANGE"))
    version = next(line for line in compared.splitlines() if line.startswith("icsim "))
    block = "\n\n".join([BEGIN, "```text\n" + "\n\n".join([*sections[: last + 1], version]) + "\n```", END])
    return readme[: readme.index(BEGIN)] + block + readme[readme.index(END) + len(END) :]


def pages() -> dict[str, str]:
    """File name → content of every generated page."""
    return {"catalogue.md": catalogue_page(catalogue.load()), "scenario.md": scenario_page(_schema())}


def _schema() -> dict[str, Any]:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


# --- Markdown ---------------------------------------------------------------------------------------------------------

def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or " "


def code(text: str) -> str:
    """A name as it is typed; nothing for no name."""
    return f"`{text}`" if text else ""


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n\n".join([f"# {title}", WRITTEN, *parts]) + "\n"


# --- the catalogue ----------------------------------------------------------------------------------------------------

def catalogue_page(rows: Catalogue) -> str:
    """Everything icsim knows about people and services anywhere in England, without the long tables by age."""
    return page("Catalogue", CATALOGUE_LEAD, *(section(rows) for section in SECTIONS))


CATALOGUE_LEAD = """\
What icsim holds to be true of people and services anywhere in England. What is true of one area (residents, servers,
catchments) lies in `src/icsim/areas/`. `icsim catalogue NAME` prints the notes and the sources behind each number.

*Standing* says how much a number is worth: **measured** (read from a publication), **derived** (worked out from
measured numbers), **fitted** (set so that a published total is met) or **assumed** (a judgement, with its range)."""


def _events(rows: Catalogue) -> str:
    body = [(code(e.event), e.label, e.kind, _effect(e), e.note) for e in rows.events]
    lead = "What can happen to a resident. Each has a clock. A *stream* has none: its cases belong to no resident."
    return f"## Events\n\n{lead}\n\n" + table(
        ("name", "label", "kind", "what it does", "note"), body)


def _effect(event: Any) -> str:
    moves = _moves(event) if event.attribute else ""
    if event.pathway:
        return f"enters the pathway {code(event.pathway)}" + (f"; without services: {moves}" if moves else "")
    return moves


def _moves(event: Any) -> str:
    after = "" if event.after_days is None else f" after {event.after_days:g} days"
    origin = "" if not event.from_levels else f" from {event.from_levels.replace('|', ', ')}"
    to = {"+1": "the next level", "-1": "the level before"}.get(event.to_level, event.to_level)
    return f"{code(event.attribute)}{origin} to {to}{after}"


def _attributes(rows: Catalogue) -> str:
    body = [(code(r.attribute), code(r.level), r.label, r.meaning) for r in rows.attributes]
    return "## Attributes and their levels\n\nThe first level of an attribute is that of a newborn.\n\n" + table(
        ("attribute", "level", "label", "meaning"), body)


def _severities(rows: Catalogue) -> str:
    body = [(code(r.event), code(r.severity), r.label, code(r.sets), r.meaning) for r in rows.severities]
    return "## Severities\n\nDrawn when the demand arises, mildest first.\n\n" + table(
        ("demand", "severity", "label", "sets at once", "meaning"), body)


def _by_age(rows: Catalogue) -> str:
    kinds: tuple[tuple[str, Callable[[Any], str]], ...] = (
        ("rates", lambda r: r.event), ("trends", lambda r: r.event), ("norms", lambda r: r.weight),
        ("prevalence", lambda r: f"{r.attribute}.{r.level}"), ("severity_shares", lambda r: f"{r.event}.{r.severity}"),
        ("profiles", lambda r: f"{r.profile}.{r.part}"))
    body = [line for kind, name in kinds for line in _summed_up(kind, getattr(rows, kind), name)]
    return "## Long tables\n\nNumbers by age, sex, deprivation, year, month or hour.\n\n" + table(
        ("table", "of", "numbers", "from", "to", "unit", "standing"), body)


def _summed_up(kind: str, rows: Iterable[Any], name: Callable[[Any], str]) -> Iterable[tuple[str, ...]]:
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    for group, found in groups.items():
        values, units = [row.value for row in found], dict.fromkeys(row.unit for row in found)
        standing = ", ".join(f"{n} {word}" for word, n in sorted(Counter(row.standing for row in found).items()))
        yield (code(kind), code(group), str(len(found)), f"{min(values):.4g}", f"{max(values):.4g}", ", ".join(units),
               standing)


def _numbers(title: str, lead: str, kind: str) -> Callable[[Catalogue], str]:
    """A section with one line for each number of a table."""
    def section(rows: Catalogue) -> str:
        body = [(code(r.id), _value(r), _range(r), r.unit, r.standing, r.source) for r in getattr(rows, kind)]
        return f"## {title}\n\n{lead}\n\n" + table(("row", "value", "range", "unit", "standing", "source"), body)
    return section


def _value(row: Evidence) -> str:
    if isinstance(row, Quantity):
        parameters = [row.a, *([row.b] if row.b or row.c else []), *([row.c] if row.c else [])]
        return f"{row.distribution} {', '.join(f'{p:.6g}' for p in parameters)}"
    value = getattr(row, "value", None)
    return "the rest" if value is None else f"{value:.6g}"


def _range(row: Evidence) -> str:
    return "" if row.low is None or row.high is None else f"{row.low:.6g} to {row.high:.6g}"


def _weights(rows: Catalogue) -> str:
    body = [(code(r.weight), r.label, r.rule, r.meaning) for r in rows.weights]
    return "## Weights\n\nWhat accrues with time lived.\n\n" + table(("name", "label", "rule", "meaning"), body)


def _services(rows: Catalogue) -> str:
    def limit(row: Any) -> str:
        return "" if row.queue_limit is None else str(row.queue_limit)

    body = [(code(r.service), r.label, r.server, r.shift_end, limit(r), code(r.held_by), r.note) for r in rows.services]
    return f"## Services\n\n{SERVICES_LEAD}\n\n" + table(
        ("name", "label", "one server is a", "end of shift", "queue limit", "held by", "note"), body)


SERVICES_LEAD = """\
*Held by*: a long hold; whoever is granted a server keeps it while they live at this level. What the other columns mean is in
[Services](../background/services.md)."""


def _steps(rows: Catalogue) -> str:
    body = [(code(r.pathway), code(r.step), r.label, code(r.service), _manner(r), code(r.otherwise), _counted(r))
            for r in rows.steps]
    return "## Pathways, step by step\n\nDemands enter at the first step of their pathway.\n\n" + table(
        ("pathway", "step", "label", "service", "manner", "otherwise", "what is measured"), body)


def _manner(step: Any) -> str:
    """Everything unusual about how a step treats servers and queues."""
    refuse = f"refuses when {step.refuse.replace('|', ' or ')}" if step.refuse else ""
    luck = f"shares its luck with {code(step.luck)}" if step.luck else ""
    return "; ".join(filter(None, ("holds its server" if step.hold else "", "yields" if step.yields else "", refuse, luck)))


def _counted(step: Any) -> str:
    parts = (("counts as", step.counts_as), ("time as", step.time_as), ("wait as", step.wait_as),
             ("response", step.response), ("interval", step.interval))
    named = [f"{words} {', '.join(map(code, names.split('|')))}" for words, names in parts if names]
    return "; ".join([*named, *(["starts the A&E clock"] if step.mark else [])])


def _congestion(rows: Catalogue) -> str:
    body = [(code(r.id), _response(r), f"{r.above:g}", _value(r), _range(r), r.unit, r.standing) for r in rows.congestion]
    return f"## Congestion\n\n{CONGESTION_LEAD}\n\n" + table(
        ("row", "what happens", "from a pressure of", "value", "range", "unit", "standing"), body)


CONGESTION_LEAD = """\
What services do under pressure: (servers busy + urgent cases waiting) ÷ planned servers, taken every day at 08:00 and
in force until the next."""


def _response(row: Any) -> str:
    step = code(f"{row.pathway}.{row.step}")
    if row.kind == "divert":
        return f"pressure on {code(row.service)}: from {step} a share goes to {code(row.instead)} instead of {code(row.to)}"
    if row.kind == "shorten":
        return f"pressure on {code(row.service)}: {step} takes so much of its time"
    return f"pressure on {code(row.service)}: a share of its servers more"


def _outcomes(rows: Catalogue) -> str:
    body = [(code(r.pathway), code(r.outcome), r.label, code(r.sets), code(r.counts_as)) for r in rows.outcomes]
    return "## How a pathway can end\n\n" + table(("pathway", "outcome", "label", "sets", "counts as"), body)


def _measures(rows: Catalogue) -> str:
    body = [(code(r.measure), r.label, r.unit, r.population, r.better, r.limits.replace("|", ", "), r.meaning)
            for r in rows.measures]
    return "## Measures\n\nWhat results report. Limits are in minutes; how many took longer is counted exactly.\n\n" + table(
        ("name", "label", "unit", "of whom", "better is", "limits", "meaning"), body)


def _sources(rows: Catalogue) -> str:
    body = [(code(r.source), ", ".join(part for part in (r.author, r.title, r.year, r.place) if part), r.url)
            for r in rows.sources]
    return "## Sources\n\n" + table(("name", "what", "address"), body)


def _discounting(rows: Catalogue) -> str:
    body = [(code(r.id), r.label, r.flow, str(r.from_year), f"{r.value:g}", r.unit, r.year, r.standing, r.source)
            for r in rows.discounting]
    lead = "What a later year counts for less, each year. Years of a run are counted from 1."
    return f"## Discounting\n\n{lead}\n\n" + table(
        ("row", "scheme", "of", "from year", "a year", "unit", "guidance of", "standing", "source"), body)


SECTIONS: tuple[Callable[[Catalogue], str], ...] = (
    _events, _attributes, _severities, _by_age,
    _numbers("Ratios", "While the attribute is at the level, the event happens × this value.", "ratios"),
    _numbers("Exponents", "Ratios of the event by the attribute (`*`: all others) act as ratio ** this value, so that "
             "harm which several attributes stand for is not counted several times.", "exponents"),
    _numbers("Corrections", "The event's rates, or the weight's norm (of good health: its odds), are × this value at this "
             "age; between ages values are joined. Fitted by `icsim calibrate`.", "corrections"),
    _weights,
    _numbers("Factors on weights", "While the attribute is at the level, the weight (or its odds) × this value.",
             "factors"),
    _services, _steps,
    _numbers("Branches", "Shares of cases that go from a step to the next. Where several rows match, the last holds.",
             "branches"),
    _numbers("Durations, patience, priorities",
             "Mean first, then the standard deviation (see `src/icsim/catalogue/rows.py` for each distribution).",
             "quantities"),
    _outcomes, _congestion, _measures, _discounting, _sources,
)


# --- scenario files ---------------------------------------------------------------------------------------------------

SCENARIO_LEAD = """\
Every field that a scenario file may hold, from the schema in `src/icsim/scenario/scenario.schema.json`. A file that
extends another may leave out all but `schema` and `title`; one that does not also needs `area` and, under `[run]`,
`start`, `years` and `replications`. Nothing else is accepted: an unknown field is a mistake, told with its line.
How to edit one: [Edit a scenario](../guides/edit-a-scenario.md)."""


def scenario_page(schema: dict[str, Any]) -> str:
    """Every field of a scenario file with its meaning, unit and range."""
    parts = [_fields("Top of the file", "", schema)]
    for name, heading, typed in PARTS:
        parts.append(_fields(heading, typed, schema["$defs"][name]))
    return page("Scenario files", SCENARIO_LEAD, *parts)


PARTS = (("Run", "How long and how often", "[run]"), ("Service", "A service", "[services.NAME]"),
         ("Pool", "A pool of servers", "[pools.NAME]"), ("Change", "Any other number", "[[changes]]"),
         ("Hashes", "Written by icsim into a complete scenario", "[hashes]"))


def _fields(heading: str, typed: str, part: dict[str, Any]) -> str:
    needed = part.get("required", [])
    body = [(code(name), _kind(field), _limits(field), "yes" if name in needed else "", _description(field))
            for name, field in part["properties"].items()]
    lead = f"## {heading}" + (f": {code(typed)}" if typed else "")
    return f"{lead}\n\n" + table(("field", "kind", "allowed", "needed", "meaning"), body)


def _kind(field: dict[str, Any]) -> str:
    if "type" not in field:
        return "table"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
             "object": "tables by name", "array": "repeated table"}
    if field["type"] == "array" and field["items"].get("type") == "string":
        return "list of names"
    return "date" if field.get("format") == "date" else words[field["type"]]


def _limits(field: dict[str, Any]) -> str:
    if "const" in field:
        return str(field["const"])
    if "enum" in field:
        return ", ".join(map(str, field["enum"]))
    if "minimum" in field:
        return f"{field['minimum']:,.0f} to {field['maximum']:,.0f}"
    return f"at most {field['maxLength']:,} characters" if "maxLength" in field else ""


def _description(field: dict[str, Any]) -> str:
    default = field.get("default")
    said = field.get("description", "")
    return said if default is None or default in ({}, []) else f"{said} If left out: {str(default).lower()}."


if __name__ == "__main__":
    main(sys.argv[1:])
