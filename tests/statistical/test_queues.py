"""Queues whose answer is known exactly, for both engines.

Each run is cut into stretches of equal length and each quantity estimated in every stretch (batch means). A run is long
enough if the 99 % confidence half-width of the mean is at most the stated tolerance; the mean must then lie that close
to theory. The reference engine is many times slower: its runs are shorter and its tolerances wider; but on every queue
its trace is that of the compiled engine. In every run Little's law and the balance of flows hold exactly.

Sources: Erlang 1917 and Erlang A: Garnett, Mandelbaum & Reiman 2002; priorities: Cobham 1954; M/G/1: Pollaczek 1930,
Khinchine 1932; pre-emption: Kleinrock 1976, Queueing Systems II; network: Jackson 1957 with the inputs of the Ciw
tutorial. Formulas as in Gross et al. 2008, Fundamentals of Queueing Theory; the figures beside them were computed
elsewhere and check the formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from pathways import (
    NO_DEPARTURES,
    Pathways,
    Pool,
    Row,
    Step,
    constant,
    exponential,
    lognormal,
    merged,
    model,
    poisson,
)
from scipy.stats import t as student

from icsim.services.compiled import CompiledEngine
from icsim.services.model import PRE_EMPT, REFUSE_FULL, UNLIMITED, WAIT
from icsim.services.reference import ReferenceEngine
from icsim.services.served import SUM_NAMES, Served
from icsim.tables import GAVE_UP, REFUSED, STILL_THERE

pytestmark = pytest.mark.statistical

UNIT = 1_000_000
"""Milliseconds in one unit of time: rounding to whole milliseconds does not show."""
STRETCHES, WARM_UP = 32, 2

Estimate = Callable[[Served], float]


@dataclass(frozen=True)
class Queue:
    """Pathways, their arrivals as (rate, kind, class), and what theory says of them."""

    pathways: Pathways
    arrivals: list[tuple[float, int, int]]
    expected: list[tuple[str, Estimate, float]]
    """(name, how it is estimated from one stretch, exact value)"""


def arrivals_of(queue: Queue, customers: int) -> tuple[np.ndarray, int]:
    """About so many demands, and the time until which all streams have some."""
    rates = [rate for rate, _, _ in queue.arrivals]
    streams = [
        poisson(UNIT / rate, round(customers * rate / sum(rates)), 1, kind, cls) for rate, kind, cls in queue.arrivals
    ]
    return merged(*streams), min(int(stream["ms"][-1]) for stream in streams)


def estimates(engine: type, queue: Queue, customers: int) -> np.ndarray:
    """Each expected quantity in each stretch of one run, those of the warm-up left out: float64[stretch, quantity]."""
    calls, end = arrivals_of(queue, customers)
    cuts = np.linspace(0, end, STRETCHES + 1).astype(np.int64)
    edges = np.searchsorted(calls["ms"], cuts)
    run = engine(model(queue.pathways))
    rows, books = [], Books(queue.pathways)
    for first, last, until in zip(edges, edges[1:], cuts[1:], strict=False):
        part = run.serve(calls[first:last], NO_DEPARTURES, int(until))
        rows.append([estimate(part) for _, estimate, _ in queue.expected])
        books.enter(part)
    books.enter(run.finish(end))
    books.close()
    return np.array(rows[WARM_UP:])


class Books:
    """Little's law and the balance of flows over a whole run, the unserved and unfinished included.

    Those sent away in mid-service wait again, and no record says how long: such pools are left out of Little's law.
    """

    def __init__(self, pathways: Pathways) -> None:
        self.told = np.array([pool.shift_end != PRE_EMPT for pool in pathways.pools])
        self.sums = self.waits = self.unserved = 0

    def enter(self, part: Served) -> None:
        rows = part.contacts[part.contacts["pool"] >= 0]
        served, pools = rows["started"] >= 0, len(part.sums)
        waits = np.where(served, rows["started"], rows["ended"]) - rows["asked"]
        self.sums += np.stack([part.sums[name] for name in part.sums.dtype.names])
        self.waits += np.bincount(rows["pool"], waits, pools)
        self.unserved += np.bincount(rows["pool"][~served & (rows["reason"] == STILL_THERE)], minlength=pools)

    def close(self) -> None:
        sums = dict(zip(SUM_NAMES, self.sums, strict=True))
        np.testing.assert_allclose(sums["waiting_ms"][self.told], self.waits[self.told], rtol=1e-9)
        assert np.array_equal(sums["arrivals"], sums["grants"] + sums["left_queue"] + self.unserved)


def assert_as_theory_says(engine: type, queue: Queue, customers: int, tolerance: float) -> None:
    """`tolerance` is a share of the exact value."""
    values = estimates(engine, queue, customers)
    half_widths = student.ppf(0.995, len(values) - 1) * values.std(axis=0, ddof=1) / len(values) ** 0.5
    for (name, _, exact), mean, half_width in zip(queue.expected, values.mean(axis=0), half_widths, strict=True):
        assert half_width <= tolerance * exact, f"{name}: the run is too short, {half_width / exact:.3f} of the value"
        assert mean == pytest.approx(exact, rel=tolerance), name


# Estimates from one stretch


def _visits(part: Served, step: int, cls: int | None = None) -> np.ndarray:
    rows = part.contacts[part.contacts["step"] == step]
    return rows if cls is None else rows[rows["cls"] == cls]


def wait(step: int = 0, cls: int | None = None) -> Estimate:
    """Mean time in the queue, in units; whoever was never served waited until the end."""

    def estimate(part: Served) -> float:
        rows = _visits(part, step, cls)
        return float((np.where(rows["started"] < 0, rows["ended"], rows["started"]) - rows["asked"]).mean() / UNIT)

    return estimate


def sojourn(step: int) -> Estimate:
    """Mean time from asking to the end of service, in units."""

    def estimate(part: Served) -> float:
        rows = _visits(part, step)
        return float((rows["ended"] - rows["asked"]).mean() / UNIT)

    return estimate


def share_waiting(part: Served) -> float:
    """Share of customers who were not served at once."""
    rows = _visits(part, 0)
    return float((rows["started"] != rows["asked"]).mean())


def share(reason: int) -> Estimate:
    """Share of customers whose visit ended for this reason."""
    return lambda part: float((_visits(part, 0)["reason"] == reason).mean())


def _duration(part: Served, pool: int) -> float:
    """Length of the stretch; the servers of these pools never change."""
    return part.sums["open_ms"][pool]


def in_queue(servers: int, pool: int = 0) -> Estimate:
    """Mean number waiting."""
    return lambda part: float(part.sums["waiting_ms"][pool] / (_duration(part, pool) / servers))


def in_system(servers: int, pool: int = 0) -> Estimate:
    """Mean number waiting or in service."""

    def estimate(part: Served) -> float:
        both = part.sums["waiting_ms"][pool] + part.sums["busy_ms"][pool]
        return float(both / (_duration(part, pool) / servers))

    return estimate


def utilisation(pool: int = 0) -> Estimate:
    """Share of servers' time in use."""
    return lambda part: float(part.sums["busy_ms"][pool] / part.sums["open_ms"][pool])


