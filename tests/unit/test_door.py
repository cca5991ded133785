"""The one door: what a change of level does to clocks, timers and weights, on a model small enough to work by hand.

One attribute, `smoker` (no, yes, stopped), three events (death, leave, a fall), and one clock that is of starting for
those who do not smoke, of quitting for those who do, and a timer for those who stopped (who count as never having smoked
after 100 days).
"""

from __future__ import annotations

import numpy as np
import pytest

from icsim import rng
from icsim._compile import kernel
from icsim.residents import door
from icsim.residents.model import (
    DEATH,
    DEMAND,
    LEAVE,
    MOVE,
    MULTIPLY,
    NO_EVENT,
    ODDS,
    RARE,
    TIMER,
    ResidentModel,
    Streams,
)
from icsim.state import AGES, NEVER, QUINTILES, SEXES, allocate

pytestmark = pytest.mark.unit

K, C, LEVELS = 8, 16, 3
DEATH_CLOCK, LEAVE_CLOCK, TIMER_CLOCK, FALL_CLOCK = 1, 2, 3, 4
BEGIN, OVER, QUIT = 5, 3, 6
"""Events that share TIMER_CLOCK; the others have the number of their clock."""
SMOKER = 3
NO, YES, STOPPED = range(3)
UTILITY, GOOD_HEALTH = 0, 1


@kernel
def _change(model, streams, people, i, a, level, t):
    door.set_level(model, streams, people, i, a, level, t)


@kernel
def _exponential(stream, key, n):
    return rng.exponential(rng.draw(stream, key, n))


@kernel
def _rates_at_once(model, people, i, out):
    door.rates_per_day(model, people, i, out)


@kernel
def _weigh(model, people, i):
    door.set_weights(model, people, i)


@kernel
def _rates(model, people, i, out):
    for k in range(out.shape[0]):
        out[k] = door.rate_per_day(model, people, i, k)


@kernel
def _possible(model, people, i, out):
    for k in range(out.shape[0]):
        out[k] = door.can_happen(model, people, i, k)


@kernel
def _next(people, i):
    door.find_next(people, i)


@kernel
def _accrue(people, i, t, edges, hint, tally):
    door.accrue(people, i, t, edges, hint, tally)


@kernel
def _birthday(people, i):
    door.set_birthday(people, i)


@kernel
def _period(edges, t, hint):
    return door.period_at(edges, t, hint)


def _model() -> ResidentModel:
    """Death × 2 for smokers and × 1.5 for those who stopped, falls × 3 for the latter; leaving is nothing to do with it."""
    cells = SEXES, QUINTILES, AGES
    base = np.full((*cells, K), RARE, np.float32)
    base[..., DEATH_CLOCK], base[..., LEAVE_CLOCK] = 0.001, 0.01
    ratio = np.ones((SMOKER + 1, LEVELS, K), np.float32)
    ratio[SMOKER, [YES, STOPPED], DEATH_CLOCK] = 2.0, 1.5
    ratio[SMOKER, STOPPED, FALL_CLOCK] = 3.0
    kind = np.full(K, NO_EVENT, np.int8)
    kind[[DEATH_CLOCK, LEAVE_CLOCK, OVER, BEGIN, QUIT, FALL_CLOCK]] = DEATH, LEAVE, TIMER, MOVE, MOVE, DEMAND
    base[..., [BEGIN, QUIT]] = 0.002, 0.004
    event_at = np.zeros((C, LEVELS), np.int32)
    for clock in (DEATH_CLOCK, LEAVE_CLOCK, FALL_CLOCK):
        event_at[clock] = clock
    event_at[TIMER_CLOCK] = BEGIN, QUIT, OVER
    decides = np.zeros(C, np.int32)
    decides[TIMER_CLOCK] = SMOKER
    factor = np.ones((SMOKER + 1, LEVELS, 2), np.float32)
    factor[SMOKER, YES] = 0.75, 0.5
    known = {
        "base": base, "ageing": np.ones_like(base), "trend": np.ones(K, np.float32), "ratio": ratio, "kind": kind,
        "has_ratio": np.array([[0, 0, 0]] * 3 + [[0, 1, 1]], np.uint8),
        "ratio_from": np.array([0, 0, 0, 0, 2], np.int32),
        "ratio_event": np.array([DEATH_CLOCK, FALL_CLOCK], np.int32),
        "ratio_column": np.array([DEATH_CLOCK, FALL_CLOCK], np.int32),
        "ratio_value": np.array([[1, 2, 1.5], [1, 1, 3]], np.float32),
        "event_from": np.array([0, 0, 1, 1, 1, *[2] * (K - 4)], np.int32),
        "event_attribute": np.array([SMOKER, SMOKER], np.int32),
        "column": np.array([0, DEATH_CLOCK, LEAVE_CLOCK, TIMER_CLOCK, FALL_CLOCK, TIMER_CLOCK, TIMER_CLOCK, 0], np.int32),
        "decides": decides, "event_at": event_at,
        "own_columns": np.array([[0, 0], [0, 0], [0, 0], [TIMER_CLOCK, TIMER_CLOCK + 1]], np.int32),
        "fired_slot": np.array([-1, -1, -1, 0, -1, 0, 0, -1], np.int32),
        "timer_days": np.array([0, 0, 0, 100, 0, 0, 0, 0], np.float32), "has_weight": np.array([0, 0, 0, 1], np.uint8),
        "has_factor": np.array([[0, 0, 0]] * 3 + [[0, 1, 0]], np.uint8), "weight_rule": np.array([MULTIPLY, ODDS], np.int8),
        "weight_base": np.full((*cells, 2), [0.8, 4.0], np.float32), "weight_factor": factor,
    }
    empty = np.zeros(0, np.float32)
    return ResidentModel(**{name: known.get(name, empty) for name in ResidentModel._fields})


