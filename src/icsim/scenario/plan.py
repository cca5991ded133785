"""What the files of a scenario add up to: later files over earlier ones, every value worked out.

The chain is read from the far end: the scenario that everything rests on first, the user's own file last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from icsim.errors import Problem
from icsim.scenario.ground import Ground, Number
from icsim.scenario.money import Shifted
from icsim.scenario.parse import SourceFile
from icsim.scenario.shifts import Shift

PROGRAMME = ("places", "waiting_list", "first", "last", "coverage", "where", "priority", "score")
"""What a file may say of a programme, beside multiply and the reason."""


@dataclass(frozen=True)
class Changed:
    """One entry of [[changes]] and the value that it leads to."""

    row: str
    value: float
    reason: str
    number: Number
    """the row without any change"""
    word: str
    """value · multiply, whichever the entry uses"""
    given: float
    file: SourceFile
    index: int

    def problem(self, message: str, value: object) -> Problem:
        """A problem with the value of this entry."""
        return self.file.problem(("changes", self.index, self.word), message, value)


@dataclass(frozen=True)
class PoolPlan:
    """What a scenario says about one pool; None: as in the area."""

    number: int | None = None
    open: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class ServicePlan:
    """What a scenario says about one service as a whole; None: as in the catalogue."""

    queue_limit: int | None = None
    shift_end: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class ProgrammePlan:
    """What a scenario says about one programme; None: as in the area or the catalogue."""

    places: float | None = None
    waiting_list: int | None = None
    first: date | None = None
    last: date | None = None
    coverage: float | None = None
    where: tuple[str, ...] | None = None
    priority: str | None = None
    score: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """Everything a scenario changes; `changes` in the order in which they apply."""

    changes: tuple[Changed, ...] = ()
    pools: dict[str, PoolPlan] = field(default_factory=dict)
    services: dict[str, ServicePlan] = field(default_factory=dict)
    programmes: dict[str, ProgrammePlan] = field(default_factory=dict)
    shifted: tuple[Shifted, ...] = ()
    """money that moves between budget lines"""

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """The same, without where it was said."""
        return tuple(each.shift for each in self.shifted)


def plan(chain: list[SourceFile], ground: Ground) -> Plan:
    """The changes of a chain of sound files (the user's own first), without shifts of money."""
    pools: dict[str, PoolPlan] = {}
    services: dict[str, ServicePlan] = {}
    programmes: dict[str, ProgrammePlan] = {}
    for file in reversed(chain):
        for name, said in file.data.get("services", {}).items():
            services[name] = _over(services.get(name, ServicePlan()), said, ("queue_limit", "shift_end"))
            for pool in ground.limited_pools(name):
                before = pools.get(pool, PoolPlan())
                pools[pool] = _over(before, said | _multiplied(before, pool, said, ground), ("number", "open"))
        for name, said in file.data.get("pools", {}).items():
            pools[name] = _over(pools.get(name, PoolPlan()), said, ("number", "open"))
        for name, said in file.data.get("programmes", {}).items():
            so_far = programmes.get(name, ProgrammePlan())
            said = said if "multiply" not in said else said | {"places": _places(so_far, name, ground) * said["multiply"]}
            said = said if "where" not in said else said | {"where": tuple(said["where"])}
            programmes[name] = _over(so_far, said, PROGRAMME)
    return Plan(tuple(changed_values(chain, ground)), pools, services, programmes)


def _places(before: ProgrammePlan, name: str, ground: Ground) -> float:
    """Places a month so far."""
    return before.places if before.places is not None else ground.offers[name].value if name in ground.offers else 0.0


def _multiplied(before: PoolPlan, pool: str, said: dict[str, Any], ground: Ground) -> dict[str, int]:
    """The number of servers of a pool whose service says `multiply`."""
    if "multiply" not in said:
        return {}
    number = before.number if before.number is not None else ground.pools[pool].value or 0
    return {"number": int(number * said["multiply"] + 0.5)}


def changed_values(chain: list[SourceFile], ground: Ground) -> Iterator[Changed]:
    """Every entry of [[changes]] that can be worked out, in order; `multiply` acts on the value before."""
    now: dict[str, float] = {}
    for file in reversed(chain):
        for index, entry in enumerate(file.data.get("changes", [])):
            number = ground.rows.get(entry.get("row", ""))
            words = [word for word in ("value", "multiply") if word in entry]
            if number is None or len(words) != 1:
                continue
            given, row = entry[words[0]], entry["row"]
            now[row] = float(given) if words[0] == "value" else now.get(row, number.value) * given
            yield Changed(row, now[row], entry.get("reason", ""), number, words[0], given, file, index)


def merged(chain: list[SourceFile]) -> dict[str, Any]:
    """The words and the run settings of the chain: those of the user's own file first."""
    run: dict[str, Any] = {}
    for file in reversed(chain):
        run |= file.data.get("run", {})
    return chain[0].data | {"run": run, "area": next(file.data["area"] for file in chain if "area" in file.data)}


def _over(before: Any, said: dict[str, Any], names: tuple[str, ...]) -> Any:
    """`before` with those of the fields `names` that are said, and then with the reason said beside them."""
    new = {name: said[name] for name in names if name in said}
    return replace(before, **new, reason=said.get("reason", "")) if new else before
