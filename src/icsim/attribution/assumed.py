"""How much of a difference rests on assumption: what is left of it without the assumed effects of what a scenario changes.

At null are the assumed rows of effects (ratio 1) and moves (share 0) of the programmes that the scenario changes or pays. A
row that sends people back where they came from stays: it takes away from an effect, and without it the effect would last for
ever. The shares by which people reach a service and go on from it have no null: none of them could be 0 without sending
everybody elsewhere. Where at least half of them are assumed, what more or fewer servers do follows from assumption, and the
change of the service is undone as a whole. That errs towards assumption: shorter queues would help somebody by any shares.

In the same way a change of who can be found to work somewhere is undone where at least half of the figures on that group of
staff (how many come and go, how many a server or place needs) is assumed. Such limits on other changes stay.

All else stays as it is: uptake, durations and rates, assumed or not, and what a scenario sets itself, which is the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from icsim.areas.budget import PROGRAMME as PROGRAMME_LINE
from icsim.areas.budget import SERVICE as SERVICE_LINE
from icsim.areas.budget import Line
from icsim.areas.rows import Staffing
from icsim.attribution.parts import NUMBER, PROGRAMME, SERVICE, SETTINGS, SHIFT, Part, lines_of, with_parts
from icsim.catalogue import Catalogue
from icsim.catalogue.moved import ORIGIN
from icsim.catalogue.rows import Effect, ProgrammeMove, StaffNeed
from icsim.outcomes.services import LOST, waits
from icsim.outcomes.spans import TOGETHER
from icsim.outcomes.values import totals
from icsim.results import OnAssumption, Results
from icsim.scenario import Resolved
from icsim.scenario.offered import in_force, paid_by

ASSUMED = "assumed"
MOSTLY = 0.5
"""Share of the ways into and out of a service, or of what is known of a group of staff, from which on its change counts as
assumption.
"""
ALL_STAFF, STAFF_SETTINGS = "", ("run.staff", "run.staff_first")
Acting = Effect | ProgrammeMove
Counts = tuple[int, int]
"""How many are assumed, of how many."""


@dataclass(frozen=True)
class Footing:
    """What the changes of a scenario stand on."""

    parts: tuple[Part, ...]
    rows: tuple[Acting, ...]
    """assumed effects and moves that do something"""
    undone: tuple[Part, ...]
    """parts that are taken back as a whole"""
    ways: dict[str, Counts]
    """service that is changed → how many of the ways to it and from it are assumed"""
    staff: dict[str, Counts]
    """group of staff that is changed (ALL_STAFF: by a setting) → how many of the rows about it are assumed"""
    left: tuple[Part, ...]
    """parts that still do something with all this at null"""

    @property
    def kept(self) -> frozenset[str]:
        """Names of the parts that are not undone."""
        return frozenset(part.name for part in self.parts if part not in self.undone)

    @property
    def nothing(self) -> bool:
        """Whether no assumed effect is in force."""
        return not (self.rows or self.undone)

    @property
    def needs_runs(self) -> bool:
        """Whether only runs can tell: some of what the scenario changes is assumed, and some is not."""
        return not self.nothing and bool(self.left)


def footing(other: Resolved, found: Sequence[Part]) -> Footing:
    """What the parts `found` of a scenario stand on."""
    lines, rows = lines_of(other), _acting(other.catalogue)
    services = {service: ways(other.catalogue, service) for part in found for service in _services(part, lines)}
    staff = about_staff(other, {row for part in found for row in part.rows})
    unsure = {name for name, counts in services.items() if _mostly(counts)}
    numbers = {row for group, counts in staff.items() if _mostly(counts) for row in _said_of(group, other)}
    undone = tuple(part for part in found if unsure & set(_services(part, lines)) or numbers & set(part.rows))
    kept = [part for part in found if part not in undone]
    own = {part.name: [row for row in rows if _belongs(row, part, lines)] for part in kept}
    assumed = {row.id: row for part in kept for row in own[part.name] if row.standing == ASSUMED}
    left = tuple(part for part in kept if _does_more(part, own[part.name], lines))
    return Footing(tuple(found), tuple(assumed.values()), undone, services, staff, left)


def ways(catalogue: Catalogue, service: str) -> Counts:
    """How many of the shares that lead to the steps of a service, or on from them, are assumed, and how many there are."""
    steps = {(row.pathway, row.step) for row in catalogue.steps if row.service == service}
    found = [row for row in catalogue.branches
             if row.value is not None and {(row.pathway, row.step), (row.pathway, row.to)} & steps]
    return sum(row.standing == ASSUMED for row in found), len(found)


def about_staff(other: Resolved, said: set[str]) -> dict[str, Counts]:
    """Group of staff of which a scenario says something (rows or settings) → how many of the rows about it are assumed."""
    rows = _of_staff(other)
    groups = [group for group in (ALL_STAFF, *dict.fromkeys(row.staff for row in rows)) if said & _said_of(group, other)]
    own = {group: [row for row in rows if group in (row.staff, ALL_STAFF)] for group in groups}
    return {group: (sum(row.standing == ASSUMED for row in about), len(about)) for group, about in own.items()}


def _said_of(group: str, other: Resolved) -> set[str]:
    """Ids of the rows of a group of staff; for all of them the settings that say whom they limit."""
    return set(STAFF_SETTINGS) if group == ALL_STAFF else {row.id for row in _of_staff(other) if row.staff == group}


def _of_staff(other: Resolved) -> tuple[Staffing | StaffNeed, ...]:
    """What is known of staff without the scenario: how many come and go, and how many a server or place needs."""
    catalogue, area = other.shipped
    return (*area.staff, *catalogue.staff_needs)


def _mostly(counts: Counts) -> bool:
    assumed, of = counts
    return assumed > 0 and assumed >= MOSTLY * of


def _services(part: Part, lines: dict[str, Line]) -> list[str]:
    """Services whose servers a part changes."""
    return [part.name] if part.kind == SERVICE else _givers(part, SERVICE_LINE, lines)


def _programmes(part: Part, lines: dict[str, Line]) -> list[str]:
    """Programmes whose places a part changes."""
    return [part.name] if part.kind == PROGRAMME else _givers(part, PROGRAMME_LINE, lines)


def _givers(part: Part, kind: str, lines: dict[str, Line]) -> list[str]:
    """Services or programmes from which a part takes money."""
    return [name for name in part.givers if lines[name].kind == kind]


def _acting(catalogue: Catalogue) -> list[Acting]:
    """Effects and moves that do something, but for those that send people back."""
    return [*(row for row in catalogue.effects if row.value != 1),
            *(row for row in catalogue.programme_moves if row.value and row.to != ORIGIN)]


def _belongs(row: Acting, part: Part, lines: dict[str, Line]) -> bool:
    return row.id in part.rows if part.kind == NUMBER else row.programme in _programmes(part, lines)


def _does_more(part: Part, own: Sequence[Acting], lines: dict[str, Line]) -> bool:
    """Whether a part that is not undone does something when its assumed rows do nothing."""
    sure = any(row.standing != ASSUMED for row in own)
    if part.kind == PROGRAMME or (part.kind == SHIFT and not _services(part, lines)):
        return sure
    return part.kind != NUMBER or len(own) < len(part.rows) or sure


# Scenarios at null -----------------------------------------------------------------------------------------------------


def at_null(resolved: Resolved, rows: Iterable[Acting]) -> Resolved:
    """The scenario in which these rows do nothing."""
    catalogue = resolved.catalogue
    for row in rows:
        catalogue = catalogue.with_value(row.id, 1.0 if isinstance(row, Effect) else 0.0)
    return replace(resolved, catalogue=catalogue)


def other_at_null(base: Resolved, other: Resolved, found: Footing) -> Resolved:
    """The scenario with all that is assumed of its changes at null. Raises ScenarioError as `with_parts` does."""
    return at_null(with_parts(base, other, found.kept) if found.undone else other, found.rows)


def base_at_null(base: Resolved, found: Footing) -> Resolved | None:
    """The baseline with the same rows at null; None where none of them is in force there, so that it stays as it is."""
    running = in_force(base.shipped[1], base.area, paid=paid_by(base.plan.shifts, lines_of(base)))
    return at_null(base, found.rows) if any(row.programme in running for row in found.rows) else None


# What is left of a difference ------------------------------------------------------------------------------------------


def levels(results: Results, headline: Sequence[str]) -> pl.DataFrame:
    """year (all years; `headline` years where there are any), measure, value: means over replications of what adds up."""
    late = pl.col("measure").is_in([wait for wait, _ in LOST.values()])
    lost = waits(results.waits.filter(late), results.wait_sums.filter(late), results.provenance.get("limits", {}), headline)
    lost = lost.filter(pl.col("measure").is_in(list(LOST)) & (pl.col("margin") == "total"))
    told = pl.concat([totals(results.cells, headline), lost]).filter(pl.col("year").is_in(list(TOGETHER)))
    return told.group_by("year", "measure").agg(pl.col("value").mean()).sort("year", "measure")


def shares(pair: tuple[pl.DataFrame, pl.DataFrame], null: tuple[pl.DataFrame, pl.DataFrame]) -> pl.DataFrame:
    """year, measure, difference, at_null, share, from the `levels` of baseline and scenario as they are and at null."""
    whole, left = (_difference(*each).rename({"value": name}) for each, name in ((pair, "difference"), (null, "at_null")))
    both = whole.join(left, on=["year", "measure"], how="left").with_columns(pl.col("at_null").fill_null(0.0))
    share = pl.when(pl.col("difference") != 0).then(1 - pl.col("at_null") / pl.col("difference"))
    return both.with_columns(share=share).sort("year", "measure")


def _difference(base: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """A measure that only one of the two has, such as people who begin a programme, is 0 in the other."""
    both = base.join(other, on=["year", "measure"], how="full", coalesce=True, suffix="_other").fill_null(0.0)
    return both.select("year", "measure", value=pl.col("value_other") - pl.col("value"))


def told(other: Resolved, found: Footing, table: pl.DataFrame | None) -> OnAssumption:
    """`table`: the frame of `shares`; None where more runs are needed to know."""
    label = {row.programme: row.label for row in other.catalogue.programmes}
    service = {row.service: row.label for row in other.catalogue.services}
    group = {ALL_STAFF: "All staff"} | {row.staff: row.label for row in other.catalogue.staff}
    return OnAssumption(other.name, tuple(row.id for row in found.rows),
                        tuple(dict.fromkeys(label[row.programme] for row in found.rows)),
                        tuple(part.label for part in found.undone if part.kind not in (NUMBER, SETTINGS)),
                        {service[name]: counts for name, counts in found.ways.items()},
                        {group[name]: counts for name, counts in found.staff.items()}, table)
