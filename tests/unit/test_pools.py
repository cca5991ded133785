"""Each rule of docs/background/services.md on a trace worked out by hand, for both engines."""

from __future__ import annotations

import numpy as np
import pytest
from pathways import (
    NO_DEPARTURES,
    Diversion,
    Pathways,
    Pool,
    Step,
    constant,
    demands,
    departures,
    exponential,
    model,
    normal,
    takes_over,
    tenants,
    triangular,
    uniform,
)

from icsim import rng
from icsim.errors import EngineError
from icsim.services.compiled import CompiledEngine
from icsim.services.model import FINISH, PRE_EMPT, REFUSE_CLOSED, REFUSE_FULL, UNLIMITED, WAIT
from icsim.services.reference import ReferenceEngine
from icsim.services.served import Served
from icsim.tables import DIED, DIVERTED, GAVE_UP, JOINED, LEFT, MOVED_ON, NOBODY, PUT_OFF, REFUSED, SERVED, STILL_THERE

pytestmark = pytest.mark.unit

UNTIL = 1000
OUTCOMES = {"home": (-1, -1), "care_home": (3, 2)}


@pytest.fixture(params=[ReferenceEngine, CompiledEngine])
def run(request):
    """Runs pathways to UNTIL and finishes; the two are given back. settled: (resident, pool) who keep a server."""

    def run(steps, pools, calls, left=NO_DEPARTURES, settled=(), **more) -> tuple[Served, Served]:
        engine = request.param(model(Pathways(steps, pools, outcomes=OUTCOMES, **more)))
        engine.settle(*tenants(*settled))
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
    assert served.sums.tolist() == [(30, 500 + 3 * 500, 10 + 18, 3, 3, 0, 0)]


def test_a_pool_without_a_limit_has_no_open_time(run):
    served, _ = run([Step("s", 0, constant(10))], [Pool(0, UNLIMITED)], demands(*((5, key) for key in range(50))))
    assert served.sums.tolist() == [(500, 0, 0, 50, 50, 0, 0)]


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
    assert served.sums.tolist() == [(5 + 4 + 5 + 6 + 10, 10 + 950, 45 + 50 + 59, 3, 3, 0, 0)]


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


# Long holds


def care(**more) -> list[Step]:
    """A place whose server stays with the resident when the case goes on; arranging it takes 10."""
    return [Step("care", 0, constant(10), keeps=True, **more)]


@pytest.mark.parametrize("reason", [DIED, LEFT, MOVED_ON])
def test_a_long_hold_lasts_until_the_resident_departs_or_moves_on(run, reason):
    steps = [*care(to="rest"), Step("rest", None, constant(5))]
    served, _ = run(steps, [Pool(0)], demands((0, 1), (1, 2)), departures((50, 0, reason)))
    assert visits(served, 1) == [(0, 0, 0, 10, SERVED), (1, 10, 10, 15, SERVED)]
    assert visits(served, 2) == [(0, 1, 50, 60, SERVED), (1, 60, 60, 65, SERVED)]
    assert served.moves["reason"].tolist() == [SERVED, SERVED]
    assert served.sums.tolist() == [(50 + 10 + 940, 1000, 49, 2, 2, 0, 0)]


def test_moving_on_cuts_no_case_short(run):
    """Resident 0 keeps a server of pool 0 and is treated at pool 1; moving on at 20 ends only the former."""
    steps = [Step("s", 1, constant(50))]
    left = departures((20, 0, MOVED_ON), (30, 1, MOVED_ON))
    served, _ = run(steps, [Pool(0), Pool(1)], demands((5, 1)), left, settled=[(0, 0)])
    assert visits(served, 1) == [(0, 5, 5, 55, SERVED)]
    assert served.moves.tolist() == [(55, 0, -1, -1, SERVED)]
    assert served.sums["busy_ms"].tolist() == [20, 50]


def test_whoever_waits_for_a_long_hold_goes_on_waiting_after_moving_on(run):
    left = departures((20, 1, MOVED_ON), (30, 0, MOVED_ON))
    served, _ = run(care(), [Pool(0)], demands((0, 1), (1, 2)), left)
    assert visits(served, 2) == [(0, 1, 30, 40, SERVED)]