def _streams() -> Streams:
    """Addresses of seed 1, by number of the event or attribute."""
    def several(what: str) -> np.ndarray:
        return np.array([rng.stream(1, f"{what}.{n}") for n in range(K)], np.uint64)

    kinds = ("clock", "accept", "severity", "case", "start", "timer")
    return Streams(*(several(what) for what in kinds), rng.stream(1, "child"), rng.stream(1, "sex"))


STREAMS = _streams()


@pytest.fixture
def model():
    return _model()


@pytest.fixture
def people():
    """One resident, non-smoker, who would die on day 1000 and leave on day 50."""
    people = allocate(1, SMOKER + 1, C, 1, 2)
    people.clock[:] = NEVER
    people.clock[0, [0, DEATH_CLOCK, LEAVE_CLOCK]] = 365.25, 1000, 50
    return people


def _set(model, people, level: int, day: float) -> None:
    _change(model, STREAMS, people, 0, SMOKER, level, np.float32(day))


def test_what_is_left_of_the_wait_shrinks_by_the_ratio(model, people):
    _set(model, people, YES, 200)
    assert people.clock[0, DEATH_CLOCK] == 200 + 800 / 2
    assert people.level[0, SMOKER] == YES


def test_from_one_raised_level_to_another_the_ratio_of_ratios_counts(model, people):
    _set(model, people, YES, 200)
    _set(model, people, STOPPED, 300)
    assert people.clock[0, DEATH_CLOCK] == pytest.approx(300 + 300 * 2 / 1.5)


def test_there_and_back_is_where_one_was_less_the_time_at_risk(model, people):
    _set(model, people, YES, 200)
    _set(model, people, NO, 300)
    assert people.clock[0, DEATH_CLOCK] == 900  # 100 days at twice the rate used up 200


def test_clocks_without_a_ratio_keep_every_bit(model, people):
    people.clock[0, LEAVE_CLOCK] = np.float32(0.1) + np.float32(49)
    before = people.clock.copy()
    _set(model, people, YES, 33.3)
    _set(model, people, STOPPED, 44.4)
    untouched = [k for k in range(C) if k not in (DEATH_CLOCK, TIMER_CLOCK, FALL_CLOCK)]
    assert people.clock[0, untouched].tobytes() == before[0, untouched].tobytes()


def test_between_levels_of_the_same_ratio_no_bit_changes(model, people):
    """Also where subtracting and adding the day would round to another float32."""
    ring, rounded = np.float32(1234.5677), 0
    for day in np.linspace(0.1, 300, 500, dtype=np.float32):
        people.clock[0, FALL_CLOCK], people.level[0, SMOKER] = ring, NO
        _change(model, STREAMS, people, 0, SMOKER, YES, day)
        assert people.clock[0, FALL_CLOCK] == ring
        rounded += (ring - day) + day != ring
    assert rounded > 10
    _change(model, STREAMS, people, 0, SMOKER, STOPPED, np.float32(4))
    assert people.clock[0, FALL_CLOCK] < ring


def test_the_level_one_has_changes_no_bit(model, people):
    _set(model, people, STOPPED, 10)
    before = [array.tobytes() for array in people]
    _set(model, people, STOPPED, 60)
    assert [array.tobytes() for array in people] == before


def test_a_timer_starts_with_its_level(model, people):
    _set(model, people, STOPPED, 10)
    assert people.clock[0, TIMER_CLOCK] == 110
    _set(model, people, YES, 60)
    _set(model, people, STOPPED, 70)
    assert people.clock[0, TIMER_CLOCK] == 170


