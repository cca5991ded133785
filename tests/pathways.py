"""Small worlds for tests of the service engines: pathways and pools in a few words, turned into a `ServiceModel`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import strategies as st

from icsim import rng
from icsim._compile import kernel
from icsim.services.model import (
    CONSTANT,
    EXPONENTIAL,
    FINISH,
    LOGNORMAL,
    NO_SERVICE,
    NONE,
    NORMAL,
    PRE_EMPT,
    REFUSE_CLOSED,
    REFUSE_FULL,
    REVIEW,
    TRIANGULAR,
    UNIFORM,
    UNLIMITED,
    WAIT,
    Quantity,
    ServiceModel,
)
from icsim.tables import DEMAND, DEPARTURE, DIED, LEFT, MOVED_ON, NOBODY

GRID = 10
"""Milliseconds between the ticks of random worlds, on which most things happen, so that many happen at once."""

Row = tuple[int, float, float, float, float]
"""One distribution: kind and parameters a, b, c, d."""


def constant(ms: float) -> Row:
    return CONSTANT, ms, 0.0, 0.0, 0.0


def exponential(mean: float) -> Row:
    return EXPONENTIAL, mean, 0.0, 0.0, 0.0


def lognormal(mean: float, sd: float) -> Row:
    variance = float(np.log1p((sd / mean) ** 2))
    return LOGNORMAL, mean, sd, float(np.log(mean)) - variance / 2, variance**0.5


def uniform(low: float, high: float) -> Row:
    return UNIFORM, low, high, 0.0, 0.0


def triangular(low: float, mode: float, high: float) -> Row:
    return TRIANGULAR, low, mode, high, 0.0


def normal(mean: float, sd: float, least: float = 0.0) -> Row:
    return NORMAL, mean, sd, least, 0.0


NO_TIME: Row = constant(0)
FOR_EVER: Row = (NONE, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Diversion:
    """From a pressure of `above` at the service's pool on, this share of those who would go to `to` goes elsewhere."""

    to: str
    instead: str
    service: int
    above: float = 1.0
    share: float = 1.0


@dataclass(frozen=True)
class Step:
    """A step. `lasts`, `patience` and `priority` are one for all classes, or a list by class.

    `to` is the name of a step or outcome, or {name: share}, where a share may be a list by class. `shorten` is (service,
    pressure from which, factor). `keeps`: the server stays with the resident as a long hold.
    """

    name: str
    service: int | None = None
    lasts: Row | list[Row] = NO_TIME
    to: str | dict[str, float | list[float]] = "home"
    patience: Row | list[Row] = FOR_EVER
    otherwise: str | None = None
    priority: int | list[int] = 0
    hold: bool = False
    keeps: bool = False
    yields: bool = False
    mark: bool = False
    refuse: int = 0
    diversions: tuple[Diversion, ...] = ()
    shorten: tuple[int, float, float] | None = None


@dataclass(frozen=True)
class Pool:
    """A provider of a service. `servers` is a number or [(ms from which, number), …]; `shares` are by place.

    `extra` servers open when a review, at one of the times `reviews`, finds a pressure of at least `above`.
    """

    service: int
    servers: int | list[tuple[int, int]] = 1
    limit: int = UNLIMITED
    shift_end: int = FINISH
    shares: tuple[float, ...] = (1.0,)
    reserve: int = 0
    extra: int = 0
    above: float = 1.0
    reviews: tuple[int, ...] = ()


@dataclass(frozen=True)
class Pathways:
    """Steps, pools and outcomes; `starts` names the first step for each kind of demand (default: the first step)."""

    steps: list[Step]
    pools: list[Pool]
    outcomes: dict[str, tuple[int, int]] = field(default_factory=lambda: {"home": (-1, -1)})
    """{name: (attribute, level)}"""
    starts: list[str] | None = None
    classes: int = 1
    seed: int = 1
    put_off_by: int = 3 * GRID
    """ms; whole ones of which a case waits that comes while its resident has another: a day, in real life."""


