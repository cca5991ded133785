"""What one row of each area table says (`areas/<area>/*.csv`), with the same conventions as `catalogue/rows.py`."""

from __future__ import annotations

from dataclasses import dataclass

from icsim.catalogue.rows import Evidence


@dataclass(frozen=True, kw_only=True)
class Place:
    """A district. `places.csv`."""

    place: str
    code: str
    label: str
    county: str
    population: int
    """residents at the date of the population table; `population.csv` adds up to it exactly"""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Residents:
    """Residents of one place, sex and national deprivation quintile by single year of age. `population.csv`.

    The file is wide: columns place, sex, quintile, a0 … a90 (90 and over). Whole numbers.
    """

    place: str
    sex: str
    quintile: str
    by_age: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Flow(Evidence):
    """People who arrive in (or leave) a place in a year. `flows.csv`. flow: arrive · leave. unit: people a year."""

    place: str
    flow: str
    value: float


@dataclass(frozen=True, kw_only=True)
class FlowAge(Evidence):
    """Relative frequency of arriving or leaving, per resident of this age and sex. `flow_ages.csv`. unit: relative."""

    flow: str
    sex: str
    age_from: int
    age_to: int
    value: float


@dataclass(frozen=True, kw_only=True)
class FlowTrend(Evidence):
    """From 1 January of `from_year`, × `value` as many arrive in a place, or as often leave it, as `flows.csv` says.

    `flow_trends.csv`. flow: arrive · leave; place `*`: every place that has no line of its own. Leaving is one clock for all
    places, so its lines are for `*`. unit: ratio. The last line whose year has come holds; before the first it is 1.
    """

    flow: str
    place: str
    from_year: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Multiplier(Evidence):
    """How often an event happens here compared with England, other things equal. `multipliers.csv`. unit: ratio."""

    event: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Odds(Evidence):
    """How common a level is here compared with England, at the same age, sex and fifth. `odds.csv`. unit: odds ratio.

    The odds of having it at the start are × `value`, and so is how often people come by it.
    """

    attribute: str
    level: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Pool(Evidence):
    """Servers of one service that stand together. `pools.csv`. value: number of servers; unit: servers.

    `open` is a schedule such as "daily 07:00-19:00", "Mon-Fri 08:00-20:00; Sat,Sun 10:00-16:00" or "always".
    A pool whose `number` is empty has no limit (a provider outside the area).
    """

    pool: str
    service: str
    label: str
    open: str = "always"
    rota: str = ""
    """profile by hour and weekday: on duty is value × profile / its highest; empty: all, whenever it is open"""
    reserve: int = 0
    """servers that planned care leaves free"""
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Capacity(Evidence):
    """From 1 April of `from_year` every pool of the service has `value` × its number. `capacity.csv`. unit: ratio."""

    service: str
    from_year: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Offer(Evidence):
    """Places of a programme. `programmes.csv` (a file that an area may lack). value: people who can begin in a month; unit:
    people a month. Of a measure: the share of those it is for whom it reaches; unit: share.

    `first`, `last`: the dates between which people begin, as 2026-04-01; empty: always.
    """

    programme: str
    value: float
    waiting_list: int = 0
    """most who may wait for a place"""
    first: str = ""
    last: str = ""
    where: str = ""
    """places in which it is offered, as "harlow|broxbourne", those first that come first by place; empty: all"""


@dataclass(frozen=True, kw_only=True)
class Fund(Evidence):
    """A budget line that pays for nothing which the model has the capacity of. `budgets.csv` (a file that an area may lack).

    value: what it holds in a year, in prices of `year`; unit: GBP a year. Services and programmes have lines of their own,
    which follow from what there is of them (`budget.py`).
    """

    line: str
    label: str
    payer: str
    provider: str = ""
    value: float


@dataclass(frozen=True, kw_only=True)
class Staffing(Evidence):
    """Who could be had of a group of staff. `staff.csv` (a file that an area may lack).

    what: leave (% of those in post who leave in a year; they are replaced) · spare (WTE who could begin at once, beyond
    those in post) · join (WTE a year who could be found beyond replacing leavers and staffing the declared path) · train
    (people a year who begin training beyond those who do today, will finish and stay; they work `training_years` later).
    """

    staff: str
    what: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Stream(Evidence):
    """Cases a day of people who are no residents, or of planned care. `streams.csv`. unit: cases a day.

    `event` is one of kind stream in the catalogue; the stream's name stands for its place in `catchments.csv`.
    """

    stream: str
    event: str
    label: str
    value: float
    backlog: int = 0
    """cases that wait already when the run begins"""


@dataclass(frozen=True, kw_only=True)
class Catchment(Evidence):
    """Share of the cases of a place that a pool of this service takes. `catchments.csv`; place `*`: every place."""

    service: str
    place: str
    pool: str
    value: float = 1.0
