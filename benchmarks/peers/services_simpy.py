"""The falls pathway as a SimPy user would write it: a process a case, priority resources, timeouts, Python's own luck.

The same contacts are collected as in icsim, one for each step visited and one that closes the case.
"""

from __future__ import annotations

import random
from math import inf

import simpy

(FALL, CALL, VEHICLE, VEHICLE_SCENE, AMBULANCE, AMBULANCE_SCENE, TO_HOSPITAL, OWN_WAY, AT_HOME, DEPARTMENT,
 BED) = range(11)
SERVED, GAVE_UP, DIVERTED = range(3)
DAY = 86_400_000
FIELDS = ("asked", "started", "ended", "called", "key", "resident", "cell", "step", "pool", "reason", "outcome", "kind",
          "cls")


class Falls:
    """Services with their queues, and what was written down."""

    def __init__(self, numbers, demands: list, seed: int):
        self.env = simpy.Environment()
        self.numbers, self.random = numbers, random.Random(seed)
        self.mu_sigma = numbers.duration[..., 2:].tolist()
        self.plain = numbers.duration.tolist()
        self.share, self.outcome = numbers.share.tolist(), numbers.outcome.tolist()
        self.priority, self.mean_patience = numbers.priority.tolist(), numbers.patience.tolist()
        self.fixed = numbers.patience_fixed.tolist()
        self.department, self.catchment = numbers.department.tolist(), numbers.catchment.tolist()
        limits = [int(n) if n < 2**30 else inf for n in numbers.capacity]
        self.pool = [simpy.PriorityResource(self.env, capacity=limit) for limit in limits]
        self.contacts: list[tuple] = []
        self.env.process(self.arrivals(demands))

    def arrivals(self, demands: list):
        """Start a process for every fall."""
        for demand in demands:
            yield self.env.timeout(demand[0] - self.env.now)
            self.env.process(Case(self, demand).live())

    @property
    def on_shift(self) -> bool:
        """Whether falls vehicles are on the road."""
        return self.numbers.opens_ms <= self.env.now % DAY < self.numbers.closes_ms


