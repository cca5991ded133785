"""A scenario file from a few answers: sound and commented, or not made at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

from icsim.areas import budget
from icsim.areas.budget import Line
from icsim.calendar import add_years
from icsim.errors import DraftError, Problem, ScenarioError
from icsim.scenario.commented import commented, limited
from icsim.scenario.commented_shift import lines_of
from icsim.scenario.money import check_sources
from icsim.scenario.parse import SourceFile
from icsim.scenario.read import Scenario, read
from icsim.scenario.resolve import Resolved, resolve
from icsim.scenario.structure import check_structure
from icsim.scenario.wording import listed, near, shorten, shown

BASELINE = "baseline"
LONGEST_NAME = 64
"""Characters of a name at most; results keep no more of it."""
RAMP = "linear 3 years"
"""How a shift grows where nothing is said."""
NAMES_WIDTH = 70
"""Columns of a list of names; messages stand some way in."""

Changes = Mapping[str, Mapping[str, Any]]
"""Name → field → value, as in a table of a scenario file: {"falls_vehicles": {"number": 8}}."""


@dataclass(frozen=True)
class Answers:
    """What a scenario is to say; the area is that of the baseline it starts from."""

    name: str
    """of the file, without .toml"""
    title: str = ""
    """empty: made of the changes"""
    reason: str = ""
    """told beside every change that has none of its own; empty: REASON"""
    years: int | None = None
    """length of the run; None: as in the baseline"""
    services: Changes = field(default_factory=dict)
    """changes by service, or by pool of one"""
    programmes: Changes = field(default_factory=dict)
    """changes by programme"""
    shifts: Sequence[Mapping[str, Any]] = ()
    """money that moves, as in [[shift]] of a file; start and ramp may be left out"""

    @property
    def changes(self) -> bool:
        """Whether anything is to be different."""
        return bool(self.services or self.programmes or self.shifts)


def draft(answers: Answers, baseline: Scenario) -> str:
    """The text of the file, read and found sound.

    Raises DraftError with every mistake in the answers: what is allowed, the nearest right name, all names. A change that
    leaves everything as in the baseline is a mistake too.
    """
    _refuse(answers, [*name_faults(answers.name), *_missing(answers), *_unknown(answers, baseline),
                      *_shared(answers, baseline)])
    text = commented(_with_start_and_ramp(answers, baseline), baseline)
    _refuse(answers, [*_without_effect(answers, _resolved(answers, text), baseline)])
    return text


def lines_after(answers: Answers, baseline: Scenario) -> dict[str, Line]:
    """Budget lines with the changes of sound answers in force, but before any money moves."""
    still = replace(answers, shifts=())
    if not still.changes:
        return lines_of(baseline)
    resolved = _resolved(still, commented(still, baseline))
    return budget.lines(resolved.catalogue, resolved.area, own=baseline.ground.area)


def name_faults(name: str) -> Iterator[Problem]:
    """What keeps a name from being that of a scenario file."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:LONGEST_NAME]
    if name != plain or not name:
        yield Problem("name", f"must be 1 to {LONGEST_NAME} letters, digits, - or _, without .toml and without a folder."
                              + (f" Did you mean {plain}?" if plain else ""), 0, shown(name))
    elif name.lower() == BASELINE:
        yield Problem("name", "is the name of what this scenario will be compared with; choose another.", 0, shown(name))


def value_faults(**values: Any) -> list[Problem]:
    """What keeps values from standing in a scenario file, such as title="…" or run={"years": 5}."""
    file = SourceFile(Path(), "", {"schema": 1, "title": "title", **values})
    return [*check_structure(file, lambda _: None)[1], *check_sources(file)]


def _missing(answers: Answers) -> Iterator[Problem]:
    if not answers.changes:
        yield Problem("changes", "are missing: at least one service or programme must be different from the baseline, or "
                                 "money must move.")


def _with_start_and_ramp(answers: Answers, baseline: Scenario) -> Answers:
    """Shifts that do not say so begin once a year has passed in which all is as it was, if the run is long enough."""
    years, start = answers.years or baseline.run.years, baseline.run.start
    unsaid = {"start": add_years(start, 1) if years > 1 else start, "ramp": RAMP}
    return replace(answers, shifts=[{**unsaid, **shift} for shift in answers.shifts])


def _unknown(answers: Answers, baseline: Scenario) -> Iterator[Problem]:
    """Names that are none of a service, a pool or a programme, and names of the one where the other is meant."""
    programmes, pools, there = (sorted(names) for names in (
        baseline.ground.programmes, baseline.ground.pools, limited(baseline)))
    services = baseline.ground.services
    for name in answers.services:
        if name not in services and name not in pools:
            yield _stranger(name, "a service", there, [*there, *pools], "a programme" if name in programmes else "")
    for name in answers.programmes:
        if name not in programmes:
            yield _stranger(name, "a programme", programmes, programmes, "a service" if name in services else "")


def _stranger(name: str, wanted: str, known: list[str], meant: list[str], other: str) -> Problem:
    if other:
        return Problem(name, f"is {other}, not {wanted}.")
    names = fill(f"Known: {', '.join(known)}.", NAMES_WIDTH, break_on_hyphens=False)
    return Problem(shorten(name), f"is not {wanted}.{near(name, meant)}\n{names}")


def _shared(answers: Answers, baseline: Scenario) -> Iterator[Problem]:
    """A number for a service whose servers stand in several places."""
    for name, said in answers.services.items():
        pools = [row.pool for row in limited(baseline).get(name, ())]
        if "number" in said and len(pools) > 1:
            yield Problem(f"services.{name}.number", f"must be a factor for all {len(pools)} pools of this service: "
                          f"multiply = 1.1, on the command line {name}=1.1x.\nOr change one of them: {listed(pools, 'or')}.",
                          0, shown(said["number"]))


def _resolved(answers: Answers, text: str) -> Resolved:
    """The scenario that `text` makes, read like any file. Lines of a file that is not there would help nobody."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{answers.name}.toml"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            return resolve(read(file))
        except ScenarioError as error:
            raise DraftError(file.name, [replace(problem, line=0) for problem in error.problems]) from None


def _without_effect(answers: Answers, resolved: Resolved, baseline: Scenario) -> Iterator[Problem]:
    """Changes that leave everything as it is in the baseline."""
    changed = {tuple(each.name.split(".")[:2]) for each in resolved.differences}
    for name in chain(answers.services, answers.programmes):
        tables = {("services", name), ("programmes", name), ("pools", name),
                  *(("pools", row.pool) for row in limited(baseline).get(name, ()))}
        if not tables & changed:
            yield Problem(name, "would be as it is in the baseline; give another value.")


def _refuse(answers: Answers, problems: list[Problem]) -> None:
    if problems:
        raise DraftError(f"{shorten(answers.name)}.toml", problems)
