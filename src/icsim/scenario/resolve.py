"""From the short form to the complete one: every value that the engine needs, and where each came from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from icsim.areas.load import Area
from icsim.catalogue.load import Catalogue
from icsim.errors import Problem, ScenarioError
from icsim.scenario.chain import SHIPPED
from icsim.scenario.complete import complete_toml
from icsim.scenario.differences import NO_RESULT, Difference, Version, differences
from icsim.scenario.models import Run
from icsim.scenario.plan import Plan
from icsim.scenario.read import Scenario, read


@dataclass(frozen=True, eq=False)
class Resolved:
    """A scenario in full. The engine reads `run`, `catalogue` and `area`; people read the rest."""

    name: str
    """for folders and tables"""
    title: str
    description: str
    reason: str
    run: Run
    catalogue: Catalogue
    """with the scenario's changes"""
    area: Area
    """with the scenario's changes"""
    differences: tuple[Difference, ...]
    """against the shipped baseline of the area; where none is shipped, against the tables"""
    warnings: tuple[Problem, ...]
    plan: Plan
    shipped: tuple[Catalogue, Area]
    """the tables without the scenario's changes, by which rates are anchored"""

    def hashes(self) -> dict[str, str]:
        """Content hashes of the tables as changed, and of the whole."""
        tables = {"catalogue": self.catalogue.content_hash(), "area": self.area.content_hash()}
        settings = self.run.model_dump(mode="json", exclude=set(NO_RESULT))
        moved = {"shift": [repr(replace(shift, reason="")) for shift in self.plan.shifts]} if self.plan.shifts else {}
        whole = json.dumps({**tables, "run": settings, **moved}, sort_keys=True)
        return {**tables, "scenario": hashlib.sha256(whole.encode()).hexdigest()}

    def content_hash(self) -> str:
        """SHA-256 (hex) of all that decides the results: tables and run settings; not titles, reasons or threads."""
        return self.hashes()["scenario"]

    def to_toml(self) -> str:
        """The complete form; reading it gives the same content hash."""
        words = {"title": self.title, "description": self.description or None, "reason": self.reason or None}
        return complete_toml(words, self.run, self.catalogue, self.area, self.plan, self.hashes())


def resolve(scenario: Scenario) -> Resolved:
    """Work out the complete form of a sound scenario."""
    content = scenario.content
    here = Version(scenario.run, scenario.catalogue, scenario.area)
    resolved = Resolved(scenario.name, content.title, content.description or "", content.reason or "", scenario.run,
                        scenario.catalogue, scenario.area, differences(_baseline(scenario), here, scenario.plan),
                        scenario.warnings, scenario.plan, _shipped(scenario))
    return resolved if content.hashes is None else _with_hash_warning(resolved, content.hashes.model_dump())


def _shipped(scenario: Scenario) -> tuple[Catalogue, Area]:
    assert scenario.ground.area is not None
    return scenario.ground.catalogue, scenario.ground.area


def _baseline(scenario: Scenario) -> Version:
    """What the scenario is compared with; the tables alone where no sound baseline of the area is shipped."""
    path = SHIPPED / scenario.area.name / "baseline.toml"
    ground = scenario.ground
    assert ground.area is not None
    if scenario.path == path:
        return Version(scenario.run, scenario.catalogue, scenario.area)
    try:
        baseline = read(path, ground.catalogue, ground.area)
    except ScenarioError:
        return Version(None, ground.catalogue, ground.area)
    return Version(baseline.run, baseline.catalogue, baseline.area)


def _with_hash_warning(resolved: Resolved, said: dict[str, str]) -> Resolved:
    """A complete form that was written with other tables runs, but not to the same results."""
    now = resolved.hashes()
    if said == now:
        return resolved
    parts = ", ".join(name for name in now if now[name] != said[name])
    warning = Problem("hashes", f"was written with something else than is here now ({parts}): results will differ.")
    return replace(resolved, warnings=(*resolved.warnings, warning))