def test_dying_ends_the_case_and_the_long_hold(run):
    """Case 1 keeps a place and lies in a bed; at 30 both go to the next."""
    steps = [*care(to="bed"), Step("bed", 1, constant(100))]
    calls = demands((0, 1), (1, 2), {"ms": 2, "key": 3, "kind": 1})
    served, _ = run(steps, [Pool(0), Pool(1)], calls, departures((30, 0, DIED)), starts=["care", "bed"])
    assert visits(served, 1) == [(0, 0, 0, 10, SERVED), (1, 10, -1, 30, DIED)]
    assert visits(served, 3) == [(1, 2, 2, 102, SERVED)]
    assert visits(served, 2) == [(0, 1, 30, 40, SERVED), (1, 40, 102, 202, SERVED)]
    assert ends(served)[0] == (1, 30, DIED, -1)


def test_another_long_hold_frees_the_one_before(run):
    """Resident 0 keeps a server of pool 1 until the place at pool 0 is arranged."""
    steps = [*care(), Step("s", 1, constant(7))]
    calls = demands((0, 1), {"ms": 3, "key": 2, "kind": 1})
    served, _ = run(steps, [Pool(0), Pool(1)], calls, settled=[(0, 1)], starts=["care", "s"])
    assert visits(served, 2) == [(1, 3, 10, 17, SERVED)]
    assert served.sums["busy_ms"].tolist() == [1000, 10 + 7]


def test_a_second_long_hold_at_the_same_pool_needs_a_server_of_its_own(run):
    """Of two servers resident 0 has both while the second is arranged, and one again after it."""
    calls = demands((0, 1), (2, 2))
    served, _ = run(care(), [Pool(0, 2)], calls, settled=[(0, 0)])
    assert visits(served, 1) == [(0, 0, 0, 10, SERVED)]
    assert visits(served, 2) == [(0, 2, 10, 20, SERVED)]
    assert served.sums.tolist() == [(1000 + 1000, 2000, 8, 2, 2, 0, 0)]


def test_a_case_without_a_resident_keeps_nothing_for_long(run):
    """It frees its server, or holds it until the next where the step says that too."""
    calls = demands({"ms": 0, "key": 1, "resident": NOBODY}, {"ms": 1, "key": 2, "resident": NOBODY})
    served, _ = run(care(), [Pool(0)], calls)
    assert starts(served) == {1: 0, 2: 10}
    steps = [*care(hold=True, to="bed"), Step("bed", 1, constant(100))]
    served, _ = run(steps, [Pool(0), Pool(1, [(0, 0), (40, 1)])], calls)
    assert starts(served) == {1: 0, 2: 40}
    assert served.sums["busy_ms"].tolist() == [40 + 10 + 90, 200]


def test_a_long_hold_goes_before_a_hold(run):
    """Of a resident: the server stays with the resident, so that case 2 has none even when case 1 has its bed."""
    steps = [*care(hold=True, to="bed"), Step("bed", 1, constant(100))]
    served, finished = run(steps, [Pool(0), Pool(1)], demands((0, 1), (1, 2)))
    assert visits(served, 1)[1] == (1, 10, 10, 110, SERVED)
    assert visits(finished, 2) == [(0, 1, -1, UNTIL, STILL_THERE)]


def test_those_who_keep_servers_from_the_start_may_be_more_than_there_are(run):
    """Three long holds on two servers: nobody starts until two of them are over."""
    left = departures((10, 7, MOVED_ON), (20, 8, DIED))
    served, _ = run([Step("s", 0, constant(10))], [Pool(0, 2)], demands((0, 1)), left, settled=[(7, 0), (8, 0), (9, 0)])
    assert visits(served, 1) == [(0, 0, 20, 30, SERVED)]
    assert served.sums.tolist() == [(10 + 20 + 1000 + 10, 2000, 20, 1, 1, 0, 0)]


def test_of_those_who_depart_together_cases_are_cut_short_before_other_long_holds_end(run):
    """The server that resident 1 gives up goes to case 9, for case 8, whose resident dies at that instant, is gone."""
    calls = demands({"ms": 0, "key": 8, "resident": 2}, {"ms": 1, "key": 9, "resident": 3})
    left = departures((10, 1, MOVED_ON), (10, 2, DIED))
    served, _ = run([Step("s", 0, constant(10))], [Pool(0)], calls, left, settled=[(1, 0)])
    assert visits(served, 8) == [(0, 0, -1, 10, DIED)]
    assert visits(served, 9) == [(0, 1, 10, 20, SERVED)]


def test_moving_on_and_dying_at_one_instant(run):
    left = departures((10, 0, MOVED_ON), (10, 0, DIED))
    served, _ = run([Step("s", 1, constant(50))], [Pool(0), Pool(1)], demands((0, 1)), left, settled=[(0, 0)])
    assert ends(served) == [(1, 10, DIED, -1)]
    assert served.sums["busy_ms"].tolist() == [10, 10]


