"""Each rule of docs/background/services.md on a trace worked out by hand, for both engines."""

from __future__ import annotations

import numpy as np
import pytest
from pathways import (
    NO_DEPARTURES,
    Pathways,
    Pool,
    Step,
    constant,
    demands,
    departures,
    exponential,
    model,
    normal,
    triangular,
    uniform,
)

from icsim import rng
from icsim.errors import EngineError
from icsim.services.compiled import CompiledEngine
from icsim.services.model import PRE_EMPT, REFUSE_CLOSED, REFUSE_FULL, UNLIMITED, WAIT
from icsim.services.reference import ReferenceEngine
from icsim.services.served import Served
from icsim.tables import DIED, DIVERTED, GAVE_UP, LEFT, REFUSED, SERVED, STILL_THERE

pytestmark = pytest.mark.unit

UNTIL = 1000
OUTCOMES = {"home": (-1, -1), "care_home": (3, 2)}


@pytest.fixture(params=[ReferenceEngine, CompiledEngine])
def run(request):
    """Runs pathways to UNTIL and finishes; the two are given back."""

    def run(steps, pools, calls, left=NO_DEPARTURES, **more) -> tuple[Served, Served]:
        engine = request.param(model(Pathways(steps, pools, outcomes=OUTCOMES, **more)))
        return engine.serve(calls, left, UNTIL), engine.finish(UNTIL)

    return run


def visits(served: Served, key: int, step: int | None = None) -> list[tuple[int, int, int, int, int]]:
    """(step, asked, started, ended, reason) of one case, its closing record left out."""
    rows = served.contacts[(served.contacts["key"] == key) & (served.contacts["step"] >= 0)]
    rows = rows if step is None else rows[rows["step"] == step]
    return rows[["step", "asked", "started", "ended", "reason"]].tolist()


def ends(served: Served) -> list[tuple[int, int, int, int]]:
    """(key, ended, reason, outcome) of the closing records."""
    return served.contacts[served.contacts["step"] < 0][["key", "ended", "reason", "outcome"]].tolist()


def starts(served: Served, step: int = 0) -> dict[int, int]:
    """When service of each case started at this step, by key; −1: it was not served."""
    rows = served.contacts[served.contacts["step"] == step]
    return dict(rows[["key", "started"]].tolist())


def by_class(*rows: tuple[int, int, int]) -> np.ndarray:
    """Demands from (ms, key, class)."""
    return demands(*({"ms": ms, "key": key, "cls": cls} for ms, key, cls in rows))


# One service


def test_first_come_first_served_and_ties_by_key(run):
    served, _ = run([Step("s", 0, constant(10))], [Pool(0)], demands((5, 1), (5, 2), (7, 0)))
    assert visits(served, 1) == [(0, 5, 5, 15, SERVED)]
    assert visits(served, 2) == [(0, 5, 15, 25, SERVED)]
    assert visits(served, 0) == [(0, 7, 25, 35, SERVED)]
    assert ends(served) == [(1, 15, SERVED, 0), (2, 25, SERVED, 0), (0, 35, SERVED, 0)]


def test_the_sums_are_exact(run):
    served, _ = run([Step("s", 0, constant(10))], [Pool(0, [(0, 1), (500, 3)])], demands((5, 1), (5, 2), (7, 0)))
    assert served.sums.tolist() == [(30, 500 + 3 * 500, 10 + 18, 3, 3, 0)]


def test_a_pool_without_a_limit_has_no_open_time(run):
    served, _ = run([Step("s", 0, constant(10))], [Pool(0, UNLIMITED)], demands(*((5, key) for key in range(50))))
    assert served.sums.tolist() == [(500, 0, 0, 50, 50, 0)]


def test_keys_are_unsigned(run):
    """The largest key comes last, although it would be −1 as a signed number."""
    served, _ = run([Step("s", 0, constant(10))], [Pool(0)], demands((5, 3), (5, 2**63), (5, 2**64 - 1)))
    assert starts(served) == {3: 5, 2**63: 15, 2**64 - 1: 25}


def test_higher_priority_overtakes_but_does_not_interrupt(run):
    steps = [Step("s", 0, constant(10), priority=[1, 0])]
    served, _ = run(steps, [Pool(0)], by_class((0, 1, 0), (1, 2, 0), (2, 3, 1)), classes=2)
    assert starts(served) == {1: 0, 2: 20, 3: 10}


