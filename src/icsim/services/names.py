"""Names of the axes of the services' model: which number stands for which demand, step, outcome, place and pool."""

from __future__ import annotations

from dataclasses import dataclass

from icsim.areas.load import Area
from icsim.areas.rows import Pool, Stream
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Event, Step


@dataclass(frozen=True)
class Layout:
    """Names of the axes; steps and outcomes of all pathways follow one another."""

    attributes: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]
    demands: tuple[Event, ...]
    """those of residents, in their order, then those of streams"""
    places: tuple[str, ...]
    """those of residents, then a place for each stream"""
    steps: tuple[Step, ...]
    outcomes: tuple[tuple[str, str], ...]
    """(pathway, outcome)"""
    services: tuple[str, ...]
    pools: tuple[Pool, ...]
    streams: tuple[Stream, ...]

    def demand(self, event: str) -> int:
        """Index of a kind of demand."""
        return next(n for n, row in enumerate(self.demands) if row.event == event)

    def pools_of(self, service: str) -> list[int]:
        """Indices of the pools of a service."""
        return [p for p, pool in enumerate(self.pools) if pool.service == service]

    def step(self, pathway: str, step: str) -> int:
        """Index of a step."""
        return next(n for n, row in enumerate(self.steps) if (row.pathway, row.step) == (pathway, step))

    def goes_to(self, pathway: str, name: str) -> int:
        """Where a branch leads: a step, or −1 − outcome."""
        if (pathway, name) in self.outcomes:
            return -1 - self.outcomes.index((pathway, name))
        return self.step(pathway, name)


def layout_of(catalogue: Catalogue, area: Area, attributes: tuple[str, ...], demands: tuple[str, ...]) -> Layout:
    """`attributes` and `demands` in the residents' order, so that both sides mean the same numbers."""
    return Layout(
        attributes=attributes,
        levels={**catalogue.levels, "place": area.place_names},
        demands=(*map(catalogue.event, demands), *(row for row in catalogue.events if row.kind == "stream")),
        places=(*area.place_names, *(row.stream for row in area.streams)),
        steps=catalogue.steps,
        outcomes=tuple((row.pathway, row.outcome) for row in catalogue.outcomes),
        services=tuple(row.service for row in catalogue.services),
        pools=area.pools,
        streams=area.streams,
    )