@pytest.mark.parametrize("falls_to", [0, 1])
@pytest.mark.parametrize(
    ("shift_end", "starts_at", "ended", "busy"),
    [
        (FINISH, 60, (10, 11, 70), 60 + 10 + 10 + 10),
        (WAIT, 71, (65, 71, 81), 60 + 65 + 70 + 10),
        (PRE_EMPT, 71, (65, 71, 81), 60 + (5 + 5) + (4 + 6) + 10),
    ],
)
def test_long_holds_outlast_a_shift_and_count_as_busy(run, shift_end, falls_to, starts_at, ended, busy):
    """Of three servers one is kept until 60, two serve cases 1 and 2; at 5 there are fewer, at 50 one, case 3 waits.

    While the long hold lasts it is all that the one server does.
    """
    pools = [Pool(0, [(0, 3), (5, falls_to), (50, 1)], shift_end=shift_end)]
    left = departures((60, 9, MOVED_ON))
    steps = [Step("s", 0, constant(10))]
    served, _ = run(steps, pools, demands((0, 1), (1, 2), (6, 3)), left, settled=[(9, 0)])
    assert starts(served) == {1: 0, 2: 1, 3: starts_at}
    assert tuple(end for _, end, _, _ in sorted(ends(served))) == ended
    assert served.sums["busy_ms"].tolist() == [busy]
    assert served.sums["open_ms"].tolist() == [3 * 5 + falls_to * 45 + 950]


@pytest.mark.parametrize("shift_end", [FINISH, WAIT, PRE_EMPT])
def test_a_server_that_becomes_a_long_hold_in_a_shift_that_is_over(run, shift_end):
    """Case 1 is served to the end when the pool goes down to one, and keeps that one: nobody else starts before 80."""
    pools = [Pool(0, [(0, 2), (5, 1)], shift_end=shift_end)]
    served, _ = run(care(), pools, demands((0, 1), (6, 2)), departures((80, 0, MOVED_ON)))
    assert visits(served, 1) == [(0, 0, 0, 10, SERVED)]
    assert visits(served, 2) == [(0, 6, 80, 90, SERVED)]
    assert served.sums["busy_ms"].tolist() == [80 + 10 + 910]


# Planned care


def planned_and_urgent(**more) -> dict:
    """Kind 0 yields, kind 1 does not."""
    return {"steps": [Step("planned", 0, constant(10), yields=True, **more), Step("urgent", 0, constant(10))],
            "starts": ["planned", "urgent"]}


def urgent(ms: int, key: int) -> dict:
    return {"ms": ms, "key": key, "kind": 1}


def waits_from(ms: int, key: int) -> dict:
    return {"ms": ms, "key": key, "kind": 0}


def test_those_who_yield_leave_the_reserve_to_others(run):
    """Of three servers one is reserved: case 3 waits, urgent case 4 does not; at 10, two fall free and case 3 starts."""
    calls = demands(*(waits_from(0, key) for key in (1, 2, 3)), urgent(2, 4))
    served, _ = run(pools=[Pool(0, 3, reserve=1)], calls=calls, **planned_and_urgent())
    assert starts(served) == {1: 0, 2: 0, 3: 10}
    assert starts(served, 1) == {4: 2}


def test_those_who_yield_come_last(run):
    """At 10 urgent case 3, of the lowest class, goes before case 2, which asked earlier."""
    world = planned_and_urgent()
    world["steps"][1] = Step("urgent", 0, constant(10), priority=6)
    served, _ = run(pools=[Pool(0)], calls=demands(waits_from(0, 1), waits_from(1, 2), urgent(2, 3)), **world)
    assert starts(served) == {1: 0, 2: 20}
    assert starts(served, 1) == {3: 10}


def test_those_who_yield_do_not_hold_up_the_urgent(run):
    """Case 1 waits before a free server, which is reserved; case 2 takes it."""
    served, finished = run(pools=[Pool(0, 1, reserve=1)], calls=demands(waits_from(0, 1), urgent(5, 2)),
                           **planned_and_urgent())
    assert starts(served, 1) == {2: 5}
    assert visits(finished, 1) == [(0, 0, -1, UNTIL, STILL_THERE)]


def test_a_pool_with_nothing_but_its_reserve_free_is_full_for_those_who_yield(run):
    world = planned_and_urgent(refuse=REFUSE_FULL)
    served, _ = run(pools=[Pool(0, 2, limit=0, reserve=1)], calls=demands(waits_from(0, 1), waits_from(1, 2)), **world)
    assert visits(served, 1) == [(0, 0, 0, 10, SERVED)]
    assert visits(served, 2) == [(0, 1, -1, 1, REFUSED)]


