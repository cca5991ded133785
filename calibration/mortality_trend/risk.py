"""What becomes of today's shares of one attribute when everybody lives on by the rows' own moves, all ages at once.

The calendar of a population, where `calibration/circumstances/cohort.py`, whose chain is used here, follows one cohort
through its ages. Cells are sex × quintile × single year of age; nobody moves in or out; attributes are taken one by one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "circumstances"))
from cohort import AGES, GROUPS, MONTHS, Attribute, Chain, Move

from icsim.catalogue import rows as kinds
from icsim.catalogue.expand import expand_ages
from icsim.catalogue.load import load

START = 2022
"""Mid-year of the residents: there the shares are those of `prevalence.csv`, by which rates are anchored."""
HALF_A_YEAR = MONTHS // 2
DEATH = "death"


class Tables(NamedTuple):
    """Rows by table."""

    attributes: list[kinds.Level]
    events: list[kinds.Event]
    prevalence: list[kinds.Prevalence]
    ratios: list[kinds.Ratio]
    trends: list[kinds.Trend]
    rates: list[kinds.Rate]


def read() -> Tables:
    """The rows of the catalogue."""
    catalogue = load()
    return Tables(**{name: list(getattr(catalogue, name)) for name in Tables._fields})


def attributes(tables: Tables, asked: tuple[str, ...]) -> list[str]:
    """Those of `asked` that raise or lower deaths and that people come to by moves, in the order of the rows."""
    deadly = {row.attribute for row in tables.ratios if row.event == DEATH and row.value != 1}
    moving = {row.attribute for row in tables.events if row.kind == "move"}
    return [name for name in dict.fromkeys(row.attribute for row in tables.attributes)
            if name in asked and name in deadly & moving]


def chain_of(tables: Tables, name: str, exponent: float) -> Chain:
    """The attribute's levels, moves and timers; deaths at the ratios to the power `exponent`."""
    levels = tuple(row.level for row in tables.attributes if row.attribute == name)
    ratio = {(row.event, row.level): row.value for row in tables.ratios if row.attribute == name}
    own = [event for event in tables.events if event.attribute == name]
    moves = tuple(Move(event.event, event.to_level, {level: ratio.get((event.event, level), 1.0)
                                                     for level in event.from_levels.split("|")})
                  for event in own if event.kind == "move")
    timers = {event.from_levels: (event.after_days, event.to_level) for event in own if event.kind == "timer"}
    death = {level: ratio.get((DEATH, level), 1.0) ** exponent for level in levels}
    return Chain(Attribute(levels, moves, timers, death))


def starting_state(tables: Tables, name: str, chain: Chain) -> np.ndarray:
    """Shares by cell of the chain, float64[group, age, cell]: a level that a timer ends is spread evenly over its months."""
    state = np.zeros((len(GROUPS), AGES, chain.cells))
    levels = chain.attribute.levels
    for at, level in enumerate(levels[1:], 1):
        own = [row for row in tables.prevalence if (row.attribute, row.level) == (name, level)]
        share = expand_ages(own).reshape(len(GROUPS), AGES)
        cells = np.flatnonzero(np.array(chain.level_of) == at)
        state[..., cells] = (share / len(cells))[..., None]
    state[..., 0] = 1.0 - state.sum(axis=-1)
    return state


def rates_of(tables: Tables, chain: Chain) -> dict[str, np.ndarray]:
    """Event → rate per person-year, float64[group, age]."""
    return {move.event: expand_ages([row for row in tables.rates if row.event == move.event]).reshape(len(GROUPS), AGES)
            for move in chain.attribute.moves}


def factor(tables: Tables, event: str, year: int) -> float:
    """The dated factor in force in a calendar year."""
    come = [row for row in tables.trends if row.event == event and row.from_year <= year]
    return max(come, key=lambda row: row.from_year).value if come else 1.0


def older(state: np.ndarray, mortality: np.ndarray) -> np.ndarray:
    """Everybody a year older; newborns at the first level. Of those of 90 and over as many are new as die in a year."""
    moved = np.zeros_like(state)
    moved[:, 0, 0] = 1.0
    moved[:, 1:] = state[:, :-1]
    new = np.minimum(mortality[:, -1:], 1.0)
    moved[:, -1] = new * state[:, -2] + (1 - new) * state[:, -1]
    return moved


def expected_ratios(tables: Tables, name: str, mortality: np.ndarray, years: int, exponent: float = 1.0) -> np.ndarray:
    """E[ratio of death] at each mid-year from `START` on: float64[years + 1, group, age].

    `mortality`: deaths per person-year, float64[group, age]. People of one age are half a year past their birthday, so all
    grow older half a year after mid-year, on 1 January, when the dated factors change too.
    """
    chain = chain_of(tables, name, exponent)
    state, rates = starting_state(tables, name, chain), rates_of(tables, chain)
    found = [state @ chain.ratio]
    for month in range(MONTHS * years):
        if month % MONTHS == HALF_A_YEAR:
            state = older(state, mortality)
        if month % MONTHS in (0, HALF_A_YEAR):
            year = START + (month + HALF_A_YEAR) // MONTHS
            now = {event: (rate * factor(tables, event, year))[..., None] for event, rate in rates.items()}
            moved = chain.moved(state.shape, now, 0)
        state = chain.month(state, now, mortality[..., None], 0, moved)
        if month % MONTHS == MONTHS - 1:
            found.append(state @ chain.ratio)
    return np.stack(found)
