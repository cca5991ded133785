"""How much is remembered of a resident, and in which type: the table in `state.py`, checked against the arrays."""

import re
from datetime import date

import numpy as np
import pytest

from icsim import areas, catalogue, state
from icsim.calendar import calendar
from icsim.memory_and_time import beside
from icsim.residents.beat import FLOWS
from icsim.residents.build import build
from icsim.residents.population import Start, kept_columns
from icsim.services.build import build as build_services
from icsim.services.names import layout_of
from icsim.simulation import Tables, World
from icsim.state import allocate, bytes_per_row

pytestmark = pytest.mark.contract

START = date(2025, 4, 1)
ROWS = 1000
BYTES_PER_RESIDENT = 400
REAL_ROWS = 1_526_564
"""Residents of the real area at mid-2022."""
PEAK_BYTES = 2.5e9
LIBRARIES = 0.4e9
"""Python with its libraries, and the results."""
CORES = 2


@pytest.fixture(scope="module")
def shipped():
    area = areas.load("hertfordshire-west-essex")
    return build(catalogue.load(), area, START, 3652)


@pytest.fixture(scope="module")
def people(shipped):
    layout = shipped.layout
    return allocate(ROWS, len(layout.attributes), layout.columns, shipped.repeatable, len(layout.weights))


def test_dtypes_are_those_of_the_design(people):
    found = {name: array.dtype for name, array in people._asdict().items()}
    assert found == {"person": state.PERSON, "next": np.float32, "level": np.uint8, "clock": np.float32,
                     "clock_bits": np.int32, "fired": np.uint8, "weight": np.float32}
    assert state.PERSON["key"] == np.uint64
    assert people.clock.shape[1] % state.BLOCK == 0
    assert np.shares_memory(people.clock, people.clock_bits)


def test_the_table_in_the_docstring_adds_up_to_what_is_allocated(people, shipped):
    layout = shipped.layout
    told = dict(re.findall(r"^\| (\w+) \| [^|]+ \| ([^|]+) \|$", state.__doc__, re.M))
    assert told.keys() - {"array"} == {"person", "next", "level", "clock", "fired", "weight"}
    assert int(told["person"]) == state.PERSON.itemsize
    assert int(told["next"]) == people.next.itemsize
    assert told["clock"].startswith(f"{4 * layout.columns} ")
    expected = (state.PERSON.itemsize + 4 + len(layout.attributes) + 4 * layout.columns + shipped.repeatable
                + 4 * len(layout.weights))
    assert bytes_per_row(people) == expected


def test_a_resident_takes_at_most_400_bytes(people):
    find_an_open_case = np.dtype(np.int32).itemsize
    assert bytes_per_row(people) + find_an_open_case <= BYTES_PER_RESIDENT


def test_the_replications_at_once_beside_the_shared_start_fit_in_memory(people, shipped):
    """Ten years at full scale on two cores: the start, replications with newcomers, and their tallies."""
    area, tables = areas.load("hertfordshire-west-essex"), catalogue.load()
    services = layout_of(tables, area, shipped.layout.attributes, shipped.layout.demands)
    when = calendar(START, 10, warm_up_months=3)
    served = build_services(tables, area, services, when.origin, when.days, 1, again=when.start_day)
    model = sum(array.nbytes for part in (shipped.model, served) for array in part if isinstance(array, np.ndarray))
    both = Tables(tables, area, shipped, served)
    world = World(tables, area, when, services, both, both, Start(people, REAL_ROWS, shipped.layout))
    cells = len(area.places) * state.QUINTILES * state.SEXES * state.BANDS * 10
    tally = cells * 8 * (1 + len(shipped.layout.weights) + len(FLOWS) + len(shipped.layout.events))
    assert 1.5 * REAL_ROWS < world.rows < 2.5 * REAL_ROWS
    many = beside(CORES, REAL_ROWS)
    clocks = people.clock.shape[1] - len(kept_columns(shipped.layout))
    residents = REAL_ROWS * (bytes_per_row(people) - 4 * clocks) + many * world.rows * (bytes_per_row(people) + 4)
    assert residents + many * 2 * model + CORES * tally + LIBRARIES < PEAK_BYTES


def test_no_field_of_a_record_is_padded_unseen():
    named = sum(state.PERSON[name].itemsize for name in state.PERSON.names)
    assert named == state.PERSON.itemsize