def test_those_who_yield_find_the_reserve_free_before_they_go_on(run):
    """Sent away at 5, case 1 does not go on with the one, reserved, server of 20, but with the second of 40."""
    pools = [Pool(0, [(0, 2), (5, 0), (20, 1), (40, 2)], shift_end=PRE_EMPT, reserve=1)]
    served, _ = run(pools=pools, calls=demands(waits_from(0, 1)), **planned_and_urgent())
    assert visits(served, 1) == [(0, 0, 0, 45, SERVED)]


def test_the_suspended_have_a_server_and_need_no_reserve(run):
    pools = [Pool(0, [(0, 2), (5, 0), (20, 1)], shift_end=WAIT, reserve=1)]
    served, _ = run(pools=pools, calls=demands(waits_from(0, 1)), **planned_and_urgent())
    assert visits(served, 1) == [(0, 0, 0, 25, SERVED)]


def test_a_long_hold_takes_from_what_those_who_yield_may_use(run):
    """Two servers, one reserved, one kept until 30."""
    served, _ = run(pools=[Pool(0, 2, reserve=1)], calls=demands(waits_from(0, 1)), left=departures((30, 5, LEFT)),
                    settled=[(5, 0)], **planned_and_urgent())
    assert starts(served) == {1: 30}


# Cases of nobody here


def test_cases_without_a_resident_are_recorded_and_release_nobody(run):
    """There may be several at once, and no departure touches them."""
    calls = demands(*({"ms": 0, "key": key, "resident": NOBODY, "cell": -1} for key in (1, 2)), {"ms": 1, "key": 3})
    served, finished = run([Step("s", 0, constant(600))], [Pool(0)], calls, departures((5, 0, DIED)))
    assert visits(served, 1) == [(0, 0, 0, 600, SERVED)]
    assert ends(served) == [(1, 600, SERVED, 0)]
    assert not len(served.moves)
    assert visits(finished, 2) == [(0, 0, 600, UNTIL, STILL_THERE)]
    assert set(served.contacts[["resident", "cell"]].tolist()) == {(NOBODY, -1)}
    assert served.sums[["arrivals", "grants"]].tolist() == [(3, 2)]


# The clock of A&E


def marks(served: Served, key: int) -> list[tuple[int, int, int]]:
    """(step, marked, marked_pool) of one case."""
    return served.contacts[served.contacts["key"] == key][["step", "marked", "marked_pool"]].tolist()


def test_the_clock_starts_when_a_marked_step_is_asked_for(run):
    """Case 2 waits from 25 to 110 for the cubicle: the clock starts at 25; the records after it carry that time."""
    steps = [Step("ambulance", 0, constant(10), to="cubicle"), Step("cubicle", 1, constant(100), mark=True, to="rest"),
             Step("rest", None, constant(5))]
    served, _ = run(steps, [Pool(0), Pool(1)], demands((0, 1), (15, 2)))
    assert marks(served, 2) == [(0, -1, -1), (1, 25, 1), (2, 25, 1), (-1, 25, 1)]
    assert visits(served, 2)[1] == (1, 25, 110, 210, SERVED)


def test_the_last_marked_step_counts_even_if_it_refused(run):
    """Pool 1 is closed: the case was there all the same, and then at pool 0; a step without a service has no pool."""
    steps = [Step("door", 1, mark=True, refuse=REFUSE_CLOSED, otherwise="next"),
             Step("next", 0, constant(10), mark=True, to="rest"), Step("rest", None, constant(5), mark=True)]
    served, _ = run(steps, [Pool(0), Pool(1, 0)], demands((3, 1)))
    assert marks(served, 1) == [(0, 3, 1), (1, 3, 0), (2, 13, -1), (-1, 13, -1)]


# Congestion


def test_a_review_opens_and_closes_escalation_servers(run):
    """At 20 one is served and one waits, for one server: pressure 2 opens another; at 60 all is quiet and it closes."""
    pools = [Pool(0, 1, extra=1, above=2.0, reviews=(20, 60))]
    served, _ = run([Step("s", 0, constant(30))], pools, demands((0, 1), (1, 2), (70, 3), (71, 4)))
    assert starts(served) == {1: 0, 2: 20, 3: 70, 4: 100}
    assert served.sums.tolist() == [(120, 1000 + 40, 19 + 29, 4, 4, 0, 0)]


def test_pressure_below_the_threshold_opens_nothing(run):
    pools = [Pool(0, 1, extra=1, above=2.01, reviews=(20, 60))]
    served, _ = run([Step("s", 0, constant(30))], pools, demands((0, 1), (1, 2)))
    assert starts(served) == {1: 0, 2: 30}


