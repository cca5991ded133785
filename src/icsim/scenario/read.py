"""From a scenario file to a Scenario: everything wrong is told at once, and nothing wrong gets through."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from icsim.areas import budget
from icsim.areas.load import Area
from icsim.catalogue.load import Catalogue
from icsim.catalogue.taking_part_rules import together_problems
from icsim.errors import Problem, ScenarioError
from icsim.scenario import ground as grounds
from icsim.scenario import money
from icsim.scenario.apply import apply
from icsim.scenario.chain import read_chain
from icsim.scenario.checks import check_file, check_values, check_words, warnings
from icsim.scenario.ground import Ground
from icsim.scenario.models import Run, ScenarioFile
from icsim.scenario.offered import in_force, paid_by
from icsim.scenario.parse import SourceFile, UnreadableError
from icsim.scenario.plan import Plan, merged, plan
from icsim.scenario.structure import check_structure, missing_parts
from icsim.scenario.wording import nearest, shorten, shown

MOST_PROBLEMS = 100
"""Problems told at most; a file with more was not edited by hand."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """A sound scenario: its own words and settings, all it changes, and the tables with the changes in force."""

    source: str
    """The file as the user named it."""
    path: Path
    content: ScenarioFile
    """The user's file; run settings and area also from the files that it extends."""
    plan: Plan
    ground: Ground
    catalogue: Catalogue
    area: Area
    warnings: tuple[Problem, ...]
    """Things that are allowed but worth a look."""

    @property
    def name(self) -> str:
        """A name for folders and tables: that of the file, letters, digits, - and _ only."""
        return re.sub(r"[^A-Za-z0-9_-]+", "_", self.path.stem).strip("_")[:64] or "scenario"

    @property
    def run(self) -> Run:
        """How long, how often, with which luck."""
        return self.content.run


def read(path: str | os.PathLike[str], catalogue: Catalogue | None = None, area: Area | None = None) -> Scenario:
    """Read and check a scenario file.

    `catalogue` and `area` stand in for those that come with icsim (`area` where the scenario names it).
    Raises ScenarioError with every problem found, each with its line, value, what is allowed and the nearest name.
    """
    source = shorten(os.fspath(path), 1000)
    try:
        chain, problems = read_chain(Path(path))
    except UnreadableError as error:
        raise ScenarioError(source, [error.problem]) from error
    ground = grounds.ground(chain, catalogue, area)
    sound, found = _checked(chain, ground, grounds.area_names(area))
    _refuse(source, problems + found)
    return _assembled(source, sound, ground)


def _checked(chain: list[SourceFile], ground: Ground, areas: list[str]) -> tuple[list[SourceFile], list[Problem]]:
    """The files without what is unsound in them, and all their problems."""
    sound, problems = [], []
    for file in chain:
        kept, found = check_structure(file, ground.baseline)
        problems += [*found, *check_words(file), *money.check_sources(file), *_check_area(kept, areas),
                     *check_file(kept, ground)]
        sound.append(kept)
    if "extends" not in chain[-1].data:  # otherwise the file that could supply them was not found
        problems += missing_parts(chain)
    return sound, [*problems, *check_values(sound, ground)]


def _check_area(file: SourceFile, areas: list[str]) -> list[Problem]:
    """The area is one there is."""
    name = file.data.get("area")
    if name is None or name in areas:
        return []
    return [file.problem(("area",), f"is not an area that icsim knows.{nearest(name, areas)}", shown(name))]


def _refuse(source: str, problems: list[Problem]) -> None:
    """Raise ScenarioError if there are problems: those of the user's own file first, each file's by line."""
    if not problems:
        return
    told = sorted(problems, key=_place)[:MOST_PROBLEMS]
    if len(problems) > len(told):
        told.append(Problem("…", f"and {len(problems) - len(told):,} more"))
    raise ScenarioError(source, told)


def _together(catalogue: Catalogue, area: Area, ground: Ground, paid: tuple[str, ...]) -> list[Problem]:
    """What is wrong for those who take part in several programmes at once, by the id of an effect."""
    own = () if ground.area is None else (ground.area,)
    return together_problems(catalogue, in_force(*own, area, paid=paid))


def _place(problem: Problem) -> tuple[str, int]:
    """File ("" for the user's own) and line; problems of other files begin with their name."""
    file, other, _ = problem.where.partition(".toml: ")
    return (file if other else "", problem.line)


def _assembled(source: str, chain: list[SourceFile], ground: Ground) -> Scenario:
    """The scenario that sound files make."""
    intended = replace(plan(chain, ground), shifted=money.shifted(chain))
    catalogue, area, problems = apply(intended, ground)
    _refuse(source, problems)
    content = ScenarioFile.model_validate(merged(chain))
    lines = budget.lines(catalogue, area, own=ground.area)
    _refuse(source, list(money.balance_problems(intended.shifted, lines, content.run)))
    _refuse(source, _together(catalogue, area, ground, paid_by(intended.shifts, lines)))
    worth_a_look = (*warnings(chain, ground), *money.warnings(intended.shifted, lines, content.run))
    return Scenario(source, chain[0].path, content, intended, ground, catalogue, area, worth_a_look)
