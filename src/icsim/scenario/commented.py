"""The text of a drafted scenario file, with comments for people: what a key means, its unit, what the baseline has.

The words come from the models (`models.py`), the catalogue and the area. A further kind of change is a further section.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from icsim.areas.rows import Pool as PoolRow
from icsim.catalogue.rows import Service as ServiceRow
from icsim.scenario.commented_lines import Lines, about, aside, comment, entry, table
from icsim.scenario.commented_shift import shift_block, shift_in_short
from icsim.scenario.explain import said, servers
from icsim.scenario.models import Pool, Programme, Run, ScenarioFile, Service
from icsim.scenario.read import Scenario
from icsim.scenario.wording import shorten

if TYPE_CHECKING:
    from icsim.scenario.draft import Answers

LONGEST_TITLE = 199
"""Characters of a title made of the changes; with the sign that says it was cut, as many as a title may have."""

REASON = "A question to the model, not a plan"
"""What stands where nobody said why."""


def commented(answers: Answers, baseline: Scenario) -> str:
    """The file as text. Services and programmes that the answers name must exist; lines and values may still be wrong."""
    blocks = [list(block) for section in SECTIONS for block in section(answers, baseline)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def commands(file: str, area: str, years: int | None) -> list[str]:
    """What to type next about a file: find mistakes, see what was understood, run it, compare it with the baseline."""
    length = "" if years is None else f" --years {years}"  # scenarios of another length have no pairs
    return [*(f"icsim {verb} {file}" for verb in ("check", "explain", "run")),
            f"icsim compare {area}/baseline {file}{length}"]


def limited(baseline: Scenario) -> dict[str, list[PoolRow]]:
    """The services that have a number of servers in the area, each with the pools that have it."""
    pools = [row for row in baseline.area.pools if row.value is not None]
    found = {row.service: [pool for pool in pools if pool.service == row.service] for row in baseline.catalogue.services}
    return {service: rows for service, rows in found.items() if rows}


# --- sections: each yields blocks of lines ----------------------------------------------------------------------------


def _head(answers: Answers, baseline: Scenario) -> Iterator[Lines]:
    yield comment("Made by icsim new; change what you like. This file says only what is different from the baseline of "
                  f"{baseline.area.label}. Lines that begin with # are notes for people; icsim skips them.")
    title = answers.title or _title(answers, baseline)
    keys = {"schema": 1, "title": title, "extends": f"{baseline.area.name}/baseline"}
    yield (line for key, value in keys.items() for line in entry(ScenarioFile, key, value))


def _run(answers: Answers, baseline: Scenario) -> Iterator[Lines]:
    if answers.years is not None:
        yield table("[run]", Run, {"years": answers.years}, {"years": aside(Run, "years", baseline.run.years)})


def _services(answers: Answers, baseline: Scenario) -> Iterator[Lines]:
    for name, values in answers.services.items():
        block = _service if name in baseline.ground.services else _pool
        yield block(name, _with_reason(values, answers), baseline)


def _programmes(answers: Answers, baseline: Scenario) -> Iterator[Lines]:
    for name, values in answers.programmes.items():
        yield _programme(name, _with_reason(values, answers), baseline)


def _shifts(answers: Answers, baseline: Scenario) -> Iterator[Lines]:
    for values in answers.shifts:
        yield shift_block(_with_reason(values, answers), baseline)


def _next(answers: Answers, baseline: Scenario) -> Iterator[Lines]:
    typed = commands(f"{answers.name}.toml", baseline.area.name, answers.years)
    yield iter(["# Next, in the folder of this file: check it, see what was understood, run it, compare it.",
                *(f"#   {command}" for command in typed)])


SECTIONS: tuple[Callable[[Answers, Scenario], Iterator[Lines]], ...] = (
    _head, _run, _services, _programmes, _shifts, _next)


# --- one table of each kind -------------------------------------------------------------------------------------------


def _with_reason(values: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """The fields of a table, and why: its own reason, else that of the whole."""
    return {**values, "reason": values.get("reason") or answers.reason or REASON}


def _service(name: str, values: Mapping[str, Any], baseline: Scenario) -> Lines:
    row, pools = baseline.ground.services[name], limited(baseline).get(name, [])
    yield from about(row.label, row.note)
    yield from _as_it_is(pools, row, baseline)
    number = int(sum(pool.value or 0 for pool in pools))
    hours = list(dict.fromkeys(pool.open for pool in pools))
    beside = {"number": aside(Service, "number", number, f"{row.server}s"),
              "multiply": aside(Service, "multiply", f"{servers(number, row.server)} in all"),
              "open": aside(Service, "open", hours[0] if len(hours) == 1 else "what stands above")}
    yield from table(f"[services.{name}]", Service, values, beside)


def _pool(name: str, values: Mapping[str, Any], baseline: Scenario) -> Lines:
    pool = next(row for row in baseline.area.pools if row.pool == name)
    row = baseline.ground.services[pool.service]
    yield from about(row.label, row.note)
    yield from _as_it_is([pool], row, baseline)
    number = None if pool.value is None else int(pool.value)
    beside = {"number": aside(Pool, "number", number, f"{row.server}s"), "open": aside(Pool, "open", pool.open)}
    yield from table(f"[pools.{name}]", Pool, values, beside)


def _programme(name: str, values: Mapping[str, Any], baseline: Scenario) -> Lines:
    row = baseline.ground.programmes[name]
    yield from about(row.label, row.meaning)
    yield from comment(f"For: {row.eligible or 'everybody'}.")
    yield from comment(f"What is known: {row.evidence}") if row.evidence else ()
    places = next((offer.value for offer in baseline.area.programmes if offer.programme == name), 0.0)
    beside = {key: aside(Programme, key, places) for key in ("places", "multiply")}
    yield from table(f"[programmes.{name}]", Programme, values, beside)


def _as_it_is(pools: list[PoolRow], row: ServiceRow, baseline: Scenario) -> Lines:
    """What the baseline has, pool by pool, and whether that grows."""
    yield "# In the baseline:"
    for pool in pools:
        number = None if pool.value is None else int(pool.value)
        yield from comment(f"{pool.label}: {servers(number, row.server)} ({pool.standing}), {pool.open}", "  ", "  ")
    years = [path.from_year for path in baseline.area.capacity if path.service == row.service]
    if years and baseline.run.growth:
        yield from comment(f"From April {min(years)} capacity grows by the area's declared path, here as there.")


def _title(answers: Answers, baseline: Scenario) -> str:
    """A title made of the changes."""
    labels = {row.pool: row.label for row in baseline.area.pools}
    labels |= {name: row.label for name, row in baseline.ground.services.items()}
    labels |= {name: row.label for name, row in baseline.ground.programmes.items()}
    changes = {**answers.services, **answers.programmes}
    parts = [*(f"{labels[name]}: {_in_short(values)}" for name, values in changes.items()),
             *(shift_in_short(values, baseline) for values in answers.shifts)]
    return shorten("; ".join(parts), LONGEST_TITLE)


def _in_short(values: Mapping[str, Any]) -> str:
    forms = {"number": "{}", "multiply": "{} times as many", "open": "open {}", "places": "{} places a month"}
    return ", ".join(forms.get(key, f"{key} {{}}").format(said(value)) for key, value in values.items() if key != "reason")