# Theory


def erlang_b(load: float, servers: int) -> float:
    """Probability of being refused by a full group of servers, offered load λ/μ (stable recursion)."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Probability of waiting in M/M/c."""
    blocked, used = erlang_b(load, servers), load / servers
    return blocked / (1 - used * (1 - blocked))


@pytest.mark.parametrize(
    ("load", "servers", "known"),
    [(2.5, 5, 0.13037), (6, 10, 0.1013), (20, 25, 0.20910), (40, 50, 0.086953), (9, 10, 0.668732), (4, 5, 0.554113)],
)
def test_erlang_c_formula(load, servers, known):
    assert erlang_c(load, servers) == pytest.approx(known, rel=5e-4)


@pytest.mark.parametrize(
    ("load", "servers", "known"), [(2, 5, 0.036697), (12.03, 20, 0.009996), (84.1, 100, 0.010072)]
)
def test_erlang_b_formula(load, servers, known):
    assert erlang_b(load, servers) == pytest.approx(known, rel=5e-4)


# Queues


def one_pool(servers: int, lasts: Row, limit: int = UNLIMITED, classes: int = 1, **rules) -> Pathways:
    return Pathways([Step("s", 0, lasts, **rules)], [Pool(0, servers, limit=limit)], classes=classes)


def multi_server(rate: float, service_rate: float, servers: int) -> Queue:
    """M/M/c."""
    load = rate / service_rate
    waits = erlang_c(load, servers)
    mean_wait = waits / (servers * service_rate - rate)
    expected = [
        ("P(wait)", share_waiting, waits),
        ("wait", wait(), mean_wait),
        ("number waiting", in_queue(servers), rate * mean_wait),
        ("number there", in_system(servers), rate * mean_wait + load),
        ("utilisation", utilisation(), load / servers),
    ]
    return Queue(one_pool(servers, exponential(UNIT / service_rate)), [(rate, 0, 0)], expected)


