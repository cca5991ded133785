"""The falls pathway as a Ciw user would write it: a network of nodes, a customer class a class of demand, Ciw's own luck.

Ciw has priorities, reneging, shifts, routing and blocking, but a server serves at one node, for one service. So here

- what a vehicle or a crew does in a row is one service, written down as the two or three contacts that it is for others;
- a crew leaves its patient at the door of a full A&E and a vehicle leaves its own before the crew has come: Ciw holds a
  server only by blocking, and blocked customers have neither priority nor patience (tried, for two years: whenever beds
  ran short everything stood still, with a quarter fewer conveyances);
- a cubicle is held until a bed is free, by blocking: first come first served, and nobody gives up;
- priority and patience belong to the customer, so somebody whom a vehicle hands over waits for a crew as other callers do;
- which A&E is drawn afresh for each visit, from the catchments of all places together.
"""

from __future__ import annotations

from itertools import pairwise
from math import inf

import ciw
import numpy as np

(FALL, CALL, VEHICLE, VEHICLE_SCENE, AMBULANCE, AMBULANCE_SCENE, TO_HOSPITAL, OWN_WAY, AT_HOME, DEPARTMENT,
 BED) = range(11)
SERVED, GAVE_UP, DIVERTED = range(3)
DAY = 86_400_000
FALLEN, CALLING, VEHICLES, CREWS, ALONE, HOME = range(1, 7)
POOL_TO_NODE = 5
"""Nodes 7, 9, … are cubicles and 8, 10, … their beds: pools 2, 4, … and 3, 5, …"""
STEPS = {FALLEN: (FALL,), CALLING: (CALL,), VEHICLES: (VEHICLE, VEHICLE_SCENE), ALONE: (OWN_WAY,), HOME: (AT_HOME,)}
BELOW_ONE = 1 - 1e-12
"""Ciw refuses shares that rounding brings above 1; whoever is left over goes home."""
FIELDS = ("asked", "started", "ended", "step", "reason", "cls")


class CrewsJob(ciw.dists.Distribution):
    """To the patient, at the scene and, if need be, to hospital; or only that, if a vehicle is with them."""

    def __init__(self, numbers, cls: int, ways: dict):
        self.legs = [_lognormal(numbers, step, cls) for step in (AMBULANCE, AMBULANCE_SCENE, TO_HOSPITAL)]
        self.ways, self.hospitals = ways[AMBULANCE_SCENE], ways[OWN_WAY]

    def sample(self, t=None, ind=None):
        """Milliseconds; where the crew goes is kept for the router."""
        handed_over = _handed_over(ind.data_records[-1])
        ind.bound_for = ciw.random_choice(*(self.hospitals if handed_over else self.ways))
        conveyed = ind.bound_for > HOME
        return sum(leg.sample() for leg in self.legs[2 * handed_over : 2 + conveyed])


class AfterCall(ciw.routing.Probabilistic):
    """Advice, a vehicle, or a crew; a crew as well if no vehicle is free."""

    def next_node(self, ind):
        """The node."""
        node = super().next_node(ind)
        if node.id_number != VEHICLES or not all(server.busy for server in node.servers):
            return node
        node.write_baulking_or_rejection_record(ind, "rejection")
        return self.simulation.nodes[CREWS]


class AfterCrew(ciw.routing.NodeRouting):
    """Wherever the crew was bound for; without a crew, one's own way."""

    def next_node(self, ind):
        """The node."""
        return self.simulation.nodes[ind.bound_for]

    def next_node_for_jockeying(self, ind):
        """The node, after giving up."""
        return self.simulation.nodes[ALONE]