def model(world: Pathways) -> ServiceModel:
    """The arrays that both engines read."""
    steps, pools, classes = world.steps, world.pools, world.classes
    return ServiceModel(
        start=np.array([_index(steps, name) for name in world.starts or [steps[0].name]], np.int32),
        step_service=np.array([-1 if step.service is None else step.service for step in steps], np.int32),
        step_hold=np.array([step.hold for step in steps], np.uint8),
        step_keep=np.array([step.keeps for step in steps], np.uint8),
        step_yield=np.array([step.yields for step in steps], np.uint8),
        step_mark=np.array([step.mark for step in steps], np.uint8),
        step_refuse=np.array([step.refuse for step in steps], np.uint8),
        step_otherwise=np.array([_otherwise(world, step) for step in steps], np.int32),
        step_priority=np.array([_by_class(step.priority, classes) for step in steps], np.int8),
        duration=_quantity([step.lasts for step in steps], classes),
        patience=_quantity([step.patience for step in steps], classes),
        **{f"{what}_stream": _streams(world, what) for what in ("duration", "patience", "branch")},
        **_branches(world),
        **_diversions(world),
        **_shortened(steps),
        outcome_attribute=np.array([attribute for attribute, _ in world.outcomes.values()], np.int16),
        outcome_level=np.array([level for _, level in world.outcomes.values()], np.int16),
        **_providers(world),
        pool_queue_limit=np.array([pool.limit for pool in pools], np.int32),
        pool_shift_end=np.array([pool.shift_end for pool in pools], np.int8),
        pool_reserve=np.array([pool.reserve for pool in pools], np.int32),
        pool_extra=np.array([pool.extra for pool in pools], np.int32),
        pool_extra_above=np.array([pool.above for pool in pools], np.float64),
        **_changes(pools),
    )


def _index(steps: list[Step], name: str) -> int:
    return next(n for n, step in enumerate(steps) if step.name == name)


def _outcome(world: Pathways, name: str) -> int:
    return list(world.outcomes).index(name)


def _otherwise(world: Pathways, step: Step) -> int:
    if step.otherwise is None:
        return -1
    if step.otherwise in world.outcomes:
        return -2 - _outcome(world, step.otherwise)
    return _index(world.steps, step.otherwise)


def _by_class(value, classes: int) -> list:
    return value if isinstance(value, list) else [value] * classes


def _quantity(rows: list[Row | list[Row]], classes: int) -> Quantity:
    table = np.array([_by_class(row, classes) for row in rows], np.float64)
    return Quantity(table[:, :, 0].astype(np.int8), np.ascontiguousarray(table[:, :, 1:]))


def _streams(world: Pathways, what: str) -> np.ndarray:
    return np.array([rng.stream(world.seed, f"{what} of {step.name}") for step in world.steps], np.uint64)


def _goes_to(world: Pathways, name: str) -> int:
    return -1 - _outcome(world, name) if name in world.outcomes else _index(world.steps, name)


def _branches(world: Pathways) -> dict[str, np.ndarray]:
    tables = [step.to if isinstance(step.to, dict) else {step.to: 1.0} for step in world.steps]
    to = [_goes_to(world, name) for table in tables for name in table]
    cumulative = [
        row
        for table in tables
        for row in np.cumsum([_by_class(share, world.classes) for share in table.values()], axis=0).tolist()
    ]
    ends = np.cumsum([len(table) for table in tables])
    cumulative = np.array(cumulative, np.float64)
    cumulative[ends - 1] = 1.0
    return {
        "branch_from": np.array([0, *ends], np.int32),
        "branch_to": np.array(to, np.int32),
        "branch_cumulative": cumulative,
    }


def _diversions(world: Pathways) -> dict[str, np.ndarray]:
    rows = [(step, n, row) for step in world.steps for n, row in enumerate(step.diversions)]
    streams = [rng.stream(world.seed, f"diversion {n} of {step.name}") for step, n, _ in rows]
    return {
        "divert_from": np.cumsum([0, *(len(step.diversions) for step in world.steps)]).astype(np.int32),
        "divert_to": np.array([_goes_to(world, row.to) for *_, row in rows], np.int32),
        "divert_instead": np.array([_goes_to(world, row.instead) for *_, row in rows], np.int32),
        "divert_service": np.array([row.service for *_, row in rows], np.int32),
        "divert_above": np.array([row.above for *_, row in rows], np.float64),
        "divert_share": np.array([row.share for *_, row in rows], np.float64),
        "divert_stream": np.array(streams, np.uint64),
    }


def _shortened(steps: list[Step]) -> dict[str, np.ndarray]:
    service, above, factor = zip(*(step.shorten or (NO_SERVICE, 0.0, 1.0) for step in steps), strict=True)
    return {
        "shorten_service": np.array(service, np.int32),
        "shorten_above": np.array(above, np.float64),
        "shorten_factor": np.array(factor, np.float64),
    }