def test_those_who_ask_at_one_instant_queue_by_key_whatever_brought_them(run):
    """Case 9 asks at an end (phase 2) and case 4 on arrival (phase 4), both at 10: 4 is served first."""
    steps = [Step("first", None, constant(10), to="s"), Step("s", 0, constant(30))]
    calls = demands({"ms": 0, "key": 1, "kind": 1}, {"ms": 0, "key": 9}, {"ms": 10, "key": 4, "kind": 1})
    served, _ = run(steps, [Pool(0)], calls, starts=["first", "s"])
    assert starts(served, 1) == {1: 0, 4: 30, 9: 60}


def test_a_service_of_no_time_still_ends_before_arrivals(run):
    served, _ = run([Step("s", 0, constant(0))], [Pool(0)], demands((5, 2), (5, 3)))
    assert starts(served) == {2: 5, 3: 5}
    assert served.sums["waiting_ms"].tolist() == [0]


# Order at one instant


def test_an_end_comes_before_patience_runs_out(run):
    """Case 2's patience ends at 10, when the server becomes free: it is served."""
    served, _ = run([Step("s", 0, constant(10), patience=constant(10))], [Pool(0)], demands((0, 1), (0, 2)))
    assert visits(served, 2) == [(0, 0, 10, 20, SERVED)]


def test_patience_runs_out_before_arrivals(run):
    """Case 2 gives up at 5; case 3 comes at 5 and finds the one place in the queue empty."""
    steps = [Step("s", 0, constant(50), patience=[constant(5), constant(90)], refuse=REFUSE_FULL)]
    served, _ = run(steps, [Pool(0, 1, limit=1)], by_class((0, 1, 0), (0, 2, 0), (5, 3, 1)), classes=2)
    assert visits(served, 2) == [(0, 0, -1, 5, GAVE_UP)]
    assert visits(served, 3) == [(0, 5, 50, 100, SERVED)]


def test_capacity_changes_before_ends(run):
    """At 10 the pool closes and case 1 ends: case 2 finds no server."""
    served, _ = run([Step("s", 0, constant(10))], [Pool(0, [(0, 1), (10, 0), (40, 1)])], demands((0, 1), (0, 2)))
    assert starts(served) == {1: 0, 2: 40}


def test_departures_come_before_capacity(run):
    """At 10 case 1 departs before the pool closes: its server goes to case 2."""
    left = departures((10, 0, DIED))
    served, _ = run([Step("s", 0, constant(50))], [Pool(0, [(0, 1), (10, 0)])], demands((0, 1), (0, 2)), left)
    assert visits(served, 2) == [(0, 0, 10, 60, SERVED)]


def test_departures_at_one_instant_go_by_case_key(run):
    """Case 7 frees its server first and case 8, next in the queue, is granted it before departing itself."""
    calls = demands({"ms": 0, "key": 7, "resident": 5}, {"ms": 1, "key": 8, "resident": 2})
    left = departures((10, 2, LEFT), (10, 5, DIED))
    served, _ = run([Step("s", 0, constant(50))], [Pool(0)], calls, left)
    assert visits(served, 7) == [(0, 0, 0, 10, DIED)]
    assert visits(served, 8) == [(0, 1, 10, 10, LEFT)]


def test_no_patience_gives_up_before_the_next_arrival(run):
    steps = [Step("s", 0, constant(50), patience=constant(0), refuse=REFUSE_FULL)]
    served, _ = run(steps, [Pool(0, 1, limit=1)], demands((0, 1), (0, 2), (0, 3)))
    assert visits(served, 2) == [(0, 0, -1, 0, GAVE_UP)]
    assert visits(served, 3) == [(0, 0, -1, 0, GAVE_UP)]


def test_all_pools_change_before_queues_are_served(run):
    """At 40 pool 0 opens and pool 1 closes: case 1 leaves pool 0 for pool 1 at once, and finds it closed."""
    steps = [Step("s", 0, constant(0), to="t"), Step("t", 1, constant(5), refuse=REFUSE_CLOSED)]
    pools = [Pool(0, [(0, 0), (40, 1)]), Pool(1, [(0, 1), (40, 0)])]
    served, _ = run(steps, pools, demands((0, 1)))
    assert visits(served, 1) == [(0, 0, 40, 40, SERVED), (1, 40, -1, 40, REFUSED)]