class Case:
    """One fall."""

    def __init__(self, falls: Falls, demand: tuple):
        self.falls, self.env, self.random = falls, falls.env, falls.random
        self.called, self.key, self.resident, self.cell, self.kind, self.cls, _, self.place = demand
        u = self.random.random()
        catchment = falls.catchment[self.place]
        self.department = falls.department[self.place][next(n for n, share in enumerate(catchment) if u < share)]

    def live(self):
        """From the fall to the end."""
        self.write(FALL, -1, self.env.now, self.env.now)
        way = self.branch(FALL)
        if way == 0:
            yield from self.call()
        elif way == 1:
            yield from self.own_way()
        else:
            self.close(FALL, way)

    def call(self):
        """999: advice, a falls vehicle, or an ambulance."""
        yield from self.without_service(CALL)
        way = self.branch(CALL)
        if way == 0:
            self.close(CALL, way)
        elif way == 1:
            yield from self.vehicle()
        else:
            yield from self.ambulance()

    def vehicle(self):
        """A falls vehicle, if one is free and on shift; otherwise an ambulance."""
        vehicles = self.falls.pool[0]
        if not self.falls.on_shift or vehicles.count >= vehicles.capacity:
            self.write(VEHICLE, 0, self.env.now, -1, DIVERTED)
            yield from self.ambulance()
            return
        held = vehicles.request(priority=0)
        yield held
        yield from self.serve(VEHICLE, 0, self.env.now)
        yield from self.serve(VEHICLE_SCENE, 0, self.env.now)
        way = self.branch(VEHICLE_SCENE)
        if way == 0:
            crew = yield from self.wait(TO_HOSPITAL, 1, held)
            if crew is None:
                vehicles.release(held)
                yield from self.own_way()
            else:
                yield from self.to_hospital(crew, self.asked)
            return
        vehicles.release(held)
        yield from self.stay(VEHICLE_SCENE, way)

    def ambulance(self):
        """A crew comes, and takes the patient along or not."""
        crew = yield from self.wait(AMBULANCE, 1)
        if crew is None:
            yield from self.own_way()
            return
        yield from self.serve(AMBULANCE, 1, self.asked)
        yield from self.serve(AMBULANCE_SCENE, 1, self.env.now)
        way = self.branch(AMBULANCE_SCENE)
        if way == 0:
            yield from self.to_hospital(crew, self.env.now)
        else:
            self.falls.pool[1].release(crew)
            yield from self.stay(AMBULANCE_SCENE, way)

    def stay(self, step: int, way: int):
        """Left at home: for good, or to come to A&E after all."""
        if way == 1:
            yield from self.without_service(AT_HOME)
            yield from self.emergency_department()
        else:
            self.close(step, way)

    def to_hospital(self, crew, asked: float):
        """The crew drives and waits at the door."""
        yield from self.serve(TO_HOSPITAL, 1, asked)
        yield from self.emergency_department(crew)

    def own_way(self):
        """Without an ambulance."""
        yield from self.without_service(OWN_WAY)
        yield from self.emergency_department()

    def emergency_department(self, crew=None):
        """A cubicle, kept until a bed is free."""
        cubicle = yield from self.wait(DEPARTMENT, self.department, crew, 1)
        if cubicle is None:
            if crew is not None:
                self.falls.pool[1].release(crew)
            self.close_with(self.falls.numbers.left_unseen, GAVE_UP)
            return
        yield from self.serve(DEPARTMENT, self.department, self.asked)
        way = self.branch(DEPARTMENT)
        if way == 0:
            yield from self.hospital_bed(cubicle)
        else:
            self.falls.pool[self.department].release(cubicle)
            self.close(DEPARTMENT, way)

    def hospital_bed(self, cubicle):
        """A bed."""
        bed = yield from self.wait(BED, self.department + 1, cubicle, self.department)
        if bed is None:
            self.falls.pool[self.department].release(cubicle)
            self.close_with(self.falls.numbers.home_from_ae, GAVE_UP)
            return
        yield from self.serve(BED, self.department + 1, self.asked)
        self.falls.pool[self.department + 1].release(bed)
        self.close(BED, self.branch(BED))

    def wait(self, step: int, pool: int, held=None, held_pool: int = 0):
        """Ask for a server and wait, not for ever; what is held is given back when it comes. None: gave up."""
        self.asked = self.env.now
        request = self.falls.pool[pool].request(priority=self.falls.priority[step][self.cls])
        if not request.triggered:
            yield request | self.env.timeout(self.patience(step))
        if not request.triggered:
            request.cancel()
            self.write(step, pool, self.asked, -1, DIVERTED if step in (AMBULANCE, TO_HOSPITAL) else GAVE_UP)
            return None
        if held is not None:
            self.falls.pool[held_pool].release(held)
        return request

    def serve(self, step: int, pool: int, asked: float):
        """Time with a server."""
        started = self.env.now
        yield self.env.timeout(self.duration(step))
        self.write(step, pool, asked, started)

    def without_service(self, step: int):
        """Time alone."""
        yield from self.serve(step, -1, self.env.now)

    def duration(self, step: int) -> float:
        """Milliseconds."""
        if step == VEHICLE_SCENE:
            mean, deviation, least, _ = self.falls.plain[step][self.cls]
            return max(least, self.random.normalvariate(mean, deviation))
        if step == AT_HOME:
            low, mode, high, _ = self.falls.plain[step][self.cls]
            return self.random.triangular(low, high, mode)
        return self.random.lognormvariate(*self.falls.mu_sigma[step][self.cls])

    def patience(self, step: int) -> float:
        """Milliseconds."""
        mean = self.falls.mean_patience[step][self.cls]
        return mean if self.falls.fixed[step][self.cls] else self.random.expovariate(1 / mean)

    def branch(self, step: int) -> int:
        """Which way."""
        u = self.random.random()
        for n, share in enumerate(self.falls.share[step][self.cls]):
            if u < share:
                return n
        return 3

    def write(self, step: int, pool: int, asked: float, started: float, reason: int = SERVED) -> None:
        """A contact."""
        self.falls.contacts.append((int(asked), int(started), int(self.env.now), self.called, self.key, self.resident,
                                    self.cell, step, pool, reason, -1, self.kind, self.cls))

    def close(self, step: int, way: int) -> None:
        """The end, by the branch taken."""
        self.close_with(self.falls.outcome[step][way])

    def close_with(self, outcome: int, reason: int = SERVED) -> None:
        """The end."""
        self.falls.contacts.append((self.called, self.called, int(self.env.now), self.called, self.key, self.resident,
                                    self.cell, -1, -1, reason, outcome, self.kind, self.cls))


def run(numbers, demands: list, until_ms: int, seed: int) -> list[tuple]:
    """Contacts of everything that ended before `until_ms`."""
    falls = Falls(numbers, demands, seed)
    falls.env.run(until_ms)
    return falls.contacts
