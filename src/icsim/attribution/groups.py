"""At most five groups of parts: every set of groups is a scenario of its own, so five are 32 runs and six would be 64."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from icsim.attribution.parts import Part
from icsim.errors import Problem, ScenarioError
from icsim.scenario.wording import nearest

MOST = 5
REST = "the_rest"


@dataclass(frozen=True)
class Group:
    """Parts of a scenario that are looked at together."""

    name: str
    label: str
    parts: tuple[str, ...]
    """their names"""


def grouped(scenario: str, found: Sequence[Part], named: Mapping[str, Sequence[str]] | None = None) -> tuple[Group, ...]:
    """The parts in at most MOST groups: those that are `named` (name → names of parts), and each other part alone.

    Where that is more than MOST, the parts that move most money in a year stay alone, and all others are one: the_rest. A
    part whose cost is not known counts as small. Raises ScenarioError for names of no part, a part in two groups, too many
    groups, and a scenario that changes nothing.
    """
    named = named or {}
    _refuse(scenario, _problems(found, named))
    taken = {name for names in named.values() for name in names}
    left = [part for part in found if part.name not in taken and not set(part.rows) & taken]
    own = [Group(name, name.replace("_", " "), tuple(dict.fromkeys(_part(found, each).name for each in names)))
           for name, names in named.items()]
    room = MOST - len(own)
    if len(left) <= room:
        return (*own, *map(_alone, left))
    if room < 1:
        _refuse(scenario, [Problem("--group", f"leaves over {_listed(part.name for part in left)}, and there can be {MOST} "
                                              "groups at most. Put them into one of the groups.")])
    largest = sorted(left, key=lambda part: (-part.pence, part.name))[: room - 1]
    rest = tuple(part.name for part in left if part not in largest)
    return (*own, *(_alone(part) for part in left if part in largest), Group(REST, "All else", rest))


def _alone(part: Part) -> Group:
    return Group(part.name, part.label, (part.name,))


def _part(found: Sequence[Part], name: str) -> Part:
    """The part with this name, or that this row belongs to."""
    return next(part for part in found if name == part.name or name in part.rows)


def _problems(found: Sequence[Part], named: Mapping[str, Sequence[str]]) -> Iterable[Problem]:
    known = [name for part in found for name in (part.name, *part.rows)]
    if not found:
        yield Problem("--attribute", "finds nothing that the two scenarios do not have in common.")
    if len(named) > MOST:
        yield Problem("--group", f"can be given {MOST} times at most: every group doubles the runs.", 0, len(named))
    for group, names in named.items():
        if group in {part.name for part in found} - set(names):
            yield Problem(f"--group {group}", "is the name of a part that is not in it. Call the group otherwise.")
        if not names or not group:
            yield Problem(f"--group {group}", "names nothing. Write it as in prevention=stop_smoking,weight_programme.")
        for name in names:
            if name not in known:
                yield Problem(f"--group {group}", f"{name} is not changed by the scenario.{nearest(name, known)} It changes "
                                                  f"{_listed(part.name for part in found) or 'nothing'}.")
    sound = [_part(found, name).name for names in named.values()
             for name in dict.fromkeys(_part(found, each).name for each in names if each in known)]
    for name in dict.fromkeys(name for name in sound if sound.count(name) > 1):
        yield Problem("--group", f"has {name} in two groups.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _refuse(scenario: str, problems: Iterable[Problem]) -> None:
    told = list(problems)
    if told:
        raise ScenarioError(scenario, told)
