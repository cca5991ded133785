"""How much of a difference rests on assumption: what is left of it without the assumed effects of what a scenario changes.

At null are the assumed rows of effects (ratio 1) and moves (share 0) of the programmes that the scenario changes or pays. A
row that sends people back where they came from stays: it takes away from an effect, and without it the effect would last for
ever. The shares by which people reach a service and go on from it have no null: none of them could be 0 without sending
everybody elsewhere. Where at least half of them are assumed, what more or fewer servers do follows from assumption, and the
change of the service is undone as a whole; of a shift of money, what such a service receives goes to a fund instead, where
it buys nothing. That errs towards assumption: shorter queues would help somebody by any shares.

All else stays as it is: uptake, durations and rates, assumed or not, and what a scenario sets itself, which is the question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from icsim.areas.budget import FUND as FUND_LINE
from icsim.areas.budget import PROGRAMME as PROGRAMME_LINE
from icsim.areas.budget import SERVICE as SERVICE_LINE
from icsim.areas.budget import Line, line_of
from icsim.attribution.parts import NUMBER, PROGRAMME, SERVICE, SHIFT, Part, bare, lines_of, with_parts
from icsim.catalogue import Catalogue
from icsim.catalogue.moved import ORIGIN
from icsim.catalogue.rows import Effect, ProgrammeMove
from icsim.outcomes.services import LOST, waits
from icsim.outcomes.spans import TOGETHER
from icsim.outcomes.values import totals
from icsim.results import OnAssumption, Results
from icsim.scenario import Resolved
from icsim.scenario.offered import in_force, paid_by
from icsim.scenario.shifts import Shift

ASSUMED = "assumed"
MOSTLY = 0.5
"""Share of the ways into and out of a service from which on its change counts as assumption."""
Acting = Effect | ProgrammeMove


@dataclass(frozen=True)
class Footing:
    """What the changes of a scenario stand on."""

    parts: tuple[Part, ...]
    rows: tuple[Acting, ...]
    """assumed effects and moves that do something"""
    undone: tuple[Part, ...]
    """parts that are taken back as a whole"""
    fund: str
    """the budget line that keeps what shifts would have given to `unbought`"""
    unbought: tuple[str, ...]
    """services that get nothing of the shifts that stay"""
    ways: dict[str, tuple[int, int]]
    """service that is changed → how many of its ways are assumed, of how many"""
    left: tuple[Part, ...]
    """parts that still do something with all this at null"""

    @property
    def kept(self) -> frozenset[str]:
        """Names of the parts that are not undone."""
        return frozenset(part.name for part in self.parts if part not in self.undone)

    @property
    def nothing(self) -> bool:
        """Whether no assumed effect is in force."""
        return not (self.rows or self.undone or self.unbought)

    @property
    def needs_runs(self) -> bool:
        """Whether only runs can tell: some of what the scenario changes is assumed, and some is not."""
        return not self.nothing and bool(self.left)


def footing(other: Resolved, found: Sequence[Part]) -> Footing:
    """What the parts `found` of a scenario stand on."""
    lines, rows = lines_of(other), _acting(other.catalogue)
    services = {service: ways(other.catalogue, service) for part in found for service in _services(part, lines)}
    shaky, fund = {name for name, counts in services.items() if _mostly(counts)}, _fund(other, lines)
    undone = tuple(part for part in found if shaky & set(_services(part, lines)) and not _can_stay(part, shaky, fund, other))
    kept = [part for part in found if part not in undone]
    own = {part.name: [row for row in rows if _belongs(row, part, lines)] for part in kept}
    assumed = {row.id: row for part in kept for row in own[part.name] if row.standing == ASSUMED}
    unbought = tuple(dict.fromkeys(name for part in kept for name in _services(part, lines) if name in shaky))
    left = tuple(part for part in kept if _does_more(part, own[part.name], set(_services(part, lines)) - shaky))
    return Footing(tuple(found), tuple(assumed.values()), undone, fund, unbought, services, left)


def _fund(other: Resolved, lines: dict[str, Line]) -> str:
    """A budget line that keeps money and buys nothing; empty: there is none that no shift takes from."""
    givers = {name for shift in other.plan.shifts for name, _ in shift.givers}
    return next((name for name, line in lines.items() if line.kind == FUND_LINE and name not in givers), "")


def _can_stay(part: Part, shaky: set[str], fund: str, other: Resolved) -> bool:
    """Whether a part that changes services reached by assumed shares can stay without them: a shift can, if they receive."""
    shift = part.shift
    return shift is not None and bool(fund) and not shaky & set(dict(shift.givers)) and shift in map(bare, other.plan.shifts)


def ways(catalogue: Catalogue, service: str) -> tuple[int, int]:
    """How many of the shares that lead to the steps of a service, or on from them, are assumed, and how many there are."""
    steps = {(row.pathway, row.step) for row in catalogue.steps if row.service == service}
    found = [row for row in catalogue.branches
             if row.value is not None and {(row.pathway, row.step), (row.pathway, row.to)} & steps]
    return sum(row.standing == ASSUMED for row in found), len(found)


def _mostly(counts: tuple[int, int]) -> bool:
    assumed, of = counts
    return assumed > 0 and assumed >= MOSTLY * of


def _services(part: Part, lines: dict[str, Line]) -> list[str]:
    """Services whose servers a part changes."""
    if part.kind == SERVICE:
        return [part.name]
    return [line.name for line in _lines(part, lines) if line.kind == SERVICE_LINE]


def _programmes(part: Part, lines: dict[str, Line]) -> list[str]:
    """Programmes whose places a part changes."""
    if part.kind == PROGRAMME:
        return [part.name]
    return [line.name for line in _lines(part, lines) if line.kind == PROGRAMME_LINE]


def _lines(part: Part, lines: dict[str, Line]) -> Iterator[Line]:
    """Budget lines between which a shift moves money."""
    if part.kind == SHIFT and part.shift is not None:
        for name, _ in (*part.shift.givers, *part.shift.receivers):
            line = line_of(name, lines)
            if line is not None:
                yield line


def _acting(catalogue: Catalogue) -> list[Acting]:
    """Effects and moves that do something, but for those that send people back."""
    return [*(row for row in catalogue.effects if row.value != 1),
            *(row for row in catalogue.programme_moves if row.value and row.to != ORIGIN)]


def _belongs(row: Acting, part: Part, lines: dict[str, Line]) -> bool:
    return row.id in part.rows if part.kind == NUMBER else row.programme in _programmes(part, lines)


def _does_more(part: Part, own: Sequence[Acting], services: Collection[str]) -> bool:
    """Whether a part that is not undone does something when its assumed rows do nothing; `services` are what it changes."""
    if part.kind == PROGRAMME or (part.kind == SHIFT and not services):
        return any(row.standing != ASSUMED for row in own)
    return part.kind != NUMBER or len(own) < len(part.rows) or any(row.standing != ASSUMED for row in own)


# Scenarios at null -----------------------------------------------------------------------------------------------------


def at_null(resolved: Resolved, rows: Iterable[Acting]) -> Resolved:
    """The scenario in which these rows do nothing."""
    catalogue = resolved.catalogue
    for row in rows:
        catalogue = catalogue.with_value(row.id, 1.0 if isinstance(row, Effect) else 0.0)
    return replace(resolved, catalogue=catalogue)


def other_at_null(base: Resolved, other: Resolved, found: Footing) -> Resolved:
    """The scenario with all that is assumed of its changes at null. Raises ScenarioError as `with_parts` does."""
    left = with_parts(base, other, found.kept) if found.undone else other
    return at_null(_without_buying(left, found) if found.unbought else left, found.rows)


def _without_buying(resolved: Resolved, found: Footing) -> Resolved:
    """The scenario whose shifts give to a fund what they would give to services at null; those of the baseline stay."""
    lines, changed = lines_of(resolved), [part.shift for part in found.parts]
    shifted = tuple(replace(each, shift=_given_to_fund(each.shift, found, lines)) if bare(each.shift) in changed else each
                    for each in resolved.plan.shifted)
    return replace(resolved, plan=replace(resolved.plan, shifted=shifted))


def _given_to_fund(shift: Shift, found: Footing, lines: dict[str, Line]) -> Shift:
    shares: dict[str, float] = {}
    for name, share in shift.receivers:
        line = line_of(name, lines)
        to = found.fund if line is not None and line.name in found.unbought else name
        shares[to] = shares.get(to, 0.0) + share
    return replace(shift, receivers=tuple(shares.items()))


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
    return OnAssumption(other.name, tuple(row.id for row in found.rows),
                        tuple(dict.fromkeys(label[row.programme] for row in found.rows)),
                        (*(part.label for part in found.undone), *(service[name] for name in found.unbought)),
                        {service[name]: counts for name, counts in found.ways.items()}, table)