# Refusal, patience and what comes instead


@pytest.mark.parametrize(
    ("rule", "servers", "limit", "refused"),
    [
        (REFUSE_CLOSED, 0, UNLIMITED, True),
        (REFUSE_CLOSED, 1, 0, False),
        (REFUSE_FULL, 1, 0, True),
        (REFUSE_FULL, 1, 1, False),
        (REFUSE_FULL, 0, 0, True),
        (REFUSE_CLOSED | REFUSE_FULL, 1, 0, True),
        (0, 1, 0, False),
        (0, 0, 0, False),
    ],
)
def test_refused_when_closed_or_full(run, rule, servers, limit, refused):
    """Case 1 takes the server if there is one; case 2 asks while it is busy."""
    steps = [Step("start", 0, constant(100)), Step("s", 0, constant(100), refuse=rule)]
    calls = demands({"ms": 0, "key": 1}, {"ms": 5, "key": 2, "kind": 1})
    served, finished = run(steps, [Pool(0, servers, limit=limit)], calls, starts=["start", "s"])
    assert (visits(served, 2) == [(1, 5, -1, 5, REFUSED)]) == refused
    assert ((2, 5, REFUSED, -1) in ends(served)) == refused
    waited = visits(served, 2) + visits(finished, 2)
    assert refused or waited == [(1, 5, 100, 200, SERVED) if servers else (1, 5, -1, UNTIL, STILL_THERE)]


def test_the_refused_go_elsewhere_and_the_impatient_too(run):
    steps = [
        Step("s", 0, constant(100), refuse=REFUSE_FULL, patience=constant(20), otherwise="walk"),
        Step("walk", None, constant(7), to="care_home"),
    ]
    served, _ = run(steps, [Pool(0, 1, limit=1)], demands((0, 1), (1, 2), (2, 3)))
    assert visits(served, 2) == [(0, 1, -1, 21, DIVERTED), (1, 21, 21, 28, SERVED)]
    assert visits(served, 3) == [(0, 2, -1, 2, DIVERTED), (1, 2, 2, 9, SERVED)]
    assert ends(served)[:2] == [(3, 9, SERVED, 1), (2, 28, SERVED, 1)]
    assert served.moves.tolist()[:2] == [(9, 2, 3, 2, SERVED), (28, 1, 3, 2, SERVED)]


def test_giving_up_may_have_an_outcome_of_its_own(run):
    steps = [Step("s", 0, constant(100), patience=constant(20), otherwise="care_home")]
    served, _ = run(steps, [Pool(0, 0)], demands((3, 1)))
    assert visits(served, 1) == [(0, 3, -1, 23, GAVE_UP)]
    assert ends(served) == [(1, 23, GAVE_UP, 1)]
    assert served.moves.tolist() == [(23, 0, 3, 2, GAVE_UP)]


def test_giving_up_without_otherwise_ends_the_case(run):
    served, _ = run([Step("s", 0, constant(100), patience=constant(20))], [Pool(0, 0)], demands((3, 1)))
    assert ends(served) == [(1, 23, GAVE_UP, -1)]
    assert served.moves.tolist() == [(23, 0, -1, -1, GAVE_UP)]
    assert served.sums["left_queue"].tolist() == [1]


# Held servers


def ambulance_and_cubicle(**more) -> list[Step]:
    """An ambulance keeps its patient until a cubicle is free."""
    return [
        Step("ambulance", 0, constant(10), hold=True, to="cubicle"),
        Step("cubicle", 1, constant(100), **more),
    ]


def test_a_held_server_is_busy_until_the_next_is_granted(run):
    served, _ = run(ambulance_and_cubicle(), [Pool(0), Pool(1)], demands((0, 1), (1, 2), (2, 3)))
    assert visits(served, 1) == [(0, 0, 0, 10, SERVED), (1, 10, 10, 110, SERVED)]
    assert visits(served, 2) == [(0, 1, 10, 20, SERVED), (1, 20, 110, 210, SERVED)]
    assert visits(served, 3) == [(0, 2, 110, 120, SERVED), (1, 120, 210, 310, SERVED)]
    assert served.sums["busy_ms"].tolist() == [10 + 100 + 100, 300]