def test_planned_care_that_waits_is_no_pressure_but_when_served_it_is(run):
    """At 20 case 1 is served and case 2, which yields, waits: pressure 1. At 40 case 2 is served and case 3 waits: 2."""
    pools = [Pool(0, 1, extra=1, above=2.0, reviews=(20, 40))]
    calls = demands(waits_from(0, 1), waits_from(1, 2), urgent(35, 3))
    world = {"steps": [Step("planned", 0, constant(30), yields=True), Step("urgent", 0, constant(10))]}
    served, _ = run(pools=pools, calls=calls, starts=["planned", "urgent"], **world)
    assert starts(served) == {1: 0, 2: 30}
    assert starts(served, 1) == {3: 40}


def test_long_holds_are_pressure(run):
    pools = [Pool(0, 2, extra=1, above=1.5, reviews=(20,))]
    served, _ = run([Step("s", 0, constant(30))], pools, demands((0, 1)), settled=[(8, 0), (9, 0)])
    assert starts(served) == {1: 20}


def test_no_escalation_servers_while_none_are_planned(run):
    """At 20 two wait at a closed pool; when one server comes on duty, so does the one more that pressure opened."""
    pools = [Pool(0, [(0, 0), (50, 1)], extra=1, above=2.0, reviews=(20,))]
    steps = [Step("s", 0, constant(30), refuse=REFUSE_CLOSED), Step("t", 0, constant(30))]
    calls = demands(urgent(0, 1), urgent(0, 2), waits_from(30, 3))
    served, _ = run(steps, pools, calls, starts=["s", "t"])
    assert visits(served, 3) == [(0, 30, -1, 30, REFUSED)]
    assert starts(served, 1) == {1: 50, 2: 50}
    assert served.sums["open_ms"].tolist() == [2 * 950]


@pytest.mark.parametrize(("above", "third"), [(1.0, 21), (1.01, 30)])
def test_a_review_comes_after_a_change_and_before_queues_are_served(run, above, third):
    """At 20 a second server is planned: one served and one waiting are a pressure of 2/2, enough for a third, or not."""
    pools = [Pool(0, [(0, 1), (20, 2)], extra=1, above=above, reviews=(20,))]
    served, _ = run([Step("s", 0, constant(30))], pools, demands((0, 1), (1, 2), (21, 3)))
    assert starts(served) == {1: 0, 2: 20, 3: third}


def test_a_review_comes_after_departures_and_before_ends(run):
    """At 30 case 1 is about to end and counts; at 60 the resident of case 2 has died and does not."""
    pools = [Pool(0, 1, extra=1, above=1.0, reviews=(30, 60))]
    served, _ = run([Step("s", 0, constant(30))], pools, demands((0, 1), (40, 2)), departures((60, 1, DIED)))
    assert served.sums["open_ms"].tolist() == [1000 + 30]


@pytest.mark.parametrize(("shift_end", "ended"), [(FINISH, (100, 120)), (WAIT, (100, 160)), (PRE_EMPT, (100, 160))])
def test_escalation_servers_close_as_a_shift_ends(run, shift_end, ended):
    """Case 2 has the escalation server from 20 to the review at 60, where the pressure is 2 and must be 3."""
    pools = [Pool(0, 1, extra=1, above=3.0, reviews=(20, 60), shift_end=shift_end)]
    calls = demands((0, 1), (1, 2), {"ms": 2, "key": 3, "kind": 1})
    steps = [Step("s", 0, constant(100)), Step("t", 0, constant(100), patience=constant(30), priority=1)]
    served, _ = run(steps, pools, calls, starts=["s", "t"])
    assert [end for key, end, _, _ in sorted(ends(served)) if key < 3] == list(ended)
    assert visits(served, 3) == [(1, 2, -1, 32, GAVE_UP)]


def crowded(above: float = 1.0, share: float = 1.0) -> list[Step]:
    """Kind 0 is seen and admitted, or under pressure on beds sent home to a nurse; kind 1 fills beds."""
    away = (Diversion("bed", "nurse", 1, above, share),)
    return [Step("seen", 0, constant(10), to="bed", diversions=away), Step("bed", 1, constant(500)),
            Step("nurse", None, constant(5), to="care_home")]


