"""Shifts of money with some of their parts: the money taken without what it buys, and what it buys without the money taken.

Whoever receives nothing leaves their share in a fund that buys nothing. Whoever receives although nothing is taken gets what
would have come free, when it would have; nothing closes for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from icsim.areas.budget import FUND, Line, line_of
from icsim.areas.rows import Fund
from icsim.catalogue import Catalogue
from icsim.catalogue.costs import price_year
from icsim.scenario import Resolved
from icsim.scenario.money import Shifted
from icsim.scenario.shifts import Shift

PREFIX = "shift."
ASIDE = "set aside"
"""The fund for what nobody receives. Only such scenarios have it: names in tables and files have no space."""


@dataclass(frozen=True)
class Alone:
    """A shift that only one of two scenarios has."""

    shifted: Shifted
    added: bool
    """whether the scenario has it, and not the baseline"""

    @property
    def shift(self) -> Shift:
        """The shift itself."""
        return self.shifted.shift

    @property
    def name(self) -> str:
        """Of the part that takes the money."""
        return PREFIX + self.shift.name

    def bought(self, lines: Mapping[str, Line]) -> dict[str, str]:
        """Receiver → the service or programme that it pays for; what funds receive buys nothing."""
        found = {name: line_of(name, dict(lines)) for name, _ in self.shift.receivers}
        return {name: line.name for name, line in found.items() if line is not None and line.kind != FUND}

    def takes(self, lines: Mapping[str, Line]) -> bool:
        """Whether somebody does without the money: what a fund gives bought nothing."""
        return any(lines[name].kind != FUND for name, _ in self.shift.givers) or not self.bought(lines)

    def with_some(self, chosen: Collection[str], lines: Mapping[str, Line]) -> Shifted | None:
        """What is left of it in the baseline with the parts `chosen` of the scenario; None: nothing."""
        bought = self.bought(lines)
        unpaid = {name for name, part in bought.items() if (part in chosen) != self.added}
        taken = (self.name in chosen) == self.added if self.takes(lines) else len(unpaid) < len(bought)
        if not taken and len(unpaid) == len(bought):
            return None
        return replace(self.shifted, shift=replace(_without(self.shift, unpaid), taken=taken))


def alone(base: Resolved, other: Resolved) -> list[Alone]:
    """Shifts of `other` that `base` does not have, then those of `base` that it no longer has."""
    ours, theirs = ([bare(shift) for shift in each.plan.shifts] for each in (other, base))
    return [*(Alone(each, True) for each in other.plan.shifted if bare(each.shift) not in theirs),
            *(Alone(each, False) for each in base.plan.shifted if bare(each.shift) not in ours)]


def mixed(base: Resolved, other: Resolved, chosen: Collection[str], lines: Mapping[str, Line]) -> Iterator[Shifted]:
    """The shifts of `base` with the parts `chosen` of `other`, in the order of `other`; lines: of `other`."""
    found = alone(base, other)
    for shifted in (*other.plan.shifted, *(each.shifted for each in found if not each.added)):
        here = next((each for each in found if each.shifted is shifted), None)
        left = here.with_some(chosen, lines) if here else shifted
        if left is not None:
            yield left


def funds(shifts: Collection[Shift], catalogue: Catalogue) -> tuple[Fund, ...]:
    """The fund that these shifts need and no area has."""
    if not any(name == ASIDE for shift in shifts for name, _ in shift.receivers):
        return ()
    return (Fund(id=f"budget.{ASIDE}", line=ASIDE, label="Set aside", payer="", value=0.0, unit="GBP a year",
                 year=price_year(catalogue), standing="derived", source="scenario"),)


def bare(shift: Shift) -> Shift:
    """A shift without its reason, which does nothing."""
    return replace(shift, reason="")


def _without(shift: Shift, unpaid: Collection[str]) -> Shift:
    """The shift whose receivers `unpaid` leave their share in a fund."""
    if not unpaid:
        return shift
    kept = [(name, share) for name, share in shift.receivers if name not in unpaid]
    aside = sum(share for name, share in shift.receivers if name in unpaid)
    return replace(shift, receivers=(*kept, (ASIDE, aside)))