def _providers(world: Pathways) -> dict[str, np.ndarray | np.uint64]:
    services = 1 + max((pool.service for pool in world.pools), default=-1)
    places = len(world.pools[0].shares) if world.pools else 1
    first, rows, cumulative = [], [], []
    for service in range(services):
        offers = [(p, pool) for p, pool in enumerate(world.pools) if pool.service == service]
        starts = []
        for place in range(places):
            starts.append(len(rows))
            rows += [p for p, _ in offers]
            cumulative += [*np.cumsum([pool.shares[place] for _, pool in offers])[:-1].tolist(), 1.0]
        first.append([*starts, len(rows)])
    return {
        "put_off_by": np.int64(world.put_off_by),
        "provider_stream": rng.stream(world.seed, "provider"),
        "provider_from": np.array(first, np.int32).reshape(services, places + 1),
        "provider_pool": np.array(rows, np.int32),
        "provider_cumulative": np.array(cumulative, np.float64),
    }


def planned(pool: Pool) -> list[tuple[int, int]]:
    """(ms from which, servers planned)."""
    return pool.servers if isinstance(pool.servers, list) else [(0, pool.servers)]


def _changes(pools: list[Pool]) -> dict[str, np.ndarray]:
    """By time and pool; at one instant a review comes after a change."""
    rows = sorted(
        (ms, p, servers == REVIEW, servers)
        for p, pool in enumerate(pools)
        for ms, servers in [*planned(pool), *((ms, REVIEW) for ms in pool.reviews)]
    )
    ms, pool, _, capacity = zip(*rows, strict=True) if rows else ((), (), (), ())
    return {
        "change_ms": np.array(ms, np.int64),
        "change_pool": np.array(pool, np.int32),
        "change_capacity": np.array(capacity, np.int32),
    }


def demands(*rows: dict | tuple) -> np.ndarray:
    """DEMAND[n] from (ms, key) or {field: value}; resident = the row's number unless given."""
    table = np.zeros(len(rows), DEMAND)
    table["resident"] = np.arange(len(rows))
    for row, value in zip(table, rows, strict=True):
        for name, number in (value if isinstance(value, dict) else {"ms": value[0], "key": value[1]}).items():
            row[name] = number
    return table


def departures(*rows: tuple[int, int, int]) -> np.ndarray:
    """DEPARTURE[n] from (ms, resident, reason)."""
    return np.array(list(rows), DEPARTURE)