def test_pressure_diverts(run):
    """Case 1 is admitted before the review at 50; from then on, one bed of one being busy, case 2 goes to the nurse."""
    pools = [Pool(0, UNLIMITED), Pool(1, 1, reviews=(50,))]
    served, _ = run(crowded(), pools, demands((0, 1), (40, 2), (60, 3)))
    assert visits(served, 1)[1] == (1, 10, 10, 510, SERVED)
    assert visits(served, 2)[1] == (2, 50, 50, 55, SERVED)
    assert visits(served, 3)[1] == (2, 70, 70, 75, SERVED)
    assert ends(served)[0] == (2, 55, SERVED, 1)


def test_a_diversion_waits_for_its_pressure_and_applies_to_its_branch(run):
    pools = [Pool(0, UNLIMITED), Pool(1, 2, reviews=(50,))]
    served, _ = run(crowded(above=0.51), pools, demands((0, 1), (60, 2)))
    assert visits(served, 2)[1] == (1, 70, 70, 570, SERVED)
    steps = crowded()
    steps[0] = Step("seen", 0, constant(10), to="home", diversions=steps[0].diversions)
    served, _ = run(steps, pools, demands((0, 1), (60, 2)))
    assert ends(served) == [(1, 10, SERVED, 0), (2, 70, SERVED, 0)]


def test_a_share_is_diverted_by_a_draw_of_its_own(run):
    pools = [Pool(0, UNLIMITED), Pool(1, UNLIMITED, reviews=(0,))]
    served, _ = run(crowded(above=0.0, share=0.3), pools, demands(*((5, key) for key in range(100))))
    stream = rng.stream(1, "diversion 0 of seen")
    diverted = {key for key in range(100) if rng.draw(stream, np.uint64(key), 0) < 0.3}
    assert set(served.contacts["key"][served.contacts["step"] == 2].tolist()) == diverted
    assert 15 < len(diverted) < 45


def test_the_first_diversion_that_applies_counts(run):
    """The first asks for too much pressure; the second sends home; the third would send to the nurse."""
    away = (Diversion("bed", "nurse", 1, 9.0), Diversion("bed", "home", 1, 1.0), Diversion("bed", "nurse", 1, 0.0))
    steps = crowded()
    steps[0] = Step("seen", 0, constant(10), to="bed", diversions=away)
    served, _ = run(steps, [Pool(0, UNLIMITED), Pool(1, 1, reviews=(0, 50))], demands((0, 1), (60, 2)))
    assert visits(served, 1)[1] == (2, 10, 10, 15, SERVED)  # by the third: pressure was 0 at the review of 0
    served, _ = run(steps, [Pool(0, UNLIMITED), Pool(1, 1, reviews=(0, 50))], demands((0, 1), (60, 2)), settled=[(9, 1)])
    assert ends(served) == [(1, 10, SERVED, 0), (2, 70, SERVED, 0)]


def test_pressure_is_that_of_the_pool_that_the_case_would_ask(run):
    """Place 0 has its beds full, place 1 does not."""
    pools = [Pool(0, UNLIMITED, shares=(1.0, 1.0)), Pool(1, 1, shares=(1.0, 0.0), reviews=(50,)),
             Pool(1, 1, shares=(0.0, 1.0), reviews=(50,))]
    calls = demands({"ms": 60, "key": 1, "place": 0}, {"ms": 60, "key": 2, "place": 1})
    served, _ = run(crowded(), pools, calls, settled=[(9, 1)])
    assert [visits(served, key)[1][0] for key in (1, 2)] == [2, 1]


def test_pressure_shortens_what_begins_from_then_on(run):
    """Half of 15 is 7.5, rounded to 8. Case 1 began before the review; its time stands, when it is broken off too."""
    steps = [Step("s", 0, constant(15), shorten=(0, 1.0, 0.5))]
    served, _ = run(steps, [Pool(0, 1, reviews=(5,))], demands((0, 1), (1, 2)))
    assert visits(served, 1) == [(0, 0, 0, 15, SERVED)]
    assert visits(served, 2) == [(0, 1, 15, 23, SERVED)]
    pools = [Pool(0, [(0, 1), (6, 0), (20, 1)], shift_end=PRE_EMPT, reviews=(5,))]
    served, _ = run(steps, pools, demands((0, 1), (1, 2)))
    assert visits(served, 1) == [(0, 0, 0, 29, SERVED)]
    assert visits(served, 2) == [(0, 1, 29, 37, SERVED)]


def test_only_enough_pressure_shortens(run):
    steps = [Step("s", 0, constant(15), shorten=(0, 1.01, 0.5))]
    served, _ = run(steps, [Pool(0, 1, reviews=(5,))], demands((0, 1), (6, 2)))
    assert visits(served, 2) == [(0, 6, 15, 30, SERVED)]