def test_freed_servers_pass_on_through_a_chain_before_the_ending_case_moves_on(run):
    """At 90 a bed falls free: the one in the cubicle takes it, the ambulance unloads, the next patient is fetched.

    Case 1, which freed the bed, only then asks for an ambulance, and has to wait for it although it is urgent: until
    160, when a bed falls free again.
    """
    steps = [
        Step("ambulance", 0, constant(10), hold=True, to="cubicle", priority=1),
        Step("cubicle", 1, constant(10), hold=True, to="bed"),
        Step("bed", 2, constant(70), to="ride"),
        Step("ride", 0, constant(10)),
    ]
    calls = demands((0, 1), (1, 2), (2, 3), (3, 4))
    served, _ = run(steps, [Pool(0), Pool(1), Pool(2)], calls)
    assert visits(served, 1)[2:] == [(2, 20, 20, 90, SERVED), (3, 90, 160, 170, SERVED)]
    assert visits(served, 2)[1:3] == [(1, 20, 20, 30, SERVED), (2, 30, 90, 160, SERVED)]
    assert visits(served, 3)[:2] == [(0, 2, 20, 30, SERVED), (1, 30, 90, 100, SERVED)]
    assert visits(served, 4)[0] == (0, 3, 90, 100, SERVED)


def test_a_hold_on_the_same_pool_keeps_its_server(run):
    """Case 1 goes on with its vehicle, although case 2 has been waiting for it and nobody is on duty any more."""
    steps = [Step("drive", 0, constant(10), hold=True, to="treat"), Step("treat", 0, constant(10))]
    served, _ = run(steps, [Pool(0, [(0, 1), (5, 0), (50, 1)])], demands((0, 1), (1, 2)))
    assert visits(served, 1) == [(0, 0, 0, 10, SERVED), (1, 10, 10, 20, SERVED)]
    assert visits(served, 2) == [(0, 1, 50, 60, SERVED), (1, 60, 60, 70, SERVED)]
    assert served.sums[["arrivals", "grants"]].tolist() == [(2, 2)]


def test_a_step_without_a_service_frees_the_held_server(run):
    steps = [Step("drive", 0, constant(10), hold=True, to="rest"), Step("rest", None, constant(90))]
    served, _ = run(steps, [Pool(0)], demands((0, 1), (1, 2)))
    assert visits(served, 1)[1] == (1, 10, 10, 100, SERVED)
    assert visits(served, 2)[0] == (0, 1, 10, 20, SERVED)


def test_a_held_server_outlasts_refusal_and_lost_patience(run):
    """The ambulance is kept while the case is turned away from one service and waits for the next."""
    steps = [
        Step("ambulance", 0, constant(10), hold=True, to="closed"),
        Step("closed", 1, constant(10), refuse=REFUSE_CLOSED, otherwise="slow"),
        Step("slow", 1, constant(10), patience=constant(30), otherwise="ride"),
        Step("ride", 0, constant(10)),
    ]
    served, _ = run(steps, [Pool(0), Pool(1, 0)], demands((0, 1), (1, 2)))
    assert visits(served, 1)[1:] == [(1, 10, -1, 10, DIVERTED), (2, 10, -1, 40, DIVERTED), (3, 40, 40, 50, SERVED)]
    assert starts(served)[2] == 50


def test_a_held_server_is_freed_when_the_case_ends(run):
    served, _ = run([Step("s", 0, constant(10), hold=True)], [Pool(0)], demands((0, 1), (1, 2)))
    assert starts(served) == {1: 0, 2: 10}


# Departures


def test_departing_from_the_queue(run):
    left = departures((5, 1, LEFT))
    served, _ = run([Step("s", 0, constant(10))], [Pool(0)], demands((0, 1), (1, 2), (2, 3)), left)
    assert visits(served, 2) == [(0, 1, -1, 5, LEFT)]
    assert ends(served)[0] == (2, 5, LEFT, -1)
    assert served.moves.tolist()[0] == (5, 1, -1, -1, LEFT)
    assert starts(served)[3] == 10
    assert served.sums[["arrivals", "grants", "left_queue"]].tolist() == [(3, 2, 1)]


def test_departing_during_service_frees_the_server(run):
    served, _ = run([Step("s", 0, constant(10))], [Pool(0)], demands((0, 1), (1, 2)), departures((4, 0, DIED)))
    assert visits(served, 1) == [(0, 0, 0, 4, DIED)]
    assert visits(served, 2) == [(0, 1, 4, 14, SERVED)]


