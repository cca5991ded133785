"""Shifts of money with some of their parts: the money taken without what it buys, and what it buys without the money taken.

Whoever receives nothing leaves their share in a fund that buys nothing. Whoever receives although nothing is taken is paid
as planned, from outside: none of it waits until something has come free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from icsim.areas.budget import FUND, Line, line_of
from icsim.areas.rows import Fund
from icsim.catalogue import Catalogue
from icsim.catalogue.costs import price_year
from icsim.scenario import Resolved
from icsim.scenario.money import Shifted
from icsim.scenario.shifts import Shift

PREFIX = "shift."
ASIDE, OUTSIDE = "set_aside", "outside"
"""Funds that only such scenarios have: for what nobody receives, and for what is received and not taken."""
LABEL = {ASIDE: "Set aside", OUTSIDE: "From outside"}


@dataclass(frozen=True)
class Alone:
    """A shift that only one of two scenarios has."""

    name: str
    """of the part that takes the money: shift.GIVER, from the second of a giver on shift.GIVER.2 and so on"""
    shifted: Shifted
    added: bool
    """whether the scenario has it, and not the baseline"""

    @property
    def shift(self) -> Shift:
        """The shift itself."""
        return self.shifted.shift

    def bought(self, lines: Mapping[str, Line]) -> dict[str, str]:
        """Receiver → the service or programme that it pays for; what funds receive buys nothing."""
        found = {name: line_of(name, dict(lines)) for name, _ in self.shift.receivers}
        return {name: line.name for name, line in found.items() if line is not None and line.kind != FUND}

    def with_some(self, chosen: Collection[str], lines: Mapping[str, Line]) -> Shifted | None:
        """What is left of it in the baseline with the parts `chosen` of the scenario; None: nothing."""
        bought = self.bought(lines)
        taken = (self.name in chosen) == self.added
        unpaid = {name for name, part in bought.items() if (part in chosen) != self.added}
        if taken:
            return replace(self.shifted, shift=_without(self.shift, unpaid)) if unpaid else self.shifted
        if len(unpaid) == len(bought):
            return None
        unpaid |= {name for name, _ in self.shift.receivers if name not in bought}
        return replace(self.shifted, shift=_from_outside(_without(self.shift, unpaid), self.name))


def alone(base: Resolved, other: Resolved) -> list[Alone]:
    """Shifts of `other` that `base` does not have, then those of `base` that it no longer has."""
    ours, theirs = ([bare(shift) for shift in each.plan.shifts] for each in (other, base))
    seen, found = Counter[str](), []
    for resolved, known, added in ((other, theirs, True), (base, ours, False)):
        for shifted in (each for each in resolved.plan.shifted if bare(each.shift) not in known):
            giver = shifted.shift.name
            seen[giver] += 1
            found.append(Alone(PREFIX + giver + (f".{seen[giver]}" if seen[giver] > 1 else ""), shifted, added))
    return found


def mixed(base: Resolved, other: Resolved, chosen: Collection[str], lines: Mapping[str, Line]) -> Iterator[Shifted]:
    """The shifts of `base` with the parts `chosen` of `other`; lines: of `other`."""
    here = alone(base, other)
    only_base = [each.shifted for each in here if not each.added]
    yield from (each for each in base.plan.shifted if each not in only_base)
    for each in here:
        left = each.with_some(chosen, lines)
        if left is not None:
            yield left


def funds(shifts: Iterable[Shift], catalogue: Catalogue) -> tuple[Fund, ...]:
    """The funds that these shifts need and no area has; one from outside holds what is taken from it."""
    asked = {ASIDE: 0} if any(name == ASIDE for shift in shifts for name, _ in shift.receivers) else {}
    asked |= {shift.name: shift.pence for shift in shifts if shift.name.startswith(OUTSIDE)}
    year = price_year(catalogue)
    return tuple(Fund(id=f"budget.{name}", line=name, label=LABEL[name.partition(".")[0]], payer="", value=pence / 100,
                      unit="GBP a year", year=year, standing="derived", source="scenario") for name, pence in asked.items())


def bare(shift: Shift) -> Shift:
    """A shift without its reason, which does nothing."""
    return replace(shift, reason="")


def _without(shift: Shift, unpaid: Collection[str]) -> Shift:
    """The shift whose receivers `unpaid` leave their share in a fund."""
    kept = [(name, share) for name, share in shift.receivers if name not in unpaid]
    aside = sum(share for name, share in shift.receivers if name in unpaid)
    return replace(shift, receivers=(*kept, *([(ASIDE, aside)] if aside else [])))


def _from_outside(shift: Shift, name: str) -> Shift:
    """The shift that takes its money from nowhere in the area, all of it when it is planned."""
    giver = f"{OUTSIDE}.{name.removeprefix(PREFIX)}"
    return replace(shift, givers=((giver, 1.0),), close_when=None, backfill=True, double_running_months=0,
                   double_running_from="")