# Another model takes over


@pytest.fixture(params=[ReferenceEngine, CompiledEngine])
def handed_over(request):
    """Runs `first` to `ms` and `second` from there; everything in one `Served`, the sums of both stretches in a list."""

    def run(first: Pathways, second: Pathways, ms: int, calls, left=NO_DEPARTURES, settled=()):
        engine = request.param(model(first))
        engine.settle(*tenants(*settled))
        parts = [engine.serve(calls[calls["ms"] < ms], left[left["ms"] < ms], ms)] if ms else []
        engine.adopt(model(takes_over(second, ms)), ms)
        parts.append(engine.serve(calls[calls["ms"] >= ms], left[left["ms"] >= ms], UNTIL))
        contacts = np.concatenate([part.contacts for part in parts])
        return parts[-1]._replace(contacts=contacts), [part.sums for part in parts]

    return run


def test_cases_go_on_where_they_are_when_another_model_takes_over(handed_over):
    """At 50 there are two servers and service takes 20: case 1 ends as it began, case 2 starts anew. The first model
    would have closed at 70. Case 3's patience was drawn before.
    """
    first = Pathways([Step("s", 0, constant(100), patience=constant(60))], [Pool(0, [(0, 1), (70, 0)])])
    second = Pathways([Step("s", 0, constant(20))], [Pool(0, [(0, 7), (40, 2)])])
    served, sums = handed_over(first, second, 50, demands((0, 1), (1, 2), (2, 3), (3, 4), (90, 5)))
    assert visits(served, 1) == [(0, 0, 0, 100, SERVED)]
    assert visits(served, 2) == [(0, 1, 50, 70, SERVED)]
    assert visits(served, 3) == [(0, 2, -1, 62, GAVE_UP)]
    assert visits(served, 4) == [(0, 3, -1, 63, GAVE_UP)]
    assert visits(served, 5) == [(0, 90, 90, 110, SERVED)]
    assert [part["open_ms"].tolist() for part in sums] == [[50], [1900]]


def test_a_model_may_take_over_before_anything_happens(handed_over):
    first = Pathways([Step("s", 0, constant(100))], [Pool(0, 5)])
    second = Pathways([Step("s", 0, constant(10))], [Pool(0, [(-10, 1), (500, 3)])])
    served, sums = handed_over(first, second, 0, demands((0, 1), (0, 2)), settled=[(9, 0)], left=departures((0, 9, LEFT)))
    assert starts(served) == {1: 0, 2: 10}
    assert sums[0].tolist() == [(20, 500 + 1500, 10, 2, 2, 0, 0)]


def test_the_capacity_of_the_new_model_counts_before_its_reserve_is_given_away(handed_over):
    """At 50 the reserve goes from 1 to 0 and the servers from 2 to 1, which is busy: case 2 waits for that."""
    steps = [Step("s", 0, constant(100), yields=True)]
    first, second = Pathways(steps, [Pool(0, 2, reserve=1)]), Pathways(steps, [Pool(0, 1)])
    served, _ = handed_over(first, second, 50, demands((0, 1), (1, 2)))
    assert starts(served) == {1: 0, 2: 100}
    served, _ = handed_over(first, Pathways(steps, [Pool(0, 2)]), 50, demands((0, 1), (1, 2)))
    assert starts(served) == {1: 0, 2: 50}


def test_pressure_escalation_and_long_holds_outlast_the_model(handed_over):
    """Pressure was taken at 20: two long holds for one server. The second model has no review."""
    steps = [Step("s", 0, constant(15), shorten=(0, 2.0, 0.5))]
    first = Pathways(steps, [Pool(0, 1, extra=2, above=2.0, reviews=(20,))])
    served, sums = handed_over(first, Pathways(steps, [Pool(0)]), 50, demands((60, 1)), settled=[(8, 0), (9, 0)])
    assert visits(served, 1) == [(0, 60, 60, 68, SERVED)]
    assert [part["open_ms"].tolist() for part in sums] == [[20 + 90], [3 * 950]]


def test_a_case_keeps_its_provider_when_another_model_takes_over(handed_over):
    """Although the second model has other luck: who was seen at the first of two is admitted there."""
    steps = [Step("a", 0, constant(100), to="b"), Step("b", 1)]
    pools = [Pool(service, UNLIMITED, shares=(0.5,)) for service in (0, 0, 1, 1)]
    calls = demands(*((0, key) for key in range(60)))
    served, _ = handed_over(Pathways(steps, pools), Pathways(steps, pools, seed=2), 50, calls)
    visited = served.contacts[served.contacts["step"] >= 0]
    first, second = (dict(visited[visited["step"] == step][["key", "pool"]].tolist()) for step in (0, 1))
    assert set(first.values()) == {0, 1}
    assert second == {key: pool + 2 for key, pool in first.items()}