def build(numbers, demands: np.ndarray, seed: int) -> ciw.Simulation:
    """The network, ready to run."""
    ciw.seed(seed)
    pools, classes = len(numbers.capacity), range(numbers.share.shape[1])
    nodes = pools - 1 + POOL_TO_NODE
    urgency = np.unique(numbers.priority[DEPARTMENT], return_inverse=True)[1].tolist()
    ways = [_ways(numbers, demands, cls) for cls in classes]
    return ciw.Simulation(ciw.create_network(
        arrival_distributions={str(cls): [_arrivals(demands, cls)] + [None] * (nodes - 1) for cls in classes},
        service_distributions={str(cls): _services(numbers, cls, ways[cls]) for cls in classes},
        reneging_time_distributions={str(cls): _waits(numbers, cls) for cls in classes},
        routing={str(cls): _routing(ways[cls], pools) for cls in classes},
        priority_classes={str(cls): urgency[cls] for cls in classes},
        number_of_servers=_servers(numbers),
        queue_capacities=[inf] * HOME + [inf, 0] * (pools // 2 - 1)))


def _servers(numbers) -> list:
    limits = [int(n) if n < 2**30 else inf for n in numbers.capacity]
    shifts = ciw.Schedule([0, limits[0], 0], [numbers.opens_ms, numbers.closes_ms, DAY])
    return [inf, inf, shifts, limits[1], inf, inf, *limits[2:]]


def _arrivals(demands: np.ndarray, cls: int) -> ciw.dists.Sequential:
    return ciw.dists.Sequential(np.diff(demands["ms"][demands["cls"] == cls], prepend=0).tolist() + [inf])


def _lognormal(numbers, step: int, cls: int) -> ciw.dists.Lognormal:
    return ciw.dists.Lognormal(*numbers.duration[step, cls, 2:].tolist())


def _services(numbers, cls: int, ways: dict) -> list:
    """By node."""
    mean, deviation, least, _ = numbers.duration[VEHICLE_SCENE, cls].tolist()
    scene = ciw.dists.CombinedDistribution(ciw.dists.Normal(mean, deviation), ciw.dists.Deterministic(least), max)
    departments = [_lognormal(numbers, step, cls) for step in (DEPARTMENT, BED)] * (len(numbers.capacity) // 2 - 1)
    return [ciw.dists.Deterministic(0.0), _lognormal(numbers, CALL, cls), _lognormal(numbers, VEHICLE, cls) + scene,
            CrewsJob(numbers, cls, ways), _lognormal(numbers, OWN_WAY, cls),
            ciw.dists.Triangular(*numbers.duration[AT_HOME, cls, :3].tolist()), *departments]


def _waits(numbers, cls: int) -> list:
    """How long somebody waits, by node: for a crew, and for a cubicle."""
    cubicles = [_patience(numbers, DEPARTMENT, cls), None] * (len(numbers.capacity) // 2 - 1)
    return [None, None, None, _patience(numbers, AMBULANCE, cls), None, None, *cubicles]


def _patience(numbers, step: int, cls: int) -> ciw.dists.Distribution:
    mean = float(numbers.patience[step, cls])
    return ciw.dists.Deterministic(mean) if numbers.patience_fixed[step, cls] else ciw.dists.Exponential(1 / mean)


def _ways(numbers, demands: np.ndarray, cls: int) -> dict:
    """By step: nodes that it may lead to, and their shares; of DEPARTMENT, the share that needs a bed."""
    share = np.diff(numbers.share[:, cls], prepend=0) * BELOW_ONE
    hospitals, shares = _catchments(numbers, demands)
    conveyed = (share[AMBULANCE_SCENE, 0] * shares).tolist()
    return {
        FALL: ([CALLING, ALONE], share[FALL, :2].tolist()),
        CALL: ([VEHICLES, CREWS], share[CALL, 1:3].tolist()),
        VEHICLE_SCENE: ([CREWS, HOME], share[VEHICLE_SCENE, :2].tolist()),
        AMBULANCE_SCENE: ([*hospitals, HOME, -1], [*conveyed, share[AMBULANCE_SCENE, 1], 1.0]),
        OWN_WAY: (hospitals, shares.tolist()),
        DEPARTMENT: float(share[DEPARTMENT, 0]),
    }


def _catchments(numbers, demands: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Nodes of the A&E departments, and their shares of all falls."""
    places = np.bincount(demands["place"], minlength=len(numbers.department)) / len(demands)
    share = np.bincount(numbers.department.ravel(), (np.diff(numbers.catchment, prepend=0) * places[:, None]).ravel())
    pools = np.flatnonzero(share)
    return (pools + POOL_TO_NODE).tolist(), share[pools] * BELOW_ONE


def _routing(ways: dict, pools: int) -> ciw.routing.NetworkRouting:
    choose = ciw.routing.Probabilistic
    routers = [choose(*ways[FALL]), AfterCall(*ways[CALL]), choose(*ways[VEHICLE_SCENE]), AfterCrew(),
               choose(*ways[OWN_WAY]), choose(*ways[OWN_WAY])]
    for pool in range(2, pools, 2):
        routers += [choose([pool + 1 + POOL_TO_NODE], [ways[DEPARTMENT]]), ciw.routing.Leave()]
    return ciw.routing.NetworkRouting(routers)


def contacts(simulation: ciw.Simulation) -> list[tuple]:
    """Of all visits that ended, in the order of FIELDS; the steps of one service share its times."""
    return [contact for person in simulation.get_all_individuals()
            for before, record in pairwise([None, *person.data_records]) for contact in _contacts(before, record)]


def _contacts(before, record) -> list[tuple]:
    asked, cls = int(record.arrival_date), int(record.customer_class)
    steps = _steps(before, record)
    if record.record_type != "service":
        reason = GAVE_UP if steps[0] == DEPARTMENT else DIVERTED
        return [(asked, -1, int(record.exit_date), steps[0], reason, cls)]
    return [(asked, int(record.service_start_date), int(record.service_end_date), step, SERVED, cls) for step in steps]


def _steps(before, record) -> tuple[int, ...]:
    if record.node > HOME:
        return ((DEPARTMENT, BED)[(record.node - POOL_TO_NODE) % 2],)
    if record.node != CREWS:
        return STEPS[record.node]
    if _handed_over(before):
        return (TO_HOSPITAL,)
    return (AMBULANCE, AMBULANCE_SCENE, TO_HOSPITAL)[: 2 + (record.destination > HOME)]


def _handed_over(before) -> bool:
    """Whether the last visit was one by a vehicle."""
    return before.node == VEHICLES
