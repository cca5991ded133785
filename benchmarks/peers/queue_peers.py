"""M/M/4 in Ciw and in SimPy: arrivals at 3.2 an hour, service of an hour, four servers, first come first served."""

from __future__ import annotations

import random

import ciw
import simpy

ARRIVALS_AN_HOUR, SERVERS = 3.2, 4


def with_ciw(hours: float, seed: int) -> list[float]:
    """Waits of those served, in hours."""
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=ARRIVALS_AN_HOUR)],
        service_distributions=[ciw.dists.Exponential(rate=1.0)], number_of_servers=[SERVERS])
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(hours)
    return [record.waiting_time for record in simulation.get_all_records()]


def with_simpy(hours: float, seed: int) -> list[float]:
    """Waits of those served, in hours."""
    env, luck, waits = simpy.Environment(), random.Random(seed), []
    servers = simpy.Resource(env, SERVERS)

    def customer():
        asked = env.now
        with servers.request() as request:
            yield request
            waits.append(env.now - asked)
            yield env.timeout(luck.expovariate(1.0))

    def arrivals():
        while True:
            yield env.timeout(luck.expovariate(ARRIVALS_AN_HOUR))
            env.process(customer())

    env.process(arrivals())
    env.run(hours)
    return waits