def test_a_clock_becomes_that_of_what_can_happen_now(model, people):
    """Each time with a time of its own: E / rate after the change, E drawn at (event, resident, how often it was set)."""
    for times, (level, event, rate) in enumerate([(YES, QUIT, 0.004), (NO, BEGIN, 0.002), (YES, QUIT, 0.004)], 1):
        day = 10.0 * times
        _set(model, people, level, day)
        luck = _exponential(STREAMS.clock[event], people.person["key"][0], times)
        assert people.clock[0, TIMER_CLOCK] == np.float32(day + luck / np.float64(np.float32(rate)))
    model.event_at[TIMER_CLOCK, NO] = 0
    _set(model, people, NO, 50)
    assert people.clock[0, TIMER_CLOCK] == NEVER


def test_an_event_that_never_comes_still_never_comes(model, people):
    people.clock[0, DEATH_CLOCK] = NEVER
    for day, level in ((10, YES), (20, NO), (30, STOPPED), (40, NO)):
        _set(model, people, level, day)
    assert people.clock[0, DEATH_CLOCK] >= np.float32(0.9e30)
    _next(people, 0)
    assert people.next[0] == 50


def test_weights_follow_the_level(model, people):
    _weigh(model, people, 0)
    assert people.weight[0, [UTILITY, GOOD_HEALTH]] == pytest.approx([0.8, 4 / 5])
    _set(model, people, YES, 10)
    assert people.weight[0, [UTILITY, GOOD_HEALTH]] == pytest.approx([0.8 * 0.75, 2 / 3])  # odds 4 × 0.5
    _set(model, people, NO, 20)
    assert people.weight[0, [UTILITY, GOOD_HEALTH]] == pytest.approx([0.8, 4 / 5])


def test_the_rate_is_base_times_trend_times_ratios(model, people):
    model.trend[DEATH_CLOCK] = 0.9
    found = np.zeros(K)
    _set(model, people, STOPPED, 1)
    _rates(model, people, 0, found)
    assert found[DEATH_CLOCK] == pytest.approx(0.001 * 0.9 * 1.5)
    assert found[LEAVE_CLOCK] == pytest.approx(0.01)
    together = np.zeros(K)
    _rates_at_once(model, people, 0, together)
    assert together.tobytes() == found.tobytes()


def test_what_has_no_rate_cannot_happen(model, people):
    found = np.zeros(K, np.bool_)
    _possible(model, people, 0, found)
    assert np.flatnonzero(found).tolist() == [DEATH_CLOCK, LEAVE_CLOCK, BEGIN, QUIT]


def test_the_next_event_is_the_earliest_but_never_before_the_last_outcome(people):
    _next(people, 0)
    assert people.next[0] == 50
    people.person["resume"][0] = 60
    _next(people, 0)
    assert people.next[0] == 60
    people.clock[0, 15] = 0.0  # bits of a zero sort first
    people.person["resume"][0] = 0
    _next(people, 0)
    assert people.next[0] == 0


def test_birthdays_are_counted_from_birth(people):
    people.person["birth"][0], people.person["age"][0] = -100.5, 0
    for age in range(110):
        people.person["age"][0] = age
        _birthday(people, 0)
        assert people.clock[0, 0] == np.float32(-100.5 + 365.25 * (age + 1))


EDGES = np.array([0.0, 30.0, 61.0, 91.0])


@pytest.mark.parametrize("hint", [0, 1, 2])
@pytest.mark.parametrize(("day", "period"), [(-5, 0), (0, 0), (29.99, 0), (30, 1), (60.5, 1), (61, 2), (91, 2), (500, 2)])
def test_the_period_is_found_from_any_hint(day, hint, period):
    assert _period(EDGES, np.float32(day), hint) == period


def test_time_lived_is_split_at_the_edges_and_adds_up(people):
    people.weight[0] = 0.5, 1.0
    tally = np.zeros((3, 19 * 10, 3), np.int64)
    people.person["since"][0] = 20
    _accrue(people, 0, np.float32(45.5), EDGES, 0, tally)
    _accrue(people, 0, np.float32(45.5), EDGES, 1, tally)  # no time has passed
    _accrue(people, 0, np.float32(70), EDGES, 1, tally)
    day = 86_400_000
    assert tally[:, 0].tolist() == [[10 * day, 5 * day, 10 * day], [31 * day, 31 * day // 2, 31 * day],
                                    [9 * day, 9 * day // 2, 9 * day]]
    assert tally.sum() == tally[:, 0].sum()
    assert people.person["since"][0] == 70


@kernel
def _milliseconds_equal(a, b, out):
    for n in range(a.shape[0]):
        out[n] = door.milliseconds(a[n]) <= door.milliseconds(b[n])


def test_milliseconds_never_fall_as_days_grow():
    days = np.sort(np.random.default_rng(1).uniform(0, 4000, 10_000)).astype(np.float32)
    found = np.zeros(len(days) - 1, np.bool_)
    _milliseconds_equal(days[:-1], days[1:], found)
    assert found.all()
