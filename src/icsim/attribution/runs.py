"""The runs that attribution takes beside those of a comparison, each scenario once, and what comes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from icsim import experiment
from icsim._compile import compiled
from icsim.attribution import assumed
from icsim.attribution.assumed import Footing, footing
from icsim.attribution.groups import Group, grouped
from icsim.attribution.parts import Part, parts, with_parts
from icsim.attribution.shapley import Set, subsets
from icsim.attribution.tallies import shared_out, tallies
from icsim.errors import Problem, ScenarioError
from icsim.memory_and_time import COMPILE_SECONDS, FIXED_SECONDS, Estimate
from icsim.outcomes import keeping_up
from icsim.results import Attribution, Comparison, OnAssumption, Results
from icsim.scenario import Resolved

Progress = Callable[[int, int, str], None]
Key = tuple[str, frozenset[str], tuple[str, ...]]
"""Whose changes, which parts of them are in force, and what is at null (ids of rows): equal keys are equal runs."""


@dataclass(frozen=True)
class _Plan:
    """What is to be found out of one alternative."""

    base: Resolved
    other: Resolved
    parts: tuple[Part, ...]
    groups: tuple[Group, ...]
    """empty: no attribution"""
    footing: Footing
    base_at_null: tuple[Key, Resolved] | None = None
    """where it is not as it is"""
    at_null: tuple[Key, Resolved] | None = None
    """the scenario; None: not to be run"""
    unsound: str = ""
    """why the scenario cannot be run at null; empty: it can"""

    @property
    def whole(self) -> frozenset[str]:
        """Names of all parts."""
        return frozenset(part.name for part in self.parts)

    def key(self, chosen: frozenset[str], null: tuple[str, ...] = ()) -> Key:
        """The baseline is one scenario for all alternatives."""
        return (self.other.name if chosen else self.base.name), chosen, null

    def of_set(self, names: Set) -> Key:
        """The scenario with these groups alone."""
        return self.key(frozenset(part for group in self.groups if group.name in names for part in group.parts))

    def sets(self) -> list[Set]:
        """Every set of groups."""
        return list(subsets([group.name for group in self.groups])) if self.groups else []


@dataclass(frozen=True)
class Further:
    """What a comparison has to be told beside, and the scenarios that have to be run for it."""

    plans: tuple[_Plan, ...]
    scenarios: Mapping[Key, Resolved]
    """those that are not run in any case"""
    unlike: tuple[str, ...] = ()
    """alternatives of which nothing can be told: they rest on other tables than the baseline"""

    @property
    def estimate(self) -> Estimate | None:
        """What they need beside the comparison, one scenario after the other; None where nothing more is run."""
        found = [experiment.estimate([each]) for each in self.scenarios.values()]
        if not found:
            return None
        ready = FIXED_SECONDS + (0.0 if compiled() else COMPILE_SECONDS)
        largest = max(found, key=lambda each: each.bytes_needed)
        return replace(largest, names=(self._words(),), seconds=sum(max(each.seconds - ready, 1.0) for each in found))

    def _words(self) -> str:
        """As in "Which part does what: 3 groups make 8 scenarios; beside the comparison 6 scenarios, 18 runs"."""
        sets = [f"{len(plan.groups)} groups make {2 ** len(plan.groups)} scenarios" for plan in self.plans if plan.groups]
        asked = f"Which part does what: {'; '.join(sets)}" if sets else "How much rests on assumption"
        number = len(self.scenarios)
        runs = sum(each.run.replications for each in self.scenarios.values())
        return f"{asked}; beside the comparison {number} scenario{'' if number == 1 else 's'}, {runs} runs"


def further(found: Sequence[Resolved], attribute: bool = False, groups: Mapping[str, Sequence[str]] | None = None,
            assumptions: bool = True) -> Further:
    """What has to be run beside a comparison of the scenarios `found`, the baseline first.

    attribute: every set of groups of what each alternative changes; groups: as `grouped` takes them. assumptions: with what
    is assumed of it at null, where it can stand so. Raises ScenarioError.
    """
    base, *others = found
    alike = [other for other in others if _same_tables(base, other)]
    if attribute and len(alike) < len(others):
        message = "must be the same for all scenarios, since those with some of the changes are made from them."
        raise ScenarioError("comparison", [Problem("tables", message)])
    plans = tuple(_plan(base, other, attribute, groups, assumptions) for other in alike)
    scenarios: dict[Key, Resolved] = {}
    for plan in plans:
        for key in map(plan.of_set, plan.sets()):
            if key[1] and key[1] != plan.whole:
                scenarios[key] = with_parts(base, plan.other, key[1])
        scenarios |= {key: each for key, each in filter(None, (plan.base_at_null, plan.at_null)) if key not in scenarios}
    return Further(plans, scenarios, tuple(other.name for other in others if other not in alike))


def _same_tables(base: Resolved, other: Resolved) -> bool:
    """Whether two scenarios start from the same tables, as those do that come with icsim."""
    (rows, area), (others, there) = base.shipped, other.shipped
    return (rows is others or rows.content_hash() == others.content_hash()) and (
        area is there or area.content_hash() == there.content_hash())


def _plan(base: Resolved, other: Resolved, attribute: bool, groups: Mapping[str, Sequence[str]] | None,
          assumptions: bool) -> _Plan:
    changed = parts(base, other)
    plan = _Plan(base, other, changed, grouped(other.name, changed, groups) if attribute else (), footing(other, changed))
    if not (assumptions and plan.footing.needs_runs):
        return plan
    try:
        return _with_null(plan)
    except ScenarioError as error:
        first = error.problems[0]
        said = first.message.partition("\n")[0]
        return replace(plan, unsound=f"the scenario cannot be run without what is assumed of it ({first.where} {said})")


def _with_null(plan: _Plan) -> _Plan:
    rows = tuple(row.id for row in plan.footing.rows)
    here = assumed.base_at_null(plan.base, plan.footing)
    after = plan.key(plan.footing.kept, rows), assumed.other_at_null(plan.base, plan.other, plan.footing)
    return replace(plan, base_at_null=(plan.key(frozenset(), rows), here) if here else None, at_null=after)


@dataclass(frozen=True)
class _Left:
    """What is kept of a run."""

    tallies: pl.DataFrame
    levels: pl.DataFrame


def carried_out(compared: Comparison, wanted: Further, progress: Progress | None = None) -> Comparison:
    """The comparison with what was wanted beside it. progress: of all runs, those of the comparison included."""
    headline, ran = keeping_up(compared), len(compared.scenarios)
    results = {each.name: each for each in compared.alternatives}
    known = {plan.key(frozenset()): _left(compared.base, headline) for plan in wanted.plans[:1]}
    known |= {plan.key(plan.whole): _left(results[plan.other.name], headline) for plan in wanted.plans if plan.parts}
    for n, (key, resolved) in enumerate(wanted.scenarios.items(), ran):
        known[key] = _left(experiment.run(resolved, stage(progress, n, 1, ran + len(wanted.scenarios))), headline)
    return replace(compared, attributions=tuple(_attribution(plan, known) for plan in wanted.plans if plan.groups),
                   on_assumption=(*(_on_assumption(plan, known) for plan in wanted.plans), *map(_untold, wanted.unlike)))


def _left(results: Results, headline: Sequence[str]) -> _Left:
    return _Left(tallies(results), assumed.levels(results, headline))


def stage(progress: Progress | None, before: int, here: int, of: int) -> Progress | None:
    """Progress of `here` scenarios as that of all `of`, `before` of which are done; each takes as many beats."""
    def tell(done: int, total: int, what: str) -> None:
        if progress and total:
            progress(before * total // here + done, of * total // here, what)
        elif progress and not before:
            progress(done, total, what)
    return tell if progress else None


def _attribution(plan: _Plan, known: Mapping[Key, _Left]) -> Attribution:
    return shared_out(plan.other.name, plan.groups, {each: known[plan.of_set(each)].tallies for each in plan.sets()})


def _untold(name: str) -> OnAssumption:
    return OnAssumption(name, (), (), (), {}, {}, None, "its tables are not those of the baseline.")


def _on_assumption(plan: _Plan, known: Mapping[Key, _Left]) -> OnAssumption:
    base, other = known[plan.key(frozenset())].levels, known[plan.key(plan.whole)].levels
    found = plan.footing
    if found.nothing:
        return assumed.told(plan.other, found, assumed.shares((base, other), (base, other)))
    if not found.needs_runs:
        return assumed.told(plan.other, found, assumed.shares((base, other), (base, base)))
    if not plan.at_null:
        return replace(assumed.told(plan.other, found, None), unsound=plan.unsound)
    before = known[plan.base_at_null[0]].levels if plan.base_at_null else base
    return assumed.told(plan.other, found, assumed.shares((base, other), (before, known[plan.at_null[0]].levels)))
