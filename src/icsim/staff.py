"""Staff: how many of the servers and places that money pays for can be staffed.

Of each group of staff there are, in each month of a run,

    there = posts + more        more(0) = spare
    more(m + 1) = more(m) + (join + trained(m) − (leave − leave of the area) · there(m)) / 12

posts: those that the area's own servers and places need, on their declared path, which is staffed by what it says. join:
who comes a year beyond replacing leavers. trained: those who began `training_years` before. Whoever works for a line stays
with it, and where more leave than come, all lines lose the same share; all others go to what is new, line after line in a
stated order, each with as many servers or places as the scarcest of its groups allows. A group of which the area says
nothing limits nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from icsim.areas.budget import MONTHS, PROGRAMME, Line
from icsim.areas.load import Area
from icsim.calendar import add_months
from icsim.catalogue.load import Catalogue
from icsim.catalogue.staff import needs

SPARE, JOIN, LEAVE, TRAIN = "spare", "join", "leave", "train"
_ROUNDING = 1e-6
"""A server or place of which less than this is missing is not missing."""


class Staffing:
    """Who is there, and whom lines ask for, in one run."""

    def __init__(self, catalogue: Catalogue, area: Area, own: Area, lines: Mapping[str, Line], own_lines: Mapping[str, Line],
                 start: date, first: Sequence[str] = ()):
        """area, lines: as the scenario has them; own, own_lines: as the area has them without it; start: the first day of
        the run; first: lines that are staffed before all others.
        """
        self._lines, self._own, self._start = lines, own_lines, start
        self._needs = {name: groups for name, groups in needs(catalogue).items() if name in lines and name in own_lines}
        self._order = [*first, *(name for name in self._needs if name not in first)]
        said, before = _by_group(area), _by_group(own)
        here = {row.staff: row for row in catalogue.staff if row.staff in said}
        self._leave = {group: (said[group].get(LEAVE, 0.0) - before.get(group, said[group]).get(LEAVE, 0.0)) / 100
                       for group in here}
        self._after = {group: row.training_years for group, row in here.items()}
        self._said = {group: said[group] for group in here}
        self._more = {group: [rows.get(SPARE, 0.0)] for group, rows in self._said.items()}
        self._posts: list[dict[str, float]] = []

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of which the area says something."""
        return tuple(self._said)

    def there(self, group: str, month: int) -> float:
        """Whole-time posts that can be filled in the month-th month of the run (0: the first)."""
        return self.posts(month)[group] + self.more(group, month)

    def posts(self, month: int) -> dict[str, float]:
        """Posts of the area's own servers and places in that month, by group."""
        while len(self._posts) <= month:
            own, found = asked(self._own, add_months(self._start, len(self._posts))), dict.fromkeys(self._said, 0.0)
            for name in self._needs:
                for group, each in self._needed(self._own[name]).items():
                    found[group] += own[name] * each
            self._posts.append(found)
        return self._posts[month]

    def more(self, group: str, month: int) -> float:
        """The same, beyond those of the area's own servers and places (fewer, below 0)."""
        found, said = self._more[group], self._said[group]
        while len(found) <= month:
            m = len(found) - 1
            trained = said.get(TRAIN, 0.0) if m / MONTHS >= self._after[group] else 0.0
            gone = self._leave[group] * (self.posts(m)[group] + found[m]) if self._leave[group] else 0.0
            found.append(found[m] + (said.get(JOIN, 0.0) + trained - gone) / MONTHS)
        return found[month]

    def short(self, wanted: Mapping[str, float], month: int) -> dict[str, float]:
        """How many of the servers and places `wanted` nobody is found to staff, by line; lines that lack none are absent."""
        left = {group: self.there(group, month) for group in self._said}
        staffed = self._kept(wanted, left, month)
        for name, number in staffed.items():
            self._take(left, name, number)
        for name in (name for name in self._order if wanted.get(name)):
            needed = self._needed(self._lines[name])
            more = min([wanted[name] - staffed[name], *(max(left[group], 0.0) / each for group, each in needed.items())])
            staffed[name] += more
            self._take(left, name, more)
        return {name: wanted[name] - number for name, number in staffed.items()
                if wanted[name] - number > _ROUNDING * max(wanted[name], 1.0)}

    def _kept(self, wanted: Mapping[str, float], there: Mapping[str, float], month: int) -> dict[str, float]:
        """Servers and places of each line that the area has anyway: their people stay where they are. Where a group has
        become fewer than they need, all its lines lose the same share of it.
        """
        own = asked(self._own, add_months(self._start, month))
        kept = {name: min(wanted[name], own[name] * self._own[name].hours / (self._lines[name].hours or 1.0))
                for name in self._order if wanted.get(name)}
        needed = dict.fromkeys(there, 0.0)
        for name, number in kept.items():
            self._take(needed, name, -number)
        share = {group: min(there[group] / posts, 1.0) if posts else 1.0 for group, posts in needed.items()}
        return {name: number * max(min((share[group] for group in self._needed(self._lines[name])), default=1.0), 0.0)
                for name, number in kept.items()}

    def _take(self, left: dict[str, float], name: str, number: float) -> None:
        """The posts that so many servers or places of a line fill are no longer left."""
        for group, each in self._needed(self._lines[name]).items():
            left[group] -= number * each

    def _needed(self, line: Line) -> dict[str, float]:
        """Posts for one server or place, by group of which the area says something."""
        return {group: each * line.hours for group, each in self._needs.get(line.name, {}).items()
                if each * line.hours and group in self._said}


def asked(lines: Mapping[str, Line], on: date, servers: Mapping[str, int] | None = None,
          places: Mapping[str, float] | None = None) -> dict[str, float]:
    """Servers, or places a month, by line, in the month that begins `on`.

    servers (by pool), places (by programme): those that money has added.
    """
    found: dict[str, float] = {}
    for line in lines.values():
        if line.kind == PROGRAMME:
            number = line.number_in(on) + (places or {}).get(line.name, 0.0)
        else:
            number = sum(funded(line, on, servers or {}).values())
        found[line.name] = max(number, 0.0)
    return found


def funded(line: Line, on: date, servers: Mapping[str, int]) -> dict[str, int]:
    """Whole servers of each pool of a service in the month that begins `on`, with so many more as `servers` says."""
    return {pool: int(number * line.ratio_in(on) + 0.5) + servers.get(pool, 0) for pool, number in line.pools}


def _by_group(area: Area) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in area.staff:
        found.setdefault(row.staff, {})[row.what] = row.value
    return found
