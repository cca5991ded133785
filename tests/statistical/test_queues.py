"""Queues whose answer is known exactly, for both engines.

Each run is cut into stretches of equal length and each quantity estimated in every stretch (batch means). A run is long
enough if the 99 % confidence half-width of the mean is at most the stated tolerance; the mean must then lie that close
to theory. The reference engine is many times slower: its runs are shorter and its tolerances wider.

Sources: Erlang 1917 and Erlang A: Garnett, Mandelbaum & Reiman 2002; priorities: Cobham 1954; M/G/1: Pollaczek 1930,
Khinchine 1932; network: Jackson 1957 with the inputs of the Ciw tutorial. Formulas as in Gross et al. 2008,
Fundamentals of Queueing Theory; the figures beside them were computed elsewhere and check the formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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
from icsim.services.model import REFUSE_FULL
from icsim.services.reference import ReferenceEngine
from icsim.services.served import Served
from icsim.tables import GAVE_UP, REFUSED

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
    effort: dict[type, tuple[int, float]] = field(default_factory=dict)
    """By engine: customers, and the tolerance as a share of the exact value."""


def served_by(engine: type, queue: Queue, customers: int) -> list[Served]:
    """The stretches of one run, without those of the warm-up."""
    rates = [rate for rate, _, _ in queue.arrivals]
    streams = [
        poisson(UNIT / rate, round(customers * rate / sum(rates)), 1, kind, cls) for rate, kind, cls in queue.arrivals
    ]
    calls = merged(*streams)
    end = min(int(stream["ms"][-1]) for stream in streams)
    cuts = np.linspace(0, end, STRETCHES + 1).astype(np.int64)
    edges = np.searchsorted(calls["ms"], cuts)
    run = engine(model(queue.pathways))
    parts = [
        run.serve(calls[first:last], NO_DEPARTURES, int(until))
        for first, last, until in zip(edges, edges[1:], cuts[1:], strict=False)
    ]
    return parts[WARM_UP:]


def assert_as_theory_says(engine: type, queue: Queue) -> None:
    customers, tolerance = queue.effort[engine]
    parts = served_by(engine, queue, customers)
    for name, estimate, exact in queue.expected:
        values = np.array([estimate(part) for part in parts])
        half_width = student.ppf(0.995, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
        assert half_width <= tolerance * exact, f"{name}: the run is too short, {half_width / exact:.3f} of the value"
        assert values.mean() == pytest.approx(exact, rel=tolerance), name


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


def both(compiled: tuple[int, float], reference: tuple[int, float]) -> dict[type, tuple[int, float]]:
    return {CompiledEngine: compiled, ReferenceEngine: reference}


def one_pool(servers: int, lasts: Row | list[Row], **step) -> Pathways:
    limit = {"limit": step.pop("limit")} if "limit" in step else {}
    classes = len(lasts) if isinstance(lasts, list) else step.pop("classes", 1)
    return Pathways([Step("s", 0, lasts, **step)], [Pool(0, servers, **limit)], classes=classes)


def multi_server(rate: float, service_rate: float, servers: int, effort) -> Queue:
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
    return Queue(one_pool(servers, exponential(UNIT / service_rate)), [(rate, 0, 0)], expected, effort)


def loss(load: float, servers: int, lasts: Row, effort) -> Queue:
    """M/G/c/c: whoever finds all servers busy is refused."""
    pathways = one_pool(servers, lasts, refuse=REFUSE_FULL, limit=0)
    return Queue(pathways, [(load, 0, 0)], [("P(refused)", share(REFUSED), erlang_b(load, servers))], effort)


def general(rate: float, lasts: Row, cv2: float, effort) -> Queue:
    """M/G/1 with mean service 1 and squared coefficient of variation `cv2`."""
    mean_wait = rate / (1 - rate) * (1 + cv2) / 2
    return Queue(one_pool(1, lasts), [(rate, 0, 0)], [("wait", wait(), mean_wait)], effort)