def test_departing_while_holding_frees_the_held_server(run):
    left = departures((30, 1, DIED))
    served, _ = run(ambulance_and_cubicle(), [Pool(0), Pool(1)], demands((0, 1), (1, 2), (2, 3)), left)
    assert visits(served, 2)[1] == (1, 20, -1, 30, DIED)
    assert visits(served, 3) == [(0, 2, 30, 40, SERVED), (1, 40, 110, 210, SERVED)]


def test_departing_from_a_step_without_a_service(run):
    served, _ = run([Step("s", None, constant(10))], [], demands((0, 1)), departures((4, 0, DIED)))
    assert visits(served, 1) == [(0, 0, 0, 4, DIED)]


def test_departures_without_an_open_case_are_ignored(run):
    """Before the case began (also at that very instant), after it ended, and of those who never had a case."""
    left = departures((0, 0, DIED), (5, 0, DIED), (12, 100_000, DIED), (16, 0, LEFT))
    served, _ = run([Step("s", 0, constant(10))], [Pool(0)], demands((5, 1)), left)
    assert ends(served) == [(1, 15, SERVED, 0)]


def test_a_departure_comes_before_an_end(run):
    served, _ = run([Step("s", 0, constant(10))], [Pool(0)], demands((5, 1)), departures((15, 0, LEFT)))
    assert ends(served) == [(1, 15, LEFT, -1)]


def test_a_resident_may_come_again(run):
    calls = demands({"ms": 0, "key": 1, "resident": 4}, {"ms": 20, "key": 2, "resident": 4})
    served, _ = run([Step("s", 0, constant(10))], [Pool(0)], calls, departures((25, 4, DIED)))
    assert ends(served) == [(1, 10, SERVED, 0), (2, 25, DIED, -1)]


# Shift ends


def test_finish_runs_on(run):
    """Two servers become one at 5; nobody starts until both who were in service have ended."""
    served, _ = run([Step("s", 0, constant(10))], [Pool(0, [(0, 2), (5, 1)])], demands((0, 1), (1, 2), (2, 3)))
    assert starts(served) == {1: 0, 2: 1, 3: 11}
    assert served.sums[["busy_ms", "open_ms"]].tolist() == [(30, 10 + 995)]


def test_wait_suspends_with_the_server_and_resumes(run):
    pools = [Pool(0, [(0, 1), (4, 0), (50, 1)], shift_end=WAIT)]
    served, _ = run([Step("s", 0, constant(10))], pools, demands((0, 1), (1, 2)))
    assert visits(served, 1) == [(0, 0, 0, 56, SERVED)]
    assert visits(served, 2) == [(0, 1, 56, 66, SERVED)]
    assert served.sums["busy_ms"].tolist() == [66]


def test_wait_suspends_the_lowest_priority_then_the_latest_start_and_resumes_in_reverse(run):
    """Of cases 1 (started 0), 2 (started 1, urgent) and 3 (started 2) one server is left at 5: it serves case 2."""
    steps = [Step("s", 0, constant(10), priority=[1, 0])]
    pools = [Pool(0, [(0, 3), (5, 1)], shift_end=WAIT)]
    served, _ = run(steps, pools, by_class((0, 1, 0), (1, 2, 1), (2, 3, 0), (3, 4, 1)), classes=2)
    assert visits(served, 2) == [(0, 1, 1, 11, SERVED)]
    assert visits(served, 1) == [(0, 0, 0, 16, SERVED)]
    assert visits(served, 3) == [(0, 2, 2, 23, SERVED)]
    assert visits(served, 4) == [(0, 3, 23, 33, SERVED)]


def test_wait_counts_held_servers(run):
    """Case 1 holds one of two servers when the pool goes down to one: case 2 is suspended until case 1 moves on."""
    pools = [Pool(0, [(0, 2), (15, 1)], shift_end=WAIT), Pool(1, [(0, 0), (40, 1)])]
    served, _ = run(ambulance_and_cubicle(), pools, demands((0, 1), (12, 2)))
    assert visits(served, 1)[1] == (1, 10, 40, 140, SERVED)
    assert visits(served, 2)[0] == (0, 12, 12, 40 + (10 - 3), SERVED)