@pytest.mark.parametrize("engine", [ReferenceEngine, CompiledEngine])
def test_a_model_that_takes_over_must_state_every_capacity(engine):
    world = Pathways([Step("s", 0, constant(10))], [Pool(0), Pool(1)])
    engine = engine(model(world))
    engine.serve(demands(), NO_DEPARTURES, 50)
    with pytest.raises(EngineError, match="at 50 ms must state the capacity of every pool"):
        engine.adopt(model(world), 50)


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
    assert first.sums.tolist() == [(10, 10, 0, 1, 1, 0, 0)]
    second = engine.serve(demands(), departures((10, 0, DIED)), 20)
    assert visits(second, 1) == [(0, 0, 0, 10, DIED)]
    assert second.sums.tolist() == [(0, 0, 0, 0, 0, 0, 0)]


def test_the_reference_engine_refuses_demands_out_of_time():
    engine = ReferenceEngine(model(Pathways([Step("s", 0, constant(90))], [Pool(0)])))
    with pytest.raises(EngineError, match=r"outside \[0, 10\)"):
        engine.serve(demands((10, 1)), NO_DEPARTURES, 10)


def own(ms: int, key: int) -> dict:
    """A demand of resident 0."""
    return {"ms": ms, "key": key, "resident": 0}


def test_a_case_is_put_off_until_the_one_before_has_ended_and_a_third_joins_it(run):
    """The first lasts to 60. The second came at 25: with days of 30 its hour comes again at 55, too early, and at 85. The
    third comes while it waits for the end, the fourth while it waits for its hour; the fifth finds it begun.
    """
    calls = demands(own(0, 1), own(25, 2), own(40, 3), own(70, 4), own(100, 5))
    served, finished = run([Step("s", 0, constant(60))], [Pool(0, 3)], calls)
    assert visits(served, 1) == [(0, 0, 0, 60, SERVED)]
    assert visits(served, 2) == [(0, 85, 85, 145, SERVED)]
    assert visits(served, 5) == [(0, 160, 160, 220, SERVED)]
    assert ends(served) == [(1, 60, SERVED, 0), (2, 145, SERVED, 0), (5, 220, SERVED, 0)]
    assert not len(finished.contacts)
    assert served.moves[["ms", "reason"]].tolist() == [
        (25, PUT_OFF), (40, JOINED), (60, SERVED), (70, JOINED), (100, PUT_OFF), (145, SERVED), (220, SERVED)]


def test_a_case_that_comes_as_another_ends_is_not_put_off(run):
    served, _ = run([Step("s", 0, constant(60))], [Pool(0)], demands(own(0, 1), own(60, 2)))
    assert visits(served, 2) == [(0, 60, 60, 120, SERVED)]


def test_death_ends_a_case_that_was_put_off_whether_or_not_the_other_has_ended(run):
    """At 50 the first is still open; at 70 it has ended, and the second waits for its hour."""
    calls = demands(own(0, 1), own(25, 2))
    early, _ = run([Step("s", 0, constant(60))], [Pool(0)], calls, departures((50, 0, DIED)))
    assert ends(early) == [(1, 50, DIED, -1), (2, 50, DIED, -1)]
    assert [reason for _, _, _, _, reason in early.moves.tolist()] == [PUT_OFF, DIED, DIED]
    late, _ = run([Step("s", 0, constant(60))], [Pool(0)], calls, departures((70, 0, DIED)))
    assert ends(late) == [(1, 60, SERVED, 0), (2, 70, DIED, -1)]
    assert visits(late, 2) == []


def test_a_case_that_is_still_put_off_at_the_end_has_its_record(run):
    _, finished = run([Step("s", 0, constant(2000))], [Pool(0)], demands(own(0, 1), own(25, 2)))
    assert ends(finished) == [(1, UNTIL, STILL_THERE, -1), (2, UNTIL, STILL_THERE, -1)]
    assert visits(finished, 2) == []


def test_a_whole_waiting_list_may_start_at_one_instant(run):
    """More cases than any table has room to spare for, when a pool without a limit opens."""
    calls = demands(*((5, key) for key in range(9000)))
    served, _ = run([Step("s", 0, constant(10))], [Pool(0, [(0, 0), (500, UNLIMITED)])], calls)
    assert set(starts(served).values()) == {500}
    assert len(starts(served)) == 9000