def loss(load: float, servers: int, lasts: Row) -> Queue:
    """M/G/c/c: whoever finds all servers busy is refused; only the mean of the service time matters."""
    pathways = one_pool(servers, lasts, refuse=REFUSE_FULL, limit=0)
    return Queue(pathways, [(load, 0, 0)], [("P(refused)", share(REFUSED), erlang_b(load, servers))])


def general(rate: float, lasts: Row, cv2: float) -> Queue:
    """M/G/1 with mean service 1 and squared coefficient of variation `cv2`."""
    return Queue(one_pool(1, lasts), [(rate, 0, 0)], [("wait", wait(), rate / (1 - rate) * (1 + cv2) / 2)])


def priorities() -> Queue:
    """M/M/1 with urgent (.3) and other (.5) customers; as nobody is interrupted, the work that waits is as ever."""

    def work_waiting(part: Served) -> float:
        return 0.3 * wait(cls=0)(part) + 0.5 * wait(cls=1)(part)

    expected = [
        ("urgent", wait(cls=0), 1.142857),
        ("others", wait(cls=1), 5.714286),
        ("work waiting", work_waiting, 0.8 * 4.0),
    ]
    return Queue(one_pool(1, exponential(UNIT), classes=2, priority=[0, 1]), [(0.3, 0, 0), (0.5, 0, 1)], expected)


def interrupted(shift_end: int, customers: int) -> Queue:
    """M/M/1 with urgent (.3) customers who interrupt the others (.5): pre-emptive, resumed.

    The engines interrupt nobody for another's urgency, so the hours in which the urgent are served – M/M/1 among
    themselves – are those in which the server is off duty for the others.
    """
    urgent = CompiledEngine(model(one_pool(1, exponential(UNIT)))).serve(*_urgent(customers))
    visits = _visits(urgent, 0)
    rota = {0: 1}
    for asked, started, ended in visits[["asked", "started", "ended"]].tolist():
        rota |= {started: 0, ended: 1} if asked == started else {ended: 1}
        if asked < started:
            rota[started] = 0
    pathways = Pathways([Step("s", 0, exponential(UNIT))], [Pool(0, sorted(rota.items()), shift_end=shift_end)], seed=2)
    expected = [("time there", sojourn(0), 7.142857)]
    return Queue(pathways, [(0.5, 0, 0)], expected)