def test_a_freed_server_of_a_waiting_pool_goes_to_the_suspended_first(run):
    """Case 2 is suspended at 5; at 7 case 1 departs and case 2 goes on, ahead of urgent case 3 in the queue."""
    steps = [Step("s", 0, constant(10), priority=[1, 0])]
    pools = [Pool(0, [(0, 2), (5, 1)], shift_end=WAIT)]
    calls = by_class((0, 1, 0), (1, 2, 0), (2, 3, 1))
    served, _ = run(steps, pools, calls, departures((7, 0, DIED)), classes=2)
    assert visits(served, 2) == [(0, 1, 1, 7 + (10 - 4), SERVED)]
    assert visits(served, 3) == [(0, 2, 13, 23, SERVED)]


def test_departing_while_suspended(run):
    pools = [Pool(0, [(0, 1), (4, 0), (50, 1)], shift_end=WAIT)]
    served, _ = run([Step("s", 0, constant(10))], pools, demands((0, 1), (1, 2)), departures((20, 0, DIED)))
    assert visits(served, 1) == [(0, 0, 0, 20, DIED)]
    assert visits(served, 2) == [(0, 1, 50, 60, SERVED)]


def test_pre_empt_to_none_sends_everybody_to_the_head_of_the_queue(run):
    """Case 3 had been waiting; when the pool opens again 1 and 2 go on first, in the order in which they started."""
    pools = [Pool(0, [(0, 2), (5, 0), (50, 1)], shift_end=PRE_EMPT)]
    served, _ = run([Step("s", 0, constant(10))], pools, demands((0, 1), (1, 2), (2, 3)))
    assert visits(served, 1) == [(0, 0, 0, 55, SERVED)]
    assert visits(served, 2) == [(0, 1, 1, 55 + 6, SERVED)]
    assert visits(served, 3) == [(0, 2, 61, 71, SERVED)]
    assert served.sums.tolist() == [(5 + 4 + 5 + 6 + 10, 10 + 950, 45 + 50 + 59, 3, 3, 0)]


def test_pre_empt_to_one_keeps_the_urgent(run):
    steps = [Step("s", 0, constant(10), priority=[1, 0])]
    pools = [Pool(0, [(0, 2), (5, 1)], shift_end=PRE_EMPT)]
    served, _ = run(steps, pools, by_class((0, 1, 0), (1, 2, 1), (2, 3, 1)), classes=2)
    assert visits(served, 2) == [(0, 1, 1, 11, SERVED)]
    assert visits(served, 3) == [(0, 2, 11, 21, SERVED)]
    assert visits(served, 1) == [(0, 0, 0, 21 + 5, SERVED)]


def test_those_sent_away_go_before_others_who_asked_earlier(run):
    """Case 1 asked for its second step at 10, case 2 has been waiting since 1; case 1 is sent away at 12."""
    steps = [Step("drive", 0, constant(10), hold=True, to="treat"), Step("treat", 0, constant(10))]
    served, _ = run(steps, [Pool(0, [(0, 1), (12, 0), (50, 1)], shift_end=PRE_EMPT)], demands((0, 1), (1, 2)))
    assert visits(served, 1)[1] == (1, 10, 10, 58, SERVED)
    assert visits(served, 2)[0] == (0, 1, 58, 68, SERVED)


def test_those_sent_away_have_no_patience_left_to_lose(run):
    steps = [Step("s", 0, constant(10), patience=constant(3))]
    pools = [Pool(0, [(0, 1), (5, 0), (50, 1)], shift_end=PRE_EMPT)]
    served, _ = run(steps, pools, demands((0, 1), (1, 2)))
    assert visits(served, 1) == [(0, 0, 0, 55, SERVED)]
    assert visits(served, 2) == [(0, 1, -1, 4, GAVE_UP)]


def test_departing_after_being_sent_away_keeps_the_first_start(run):
    pools = [Pool(0, [(0, 1), (5, 0)], shift_end=PRE_EMPT)]
    served, _ = run([Step("s", 0, constant(10))], pools, demands((0, 1)), departures((20, 0, LEFT)))
    assert visits(served, 1) == [(0, 0, 0, 20, LEFT)]
    assert served.sums[["arrivals", "grants", "left_queue", "busy_ms"]].tolist() == [(1, 1, 0, 5)]