def tenants(*rows: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(residents, pools) from (resident, pool): who keeps a server at the start."""
    table = np.array(list(rows), np.int32).reshape(-1, 2)
    return table[:, 0], table[:, 1]


NO_DEPARTURES = np.empty(0, DEPARTURE)


@kernel
def _fill_poisson(stream, mean_gap, ms, key):
    clock = 0.0
    for n in range(len(ms)):
        key[n] = rng.address(stream, np.uint64(n), np.uint64(1))
        clock += mean_gap * rng.exponential(rng.draw(stream, np.uint64(n), 0))
        ms[n] = np.int64(clock)


def poisson(mean_gap: float, count: int, seed: int = 1, kind: int = 0, cls: int = 0) -> np.ndarray:
    """DEMAND[count] arriving at random, on average `mean_gap` ms apart; residents are numbered from 0."""
    ms, key = np.empty(count, np.int64), np.empty(count, np.uint64)
    _fill_poisson(rng.stream(seed, f"arrivals {kind} {cls}"), float(mean_gap), ms, key)
    table = np.zeros(count, DEMAND)
    table["ms"], table["key"], table["resident"], table["kind"], table["cls"] = ms, key, np.arange(count), kind, cls
    return table


def merged(*tables: np.ndarray) -> np.ndarray:
    """Several streams of demands in order of time, each from a resident of its own."""
    together = np.concatenate(tables)
    together = together[np.lexsort((together["key"], together["ms"]))]
    together["resident"] = np.arange(len(together))
    return together


# Random worlds

HORIZON = 40 * GRID
OUTCOMES = {"home": (-1, -1), "care_home": (3, 2), "cured": (0, 1)}
SPREAD = [exponential(25), lognormal(30, 30), uniform(0, 20), triangular(0, 10, 40), normal(10, 15, 2.5)]


@dataclass(frozen=True)
class World:
    """Pathways with what happens to them."""

    pathways: Pathways
    other: Pathways
    """Of the same shape, to take over at some of the cuts."""
    demands: np.ndarray
    departures: np.ndarray
    tenants: tuple[np.ndarray, np.ndarray]
    cuts: tuple[int, ...]
    """Where a run in several calls is cut."""

    @property
    def model(self) -> ServiceModel:
        return model(self.pathways)

    def adopted_at(self, ms: int) -> ServiceModel | None:
        """The model that takes over at this cut, if one does: the other, the first, or the one that holds, in turn."""
        n = self.cuts.index(ms)
        if self.cuts[0] % 3 == 0:
            return None
        return model(takes_over([self.other, self.other, self.pathways, self.other][n], ms))


def takes_over(pathways: Pathways, now_ms: int) -> Pathways:
    """The same, with the capacity of every pool stated again at `now_ms`."""

    def again(pool: Pool) -> Pool:
        rows = planned(pool)
        now = [(now_ms, number) for ms, number in rows if ms <= now_ms][-1:]
        return replace(pool, servers=sorted([row for row in rows if row[0] != now_ms] + now))

    return replace(pathways, pools=[again(pool) for pool in pathways.pools])


class Luck:
    """Choices that depend on a seed and a name alone, so that a world with one step less keeps all its other steps."""

    def __init__(self, *address: int):
        self._choices = np.random.default_rng(address)

    def one_of(self, *options):
        """Each option is equally likely; repeat an option to make it likelier."""
        return options[self._choices.integers(len(options))]

    def chance(self, share: float) -> bool:
        return bool(self._choices.random() < share)

    def ticks(self, least: int, most: int) -> list[int]:
        """Some instants on the grid, in order, after 0 and before the horizon."""
        count = self._choices.integers(least, most + 1)
        return [GRID * int(n) for n in sorted(self._choices.choice(np.arange(1, HORIZON // GRID), count, False))]


def _random_time(luck: Luck) -> Row:
    return luck.one_of(constant(0), *(constant(GRID * luck.one_of(*range(1, 9))) for _ in range(6)), *SPREAD)


def _random_pool(luck: Luck, service: int, places: int) -> Pool:
    shifts = [(ms, luck.one_of(0, 0, 1, 1, 1, 2, 2, 3)) for ms in [0, *luck.ticks(0, 9)]]
    return Pool(
        service=service,
        servers=luck.one_of(*[shifts] * 9, UNLIMITED),
        limit=luck.one_of(0, 1, 3, UNLIMITED),
        shift_end=luck.one_of(FINISH, WAIT, PRE_EMPT),
        shares=tuple(luck.one_of(0.0, 0.3, 0.5, 1.0) for _ in range(places)),
        reserve=luck.one_of(0, 0, 1, 1, 2),
        extra=luck.one_of(0, 0, 1, 2),
        above=luck.one_of(0.0, 0.5, 1.0, 2.0),
        reviews=tuple(luck.one_of((), luck.ticks(1, 9), [ms for ms, _ in shifts])),
    )


def _random_step(luck: Luck, n: int, names: list[str], services: int, classes: int) -> Step:
    """Branches may lead anywhere, but at least 0.4 lead onward; `otherwise` and diversions lead onward or nowhere."""
    onward = [*names[n + 1 :] * 3, *OUTCOMES]
    sides = {luck.one_of(*names, *OUTCOMES) for _ in range(luck.one_of(0, 1, 2))}
    shares = {name: [luck.one_of(0.0, 0.1, 0.3) for _ in range(classes)] for name in sorted(sides)}
    main = luck.one_of(*(name for name in onward if name not in shares))
    to = {**shares, main: [1.0 - sum(shares[name][c] for name in shares) for c in range(classes)]}
    return Step(
        name=names[n],
        service=luck.one_of(None, *range(services), *range(services)),
        lasts=[_random_time(luck) for _ in range(classes)],
        patience=[luck.one_of(FOR_EVER, FOR_EVER, _random_time(luck)) for _ in range(classes)],
        to=to,
        otherwise=luck.one_of(None, *onward),
        priority=[luck.one_of(0, 1, 2) for _ in range(classes)],
        hold=luck.chance(0.6),
        keeps=luck.chance(0.25),
        yields=luck.chance(0.25),
        mark=luck.chance(0.25),
        refuse=luck.one_of(0, 0, 0, REFUSE_CLOSED, REFUSE_FULL, REFUSE_CLOSED | REFUSE_FULL),
        diversions=tuple(
            Diversion(luck.one_of(*to), luck.one_of(*onward), luck.one_of(*range(services)), luck.one_of(0.0, 0.5, 1.0, 2.0),
                      luck.one_of(0.5, 1.0))
            for _ in range(luck.one_of(0, 0, 1, 2))
        ),
        shorten=luck.one_of(None, (luck.one_of(*range(services)), luck.one_of(0.0, 0.5, 1.0), luck.one_of(0.0, 0.55, 1.5))),
    )


def _may_hold(step: Step, steps: dict[str, Step]) -> bool:
    """Whether the server is only ever kept while waiting for the same service or a later one (so no cycle of holds)."""
    if step.service is None:
        return False
    ahead, seen = [*step.to, *(row.instead for row in step.diversions)], set()
    while ahead:
        name = ahead.pop()
        after = steps.get(name)
        if name in seen or after is None or after.service is None:
            continue
        if after.service < step.service:
            return False
        seen.add(name)
        ahead.append(after.otherwise)
    return True


def random_pathways(seed: int, services: int, count: int, variant: int = 0) -> Pathways:
    """Up to `count` steps on some services, with every feature that the engines have.

    Variants of one seed have the same shape: services, pools, steps, kinds of demand, classes, places and outcomes.
    """
    luck = Luck(seed)
    classes, places = luck.one_of(1, 2), luck.one_of(1, 2)
    own = (variant,) if variant else ()
    pools = [_random_pool(Luck(seed, 1, s, n, *own), s, places)
             for s in range(services) for n in range(luck.one_of(1, 1, 2))]
    names = [f"step {n}" for n in range(count)]
    steps = {name: _random_step(Luck(seed, 2, n, *own), n, names, services, classes) for n, name in enumerate(names)}
    return Pathways(
        steps=[replace(step, hold=step.hold and _may_hold(step, steps)) for step in steps.values()],
        pools=pools,
        outcomes=OUTCOMES,
        starts=luck.one_of([names[0]], [names[0], luck.one_of(*names)]),
        classes=classes,
        seed=seed + variant,
    )


def random_demands(seed: int, count: int, pathways: Pathways) -> np.ndarray:
    """Demands in the first three quarters of the horizon, many at the same instant; some are of no residents, and in half of
    all worlds residents have up to three, so that one may come while another is open.
    """
    luck = np.random.default_rng((seed, 3))
    table = np.zeros(count, DEMAND)
    table["ms"] = luck.integers(0, HORIZON * 3 // 4 // GRID, count) * GRID
    table["key"] = luck.integers(0, 2**64, count, np.uint64)
    table["resident"] = np.where(luck.random(count) < 0.2, NOBODY, luck.permutation(count) // luck.choice([1, 3]))
    table["kind"] = luck.integers(0, len(pathways.starts), count)
    table["cls"] = luck.integers(0, pathways.classes, count)
    table["place"] = luck.integers(0, len(pathways.pools[0].shares), count)
    table["cell"], table["severity"] = luck.integers(0, 99, count), luck.integers(0, 3, count)
    table["cell"][table["resident"] == NOBODY] = -1
    return table[np.lexsort((table["key"], table["ms"]))]


def random_departures(seed: int, residents: int, share: float) -> np.ndarray:
    """Some residents die or leave, at times on the grid, once each; some, perhaps the same, move on, once or twice."""
    luck = np.random.default_rng((seed, 4))
    leaving, moving = (np.flatnonzero(luck.random(residents) < share) for _ in range(2))
    moving = np.concatenate([moving, moving[::2]])
    table = np.zeros(len(leaving) + len(moving), DEPARTURE)
    table["ms"] = luck.integers(0, HORIZON // GRID, len(table)) * GRID
    table["resident"] = np.concatenate([leaving, moving])
    table["reason"] = [*luck.choice([DIED, LEFT], len(leaving)), *[MOVED_ON] * len(moving)]
    return np.sort(table, order=["ms", "resident"])


def random_tenants(seed: int, residents: int, pathways: Pathways, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Some residents keep a server at the start, whether or not there are that many."""
    luck = np.random.default_rng((seed, 6))
    keeping = np.flatnonzero(luck.random(residents) < share)
    return keeping, luck.integers(0, len(pathways.pools), len(keeping))


@st.composite
def random_worlds(draw) -> World:
    """Pathways, what happens, and cuts in time. Hypothesis chooses (and shrinks) the sizes and one seed."""
    seed, count = draw(st.integers(0, 2**32)), draw(st.sampled_from([1, 5, 20, 40, 40, 60, 60]))
    services, steps = draw(st.integers(1, 4)), draw(st.sampled_from([1, 2, 4, 6, 8, 8]))
    pathways = random_pathways(seed, services, steps)
    return World(
        pathways=pathways,
        other=random_pathways(seed, services, steps, variant=1),
        demands=random_demands(seed, count, pathways),
        departures=random_departures(seed, count, draw(st.sampled_from([0.3, 0.0, 1.0]))),
        tenants=random_tenants(seed, count, pathways, draw(st.sampled_from([0.0, 0.05, 0.2]))),
        cuts=tuple(ms - GRID // 2 * Luck(seed, 5, ms).chance(0.3) for ms in Luck(seed, 5).ticks(0, 4)),
    )