def _urgent(customers: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Arrivals of the urgent for as long as so many others come, and a little longer; and when it ends."""
    calls = poisson(UNIT / 0.3, round(0.62 * customers), seed=2)
    return calls, NO_DEPARTURES, int(calls["ms"][-1])


def impatience() -> Queue:
    """Erlang-A: 10 servers, 10 arrivals a unit, mean service 1, mean patience 2."""
    expected = [
        ("P(wait)", share_waiting, 0.619655),
        ("P(abandon)", share(GAVE_UP), 0.103912),
        ("wait", wait(), 0.207826),
        ("utilisation", utilisation(), 0.896087),
    ]
    return Queue(one_pool(10, exponential(UNIT), patience=exponential(2 * UNIT)), [(10, 0, 0)], expected)


def network() -> Queue:
    """Cold counter, hot counter, till: 30 % of the cold counter's customers go on to the hot one, all to the till."""
    steps = [
        Step("cold", 0, exponential(UNIT), to={"hot": 0.3, "till": 0.7}),
        Step("hot", 1, exponential(UNIT / 0.4), to="till"),
        Step("till", 2, exponential(UNIT / 0.5)),
    ]
    servers = (1, 2, 2)
    expected = [
        *((f"used {n}", utilisation(n), share) for n, share in enumerate((0.3, 0.3625, 0.5))),
        *((f"time at {n}", sojourn(n), time) for n, time in enumerate((1.4286, 2.8782, 2.6667))),
        *((f"number at {n}", in_system(servers[n], n), number) for n, number in enumerate((0.4286, 0.8347, 1.3333))),
    ]
    pools = [Pool(n, number) for n, number in enumerate(servers)]
    return Queue(Pathways(steps, pools, starts=["cold", "hot"]), [(0.3, 0, 0), (0.2, 1, 0)], expected)


QUEUES = {
    **{
        f"M/M/{servers} at {rate}/{service_rate}": multi_server(rate, service_rate, servers)
        for rate, service_rate, servers in [(5, 8, 1), (0.2, 0.1, 3), (0.2, 0.1, 4)]
    },
    **{
        f"M/M/{servers} at {rate}": multi_server(rate, 1, servers)
        for rate, servers in [(0.3, 1), (0.5, 1), (0.8, 1), (0.9, 1), (1.8, 2), (4, 5), (9, 10), (2.5, 5), (6, 10),
                              (20, 25), (40, 50)]
    },
    **{
        f"loss {servers} at {load}, cv {cv}": loss(load, servers, lognormal(UNIT, cv * UNIT))
        for load, servers in [(2, 5), (12.03, 20), (84.1, 100)]
        for cv in (0.5, 1, 2)
    },
    "loss 5 at 2, exponential": loss(2, 5, exponential(UNIT)),
    **{f"M/D/1 at {rate}": general(rate, constant(UNIT), 0) for rate in (0.5, 0.8, 0.9)},
    **{f"M/LN/1 at {rate}": general(rate, lognormal(UNIT, 2 * UNIT), 4) for rate in (0.5, 0.8, 0.9)},
    "priorities": priorities(),
    "impatience": impatience(),
    "network": network(),
}


QUICK = [
    (CompiledEngine, 300_000, 0.03, ["M/D/1 at 0.5", "network"]),
    (CompiledEngine, 500_000, 0.03, ["M/M/1 at 0.3", "M/M/1 at 0.5"]),
    (CompiledEngine, 300_000, 0.05, ["M/M/1 at 5/8", "impatience", "loss 5 at 2, exponential"]),
    (CompiledEngine, 300_000, 0.05, [f"loss 5 at 2, cv {cv}" for cv in (0.5, 1, 2)]),
    (CompiledEngine, 300_000, 0.08, ["M/M/3 at 0.2/0.1", "M/M/4 at 0.2/0.1", "M/M/5 at 2.5", "priorities"]),
    (CompiledEngine, 300_000, 0.1, ["M/LN/1 at 0.5"]),
    (ReferenceEngine, 30_000, 0.08, ["M/D/1 at 0.5", "network"]),
    (ReferenceEngine, 30_000, 0.15, ["M/M/1 at 5/8", "impatience"]),
    (ReferenceEngine, 30_000, 0.2, ["priorities"]),
]
SLOW = [
    (CompiledEngine, 700_000, 0.03, ["M/M/1 at 5/8", "M/D/1 at 0.8", "impatience", "network"]),
    (CompiledEngine, 1_600_000, 0.03, ["M/M/3 at 0.2/0.1", "M/M/4 at 0.2/0.1", "priorities", "M/M/1 at 0.8"]),
    (CompiledEngine, 700_000, 0.06, ["M/M/5 at 4", "M/D/1 at 0.9"]),
    (CompiledEngine, 1_600_000, 0.06, ["M/M/10 at 6"]),
    (CompiledEngine, 3_000_000, 0.06, ["M/M/1 at 0.9", "M/M/2 at 1.8", "M/M/25 at 20", "M/LN/1 at 0.8"]),
    (CompiledEngine, 3_000_000, 0.06, [f"loss 20 at 12.03, cv {cv}" for cv in (0.5, 1, 2)]),
    (CompiledEngine, 3_000_000, 0.1, ["M/M/10 at 9", "M/M/50 at 40", "M/LN/1 at 0.9"]),
    (CompiledEngine, 2_500_000, 0.1, [f"loss 100 at 84.1, cv {cv}" for cv in (0.5, 1, 2)]),
    (ReferenceEngine, 70_000, 0.04, ["network"]),
    (ReferenceEngine, 110_000, 0.08, ["impatience", "loss 5 at 2, cv 2"]),
]
"""(engine, customers, tolerance as a share of the exact value, queues)"""


def _one_by_one(runs) -> list:
    return [
        pytest.param(engine, name, customers, tolerance, id=f"{engine.__name__}: {name}")
        for engine, customers, tolerance, names in runs
        for name in names
    ]


@pytest.mark.parametrize(("engine", "name", "customers", "tolerance"), _one_by_one(QUICK))
def test_queue(engine, name, customers, tolerance):
    assert_as_theory_says(engine, QUEUES[name], customers, tolerance)


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "name", "customers", "tolerance"), _one_by_one(SLOW))
def test_queue_closely(engine, name, customers, tolerance):
    assert_as_theory_says(engine, QUEUES[name], customers, tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("shift_end", [PRE_EMPT, WAIT])
@pytest.mark.parametrize(
    ("engine", "customers", "tolerance"), [(CompiledEngine, 1_200_000, 0.05), (ReferenceEngine, 50_000, 0.3)]
)
def test_interrupted_customers_stay_as_long_as_pre_emptive_priority_says(engine, customers, tolerance, shift_end):
    """The urgent among themselves, 1.428571, are the queue "M/M/1 at 0.3"."""
    assert_as_theory_says(engine, interrupted(shift_end, customers), customers, tolerance)


@pytest.mark.parametrize("name", QUEUES)
def test_the_reference_engine_gives_the_same_trace(name):
    """To the last customer; so what holds of the long runs of the compiled engine holds of both."""
    calls, end = arrivals_of(QUEUES[name], 3000)
    for part in zip(*(_in_two(engine, name, calls, end) for engine in (ReferenceEngine, CompiledEngine)), strict=True):
        for table in Served._fields:
            reference, compiled = (getattr(served, table) for served in part)
            assert np.array_equal(reference, compiled), table


def _in_two(engine: type, name: str, calls: np.ndarray, end: int) -> list[Served]:
    run = engine(model(QUEUES[name].pathways))
    return [run.serve(calls[calls["ms"] < end], NO_DEPARTURES, end), run.finish(end)]


def test_every_queue_is_tested():
    assert {name for *_, names in QUICK + SLOW for name in names} == set(QUEUES)
