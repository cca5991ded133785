"""Who moves in and out, as arrays: what `flows.csv`, `flow_ages.csv` and `flow_trends.csv` mean together."""

from __future__ import annotations

import numpy as np

from icsim.areas.checks import AGES, EVERY, SEXES
from icsim.areas.load import Area
from icsim.areas.rows import FlowTrend


def arrivals(area: Area) -> np.ndarray:
    """People who arrive in a year: float64[place, sex, quintile, age].

    The total of a place is that of its flow; its sexes, quintiles and ages are those of the population table times the
    relative frequency of arriving. So a place that young people come to stays young, whoever lives there by then.
    """
    weighted = area.population * relative(area, "arrive")[None, :, None, :]
    return weighted * _per(_totals(area, "arrive"), weighted.sum(axis=(1, 2, 3)))[:, None, None, None]


def leaving_rates(area: Area) -> np.ndarray:
    """How often a resident leaves, per person-year: float64[place, sex, age].

    At the date of the population table as many leave each place in a year as its flow says.
    """
    frequency = relative(area, "leave")
    leavers = (area.population.sum(axis=2) * frequency).sum(axis=(1, 2))
    return frequency * _per(_totals(area, "leave"), leavers)[:, None, None]


def arrival_factors(area: Area, years: range) -> np.ndarray:
    """How many arrive compared with `arrivals`: float64[place, year], in force from 1 January to 31 December."""
    found = np.ones((len(area.places), len(years)))
    for p, name in enumerate(area.place_names):
        own = _rows(area, "arrive", name) or _rows(area, "arrive", EVERY)
        found[p] = [_in_force(own, year) for year in years]
    return found


def leaving_factor(area: Area, year: int) -> float:
    """How often residents leave in a calendar year, compared with `leaving_rates`; the same in every place."""
    return _in_force(_rows(area, "leave", EVERY), year)


def _rows(area: Area, flow: str, place: str) -> list[FlowTrend]:
    return [row for row in area.flow_trends if (row.flow, row.place) == (flow, place)]


def _in_force(rows: list[FlowTrend], year: int) -> float:
    """The last factor whose year has come; 1 before the first."""
    come = [row for row in rows if row.from_year <= year]
    return max(come, key=lambda row: row.from_year).value if come else 1.0


def _per(total: np.ndarray, people: np.ndarray) -> np.ndarray:
    """total ÷ people, 0 in a place where nobody can move."""
    return np.divide(total, people, out=np.zeros(len(total)), where=people > 0)


def relative(area: Area, flow: str) -> np.ndarray:
    """Relative frequency per resident of arriving or leaving: float64[sex, age]."""
    result = np.zeros((len(SEXES), AGES))
    for row in area.flow_ages:
        if row.flow == flow:
            sexes = slice(None) if row.sex == EVERY else SEXES.index(row.sex)
            result[sexes, row.age_from : row.age_to + 1] = row.value
    return result


def _totals(area: Area, flow: str) -> np.ndarray:
    """People a year by place: float64[place]."""
    by_place = {row.place: row.value for row in area.flows if row.flow == flow}
    return np.array([by_place[name] for name in area.place_names])