def test_pre_empt_spares_held_servers(run):
    """A pool with one server held and one in service goes down to none: only the one in service is sent away."""
    pools = [Pool(0, [(0, 2), (15, 0), (80, 2)], shift_end=PRE_EMPT), Pool(1, [(0, 0), (40, 1)])]
    served, _ = run(ambulance_and_cubicle(), pools, demands((0, 1), (12, 2)))
    assert visits(served, 1)[1] == (1, 10, 40, 140, SERVED)
    assert visits(served, 2)[0] == (0, 12, 12, 80 + (10 - 3), SERVED)
    assert served.sums["busy_ms"][0] == 40 + 3 + 7 + (140 - 87)


# Branches, laps, draws


def test_steps_that_take_no_time_are_passed_at_once(run):
    steps = [Step("a", None, to="b"), Step("b", None, to="c"), Step("c", 0, constant(0))]
    served, _ = run(steps, [Pool(0)], demands((5, 1)))
    assert visits(served, 1) == [(0, 5, 5, 5, SERVED), (1, 5, 5, 5, SERVED), (2, 5, 5, 5, SERVED)]


def test_each_lap_draws_anew(run):
    """A case goes round while its uniforms say so; branch and duration of lap n are draws number n."""
    steps = [Step("s", None, uniform(1, 50), to={"s": 0.8, "home": 0.2})]
    served, _ = run(steps, [], demands((0, 77)), seed=3)
    clock, lap, expected = 0, 0, []
    while True:
        key = np.uint64(77)
        took = int(1 + 49 * rng.draw(rng.stream(3, "duration of s"), key, lap) + 0.5)
        expected.append((0, clock, clock, clock + took, SERVED))
        clock += took
        if rng.draw(rng.stream(3, "branch of s"), key, lap) >= 0.8:
            break
        lap += 1
    assert visits(served, 77) == expected


def test_going_back_after_giving_up_is_a_lap_too(run):
    """The step before, visited again, takes another time."""
    steps = [
        Step("rest", None, exponential(20), to="ask"),
        Step("ask", 0, constant(5), patience=constant(10), otherwise="rest"),
    ]
    served, _ = run(steps, [Pool(0, 0)], demands((0, 5)))
    took = [ended - asked for _, asked, _, ended, _ in visits(served, 5, step=0)]
    stream, key = rng.stream(1, "duration of rest"), np.uint64(5)
    assert took == [int(20 * rng.exponential(rng.draw(stream, key, lap)) + 0.5) for lap in range(len(took))]
    assert len(set(took)) > 1


def test_branches_follow_the_class(run):
    steps = [Step("s", None, to={"home": [1.0, 0.0], "care_home": [0.0, 1.0]})]
    served, _ = run(steps, [], by_class((0, 1, 0), (0, 2, 1)), classes=2)
    assert [(key, outcome) for key, _, _, outcome in ends(served)] == [(1, 0), (2, 1)]


def test_the_provider_is_the_same_for_every_service(run):
    """Both services have two providers with equal shares: whoever goes to the first goes to the first again."""
    steps = [Step("a", 0, to="b"), Step("b", 1)]
    pools = [Pool(0, UNLIMITED, shares=(0.5,)), Pool(0, UNLIMITED, shares=(0.5,))]
    pools += [Pool(1, UNLIMITED, shares=(0.5,)), Pool(1, UNLIMITED, shares=(0.5,))]
    served, _ = run(steps, pools, demands(*((0, key) for key in range(200))))
    contacts = served.contacts[served.contacts["step"] >= 0]
    first = dict(contacts[contacts["step"] == 0][["key", "pool"]].tolist())
    second = dict(contacts[contacts["step"] == 1][["key", "pool"]].tolist())
    uniforms = {key: rng.draw(rng.stream(1, "provider"), np.uint64(key), 0) for key in range(200)}
    assert first == {key: int(u >= 0.5) for key, u in uniforms.items()}
    assert second == {key: 2 + int(u >= 0.5) for key, u in uniforms.items()}


