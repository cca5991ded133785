"""What services do under pressure, from rows to arrays: escalation servers, diversions, shorter stays."""

from __future__ import annotations

from typing import Any

import numpy as np

from icsim import rng
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Congestion
from icsim.services.model import NO_SERVICE
from icsim.services.names import Layout
from icsim.units import FACTORS


def _kind(catalogue: Catalogue, kind: str) -> list[Congestion]:
    return [row for row in catalogue.congestion if row.kind == kind]


def _value(row: Congestion) -> float:
    return row.value * FACTORS[row.unit]


def _diversions(catalogue: Catalogue, layout: Layout) -> list[list[Congestion]]:
    """Rows of each step, in file order."""
    rows = _kind(catalogue, "divert")
    return [[row for row in rows if (row.pathway, row.step) == (step.pathway, step.step)] for step in layout.steps]


def streams(catalogue: Catalogue, layout: Layout, seed: int) -> np.ndarray:
    """uint64[diversion]: addresses of their decisions."""
    rows = [row for own in _diversions(catalogue, layout) for row in own]
    return np.array([rng.stream(seed, f"divert.{row.response}") for row in rows], np.uint64)


def diversions(catalogue: Catalogue, layout: Layout) -> dict[str, Any]:
    """What is diverted where, from which pressure on."""
    by_step = _diversions(catalogue, layout)
    rows = [row for own in by_step for row in own]
    return {
        "divert_from": np.cumsum([0, *map(len, by_step)]).astype(np.int32),
        "divert_to": np.array([layout.goes_to(row.pathway, row.to) for row in rows], np.int32),
        "divert_instead": np.array([layout.goes_to(row.pathway, row.instead) for row in rows], np.int32),
        "divert_service": np.array([layout.services.index(row.service) for row in rows], np.int32),
        "divert_above": np.array([row.above for row in rows], np.float64),
        "divert_share": np.array([_value(row) for row in rows], np.float64),
    }


def shortened(catalogue: Catalogue, layout: Layout) -> dict[str, Any]:
    """Whose pressure shortens each step, from which pressure on, and by how much; a step's last row holds."""
    steps = len(layout.steps)
    service, above, factor = np.full(steps, NO_SERVICE, np.int32), np.zeros(steps), np.ones(steps)
    for row in _kind(catalogue, "shorten"):
        s = layout.step(row.pathway, row.step)
        service[s], above[s], factor[s] = layout.services.index(row.service), row.above, _value(row)
    return {"shorten_service": service, "shorten_above": above, "shorten_factor": factor}


def escalation(catalogue: Catalogue, layout: Layout) -> dict[str, Any]:
    """Escalation servers of each pool and the pressure that opens them; a service's last row holds."""
    extra, above = np.zeros(len(layout.pools), np.int32), np.zeros(len(layout.pools))
    for row in _kind(catalogue, "escalate"):
        for p in layout.pools_of(row.service):
            extra[p], above[p] = int((layout.pools[p].value or 0) * _value(row)), row.above
    return {"pool_extra": extra, "pool_extra_above": above}