def test_providers_follow_the_place(run):
    pools = [Pool(0, UNLIMITED, shares=(1.0, 0.0)), Pool(0, UNLIMITED, shares=(0.0, 1.0))]
    calls = demands({"ms": 0, "key": 1, "place": 0}, {"ms": 0, "key": 2, "place": 1})
    served, _ = run([Step("s", 0)], pools, calls)
    assert served.contacts[served.contacts["step"] == 0][["key", "pool"]].tolist() == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (constant(7.5), lambda u: 7.5),
        (constant(-4), lambda u: 0),
        (uniform(10, 30), lambda u: 10 + 20 * u),
        (normal(0, 50, 3.6), lambda u: max(3.6, 50 * rng.normal(u))),
        (triangular(0, 25, 100), lambda u: 50 * u**0.5 if u < 0.25 else 100 - (7500 * (1 - u)) ** 0.5),
        ((2, 0, 0, 3.0, 0.5), lambda u: rng.exp(3.0 + 0.5 * rng.normal(u))),
        (exponential(40), lambda u: 40 * rng.exponential(u)),
    ],
    ids=["constant", "negative", "uniform", "normal", "triangular", "lognormal", "exponential"],
)
def test_durations_are_inverse_distribution_functions_rounded_half_up(run, row, value):
    served, finished = run([Step("s", None, row)], [], demands(*((0, key) for key in range(1, 40))))
    assert not len(finished.contacts)
    rows = served.contacts[served.contacts["step"] == 0]
    for key, took in zip(rows["key"], rows["ended"] - rows["started"], strict=True):
        assert took == int(value(rng.draw(rng.stream(1, "duration of s"), key, 0)) + 0.5)


# Calls


def test_still_there_at_the_end(run):
    """One in service, one in the queue, one sent away in mid-service (it keeps its first start)."""
    steps = [Step("s", 0, constant(5000)), Step("t", 1, constant(5000))]
    calls = demands((0, 1), (3, 2), {"ms": 5, "key": 3, "kind": 1})
    pools = [Pool(0), Pool(1, [(0, 1), (9, 0)], shift_end=PRE_EMPT)]
    served, finished = run(steps, pools, calls, starts=["s", "t"])
    assert not len(served.contacts)
    assert visits(finished, 1) == [(0, 0, 0, UNTIL, STILL_THERE)]
    assert visits(finished, 2) == [(0, 3, -1, UNTIL, STILL_THERE)]
    assert visits(finished, 3) == [(1, 5, 5, UNTIL, STILL_THERE)]
    assert ends(finished) == [(key, UNTIL, STILL_THERE, -1) for key in (1, 2, 3)]
    assert not len(finished.moves)


def test_records_carry_the_demand(run):
    calls = demands({"ms": 5, "key": 9, "resident": 7, "cell": 41, "kind": 1, "cls": 1})
    steps = [Step("a"), Step("b", 0, constant(3))]
    served, _ = run(steps, [Pool(0)], calls, starts=["a", "b"], classes=2)
    names = ["called", "key", "resident", "cell", "kind", "cls"]
    assert served.contacts[names].tolist() == [(5, 9, 7, 41, 1, 1)] * 2
    assert served.contacts[["step", "pool"]].tolist() == [(1, 0), (-1, -1)]


@pytest.mark.parametrize("engine", [ReferenceEngine, CompiledEngine])
def test_an_instant_at_the_cut_belongs_to_the_next_call(engine):
    engine = engine(model(Pathways([Step("s", 0, constant(10))], [Pool(0, [(0, 1), (10, 0)])])))
    first = engine.serve(demands((0, 1)), NO_DEPARTURES, 10)
    assert not len(first.contacts)
    assert first.sums.tolist() == [(10, 10, 0, 1, 1, 0)]
    second = engine.serve(demands(), departures((10, 0, DIED)), 20)
    assert visits(second, 1) == [(0, 0, 0, 10, DIED)]
    assert second.sums.tolist() == [(0, 0, 0, 0, 0, 0)]


def test_the_reference_engine_refuses_demands_out_of_time_and_second_cases():
    engine = ReferenceEngine(model(Pathways([Step("s", 0, constant(90))], [Pool(0)])))
    with pytest.raises(EngineError, match=r"outside \[0, 10\)"):
        engine.serve(demands((10, 1)), NO_DEPARTURES, 10)
    with pytest.raises(EngineError, match="second case"):
        engine.serve(demands({"ms": 0, "key": 1, "resident": 0}, {"ms": 5, "key": 2, "resident": 0}), NO_DEPARTURES, 10)
