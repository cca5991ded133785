"""The budget ledger, by hand: ramps, whole steps, notice, what is stranded, double running; every penny ties out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icsim.areas.budget import FUND, PROGRAMME, SERVICE, Line
from icsim.calendar import add_months
from icsim.ledger import Ledger, stand
from icsim.ledger.book import DOUBLE_RUNNING, KINDS, MOVED, OPENING, PLANNED, STRANDED, UNSPENT, VACANT, monthly
from icsim.ledger.ledger import Funded, split, stranded
from icsim.scenario.shifts import Condition, Ramp, Shift, condition_of, months_of, ramp_of, shift_of

pytestmark = pytest.mark.unit

START = date(2025, 4, 1)
BEDS = Line("beds", "Beds", "acute", "", SERVICE, 100 * 20_000_000, 20_000_000, "bed", (("a", 60), ("b", 40)), step=10,
            notice_months=2, fixed=0.3, variable=0.2)
"""100 beds at £200,000: closing ten saves £1 million a year."""
VANS = Line("vans", "Vans", "ambulance", "", SERVICE, 2 * 50_000_000, 50_000_000, "van", (("vans", 2),))
WALKS = Line("walks", "Walks", "public health", "", PROGRAMME, 12 * 100 * 2_500, 2_500, "place")
FUND_LINE = Line("fund", "Fund", "community", "", FUND, 500_000_000)
LINES = {line.name: line for line in (BEDS, VANS, WALKS, FUND_LINE)}
MILLION = 100_000_000


def shift(pence: int = 3 * MILLION, **said) -> Shift:
    receivers = said.pop("receivers", (("vans", 0.5), ("walks", 0.5)))
    givers, ramp = said.pop("givers", (("beds", 1.0),)), said.pop("ramp", Ramp("linear", 1))
    return Shift(givers, receivers, pence, said.pop("start", START), ramp, **said)


def run(*shifts: Shift, months: int = 24, busy: float | list[float] = 1.0, lines=None) -> tuple[Ledger, list[Funded]]:
    """The ledger after so many months, and what money has changed in each."""
    ledger, states = Ledger(shifts, lines or LINES, START), []
    for n in range(months):
        if n:
            ledger.observe({"beds": busy[n - 1] if isinstance(busy, list) else busy})
        funded = ledger.open(add_months(START, n))
        states.append(funded or (states[-1] if states else Funded({}, {}, {})))
    return ledger, states


def entered(ledger: Ledger, kind: int, month: int) -> int:
    found = ledger.book.entries()
    return int(found["pence"][(found["kind"] == kind) & (found["month"] == month)].sum())


WARDS = Line("wards", "Wards", "mental health", "", SERVICE, 40 * 20_000_000, 20_000_000, "bed", (("w", 40),), step=2,
             notice_months=1, fixed=0.3, variable=0.2)
"""Forty beds more, of which two can close: £200,000 a year."""
POOLED = LINES | {"wards": WARDS}
TOGETHER = (("beds", 0.8), ("wards", 0.2))


# Ramps ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "month", "share"), [
    ("step", 0, 1.0), ("linear 3 years", 0, 1 / 36), ("linear 3 years", 17, 0.5), ("linear 36 months", 40, 1.0),
    ("front-loaded 2 years", 11, 0.75), ("back-loaded 2 years", 11, 0.25), ("linear 1 month", 0, 1.0), ("step", -1, 0.0)])
def test_ramps(text, month, share):
    assert ramp_of(text).share(month) == pytest.approx(share)


@pytest.mark.parametrize(("read", "text"), [
    (ramp_of, "linear"), (ramp_of, "steep 3 years"), (ramp_of, "linear 0 years"), (months_of, "a year"),
    (months_of, "0 months"), (condition_of, "occupancy > 0.9 for 3 months"), (condition_of, "occupancy < 0.90"),
    (condition_of, "occupancy < 0.9 for 0 months"), (condition_of, "occupancy < 120 % for 3 months")])
def test_texts_that_say_nothing_are_refused_with_what_is_allowed(read, text):
    with pytest.raises(ValueError, match="must be"):
        read(text)


def test_occupancy_may_be_given_in_per_cent():
    assert condition_of("occupancy < 90 % for 3 months") == Condition(0.9, 3)
    assert condition_of("occupancy < 0.90 for 3 months") == Condition(0.9, 3)


def test_what_is_said_of_a_shift_reads_as_the_same_shift():
    whole = shift(12 * MILLION, ramp=Ramp("back-loaded", 18), close_when=Condition(0.9, 3), backfill=False,
                  double_running_months=6, double_running_from="fund", reason="why")
    assert shift_of(whole.said()) == whole


# Steps, notice and what is stranded --------------------------------------------------------------------------------------


def test_money_leaves_in_whole_steps_after_the_notice():
    ledger, states = run(shift(2_700_000_00))
    assert [entered(ledger, MOVED, n) for n in (0, 1)] == [0, 0]  # two months' notice
    assert sum(entered(ledger, MOVED, n) for n in range(2, 14)) == 2 * MILLION  # two steps of three
    assert entered(ledger, PLANNED, 2) - entered(ledger, STRANDED, 2) == entered(ledger, MOVED, 2)
    assert sum(entered(ledger, STRANDED, n) for n in range(12, 24)) == 70_000_000
    assert states[1].servers == {}
    assert states[2].servers == {"a": -10, "b": -10, "vans": 2}  # £1 million to vans at £500,000 each


def test_a_ramp_closes_one_step_after_the_other():
    _, states = run(shift(ramp=Ramp("linear", 12)), months=16)
    closed = [-sum(number for pool, number in state.servers.items() if pool != "vans") for state in states]
    assert closed == [0, 0, 0, 0, 0, 10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30]  # planned passes 1, 2, 3 million; + 2


def test_places_follow_money_without_steps():
    _, states = run(shift())
    assert states[-1].places == {"walks": pytest.approx(1.5 * MILLION / 12 / 2_500)}


def test_a_programme_and_a_fund_give_at_once():
    gives = Shift((("walks", 1.0),), (("vans", 1.0),), 12_000_00, START, Ramp("linear", 1))
    ledger, states = run(gives)
    assert states[0].places == {"walks": pytest.approx(-12_000_00 / 12 / 2_500)}
    assert entered(ledger, STRANDED, 0) == 0
    assert entered(ledger, MOVED, 0) == 1_000_00
    assert states[0].servers == {}  # £12,000 buys no van:
    assert entered(ledger, UNSPENT, 0) == 1_000_00


def test_nothing_closes_before_it_is_no_longer_needed():
    condition = Condition(0.9, 3)
    _, states = run(shift(close_when=condition), busy=0.95)
    assert not any(state.servers for state in states)
    busy = [0.95] * 4 + [0.85] * 3 + [0.95] * 2 + [0.85] * 20  # months 4, 5, 6; and from 9 on
    _, states = run(shift(close_when=condition), months=20, busy=busy)
    first = [n for n, state in enumerate(states) if state.servers]
    assert first[0] == 9  # seen in months 5, 6, 7, decided in 7, gone two months later
    closed = [-sum(n for pool, n in state.servers.items() if pool != "vans") for state in states]
    assert [closed[n] for n in (9, 13, 14, 16, 17)] == [10, 10, 20, 20, 30]  # three quiet months before each


def test_servers_to_be_closed_may_be_kept_from_planned_care():
    _, kept = run(shift(backfill=False, close_when=Condition(0.9, 3)))
    assert kept[0].kept_free == {"a": 20, "b": 10}
    _, not_kept = run(shift(close_when=Condition(0.9, 3)))
    assert not any(state.kept_free for state in not_kept)


def test_two_shifts_close_no_more_in_a_pool_than_it_has():
    """Each of them alone would begin with the larger of two pools that have a step each."""
    twice = Line("beds", "Beds", "acute", "", SERVICE, 20 * 20_000_000, 20_000_000, "bed", (("a", 12), ("b", 10)), step=10,
                 fixed=0.3, variable=0.2)
    later = shift(MILLION, start=date(2026, 4, 1), backfill=False)
    _, states = run(shift(MILLION, backfill=False), later, lines={**LINES, "beds": twice})
    assert [states[0].servers[pool] for pool in states[0].servers if pool in "ab"] == [-10]
    assert (states[-1].servers["a"], states[-1].servers["b"]) == (-10, -10)
    assert not any(states[-1].kept_free.values())


def test_double_running_pays_receivers_what_is_not_free_yet_for_so_long():
    ledger, states = run(shift(2 * MILLION, double_running_months=2, double_running_from="fund"))
    assert entered(ledger, DOUBLE_RUNNING, 0) + entered(ledger, DOUBLE_RUNNING, 1) == monthly(2 * MILLION, 0) + monthly(
        2 * MILLION, 1)
    assert entered(ledger, DOUBLE_RUNNING, 2) == 0
    assert states[0].servers == {"vans": 2}
    assert states[2].servers == {"a": -10, "b": -10, "vans": 2}


def test_receivers_fall_back_where_double_running_ends_too_early():
    _, states = run(shift(2 * MILLION, double_running_months=1, double_running_from="fund"))
    assert [state.servers.get("vans", 0) for state in states[:4]] == [2, 0, 2, 2]


# Lines -------------------------------------------------------------------------------------------------------------------


def test_lines_know_what_can_leave():
    assert BEDS.step_pence == MILLION
    assert BEDS.most_steps == 10
    assert BEDS.most_pence == 10 * MILLION
    assert (WALKS.most_pence, FUND_LINE.most_pence) == (WALKS.pence, FUND_LINE.pence)


def test_a_line_grows_with_the_declared_path_from_april_on():
    line = Line("x", "X", "acute", "", SERVICE, 1000, path=((2026, 1.1), (2027, 1.2)))
    assert [line.pence_in(day) for day in (date(2025, 4, 1), date(2026, 3, 1), date(2026, 4, 1), date(2028, 1, 1))] == [
        1000, 1000, 1100, 1200]


def test_a_programme_costs_while_people_can_begin():
    line = Line("x", "X", "public health", "", PROGRAMME, 1200, 100, first=date(2026, 1, 1), last=date(2026, 6, 30))
    assert [line.pence_in(day) for day in (date(2025, 12, 1), date(2026, 1, 1), date(2026, 7, 1))] == [0, 1200, 0]


# What holds of every shift -----------------------------------------------------------------------------------------------

PENCE = st.integers(1, 9 * MILLION)
RAMPS = st.builds(Ramp, st.sampled_from(["linear", "front-loaded", "back-loaded"]), st.integers(1, 30))


@given(pence=PENCE, ramp=RAMPS, share=st.floats(0.01, 0.99), months=st.integers(0, 12),
       busy=st.lists(st.floats(0.5, 1.2), min_size=24, max_size=24), waits=st.booleans())
def test_every_month_ties_out(pence, ramp, share, months, busy, waits):
    """Planned is moved or stranded; what leaves lines enters lines; lines hold together what they held."""
    one = shift(pence, ramp=ramp, receivers=(("vans", share), ("walks", 1 - share)), double_running_months=months,
                double_running_from="fund" if months else "", close_when=Condition(0.9, 2) if waits else None)
    ledger, states = run(one, busy=busy)
    entries = ledger.book.entries()
    for month in range(24):
        assert entered(ledger, PLANNED, month) == entered(ledger, MOVED, month) + entered(ledger, STRANDED, month)
        opening = {n: monthly(line.pence, month) for n, line in enumerate(LINES.values())}
        held, here = dict(opening), entries[entries["month"] == month]
        for row in here[np.isin(here["kind"], (MOVED, DOUBLE_RUNNING))]:
            held[int(row["giver"])] -= int(row["pence"])
            held[int(row["receiver"])] += int(row["pence"])
        assert sum(held.values()) == sum(opening.values()) == entered(ledger, OPENING, month)
        assert all(number >= 0 for number in held.values())
        assert (here["pence"] > 0).all()
    closed = [-sum(n for pool, n in state.servers.items() if pool != "vans") for state in states]
    assert all(number % BEDS.step == 0 for number in closed)
    assert closed == sorted(closed)


@given(pence=PENCE, more=st.integers(0, MILLION), month=st.integers(0, 23), share=st.floats(0.01, 0.99))
def test_more_money_never_means_fewer_servers_or_places(pence, more, month, share):
    def after(amount: int) -> Funded:
        return run(shift(amount, ramp=Ramp("linear", 12), receivers=(("vans", share), ("walks", 1 - share))),
                   months=month + 1)[1][-1]
    less, much = after(pence), after(pence + more)
    assert much.servers.get("vans", 0) >= less.servers.get("vans", 0)
    assert much.places.get("walks", 0) >= less.places.get("walks", 0)
    assert all(much.servers.get(pool, 0) <= less.servers.get(pool, 0) for pool, _ in BEDS.pools)


def test_servers_open_in_proportion_and_close_so_too():
    assert stand.opened((("a", 30), ("b", 10)), 8) == {"a": 6, "b": 2}
    assert stand.closed((("a", 30), ("b", 10)), 1, 8) == {"a": 6, "b": 2}


POOLS = st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(any).map(
    lambda sizes: tuple((f"p{n}", size) for n, size in enumerate(sizes)))


@given(POOLS, st.integers(0, 60))
def test_the_next_server_is_one_more_somewhere(pools, number):
    now, then = stand.opened(pools, number), stand.opened(pools, number + 1)
    assert sum(now.values()) == number
    assert sorted(then[pool] - now[pool] for pool in now) == [0] * (len(pools) - 1) + [1]


@given(POOLS, st.integers(1, 5), st.data())
def test_the_next_step_closes_in_one_pool_that_has_as_many(pools, step, data):
    most = sum(size // step for _, size in pools)
    steps = data.draw(st.integers(0, max(most - 1, 0)))
    now = stand.closed(pools, step, min(steps, most))
    assert all(0 <= now[pool] <= size for pool, size in pools)
    if steps < most:
        then = stand.closed(pools, step, steps + 1)
        assert sorted(then[pool] - now[pool] for pool in now) == [0] * (len(pools) - 1) + [step]


@given(st.integers(0, 10**12), st.integers(0, 600))
def test_twelve_months_are_a_year_to_the_penny(pence, month):
    assert sum(monthly(pence, month + n) for n in range(12)) == pence


@given(st.integers(0, 10**12), st.lists(st.floats(0.01, 1), min_size=1, max_size=6))
def test_parts_add_up_to_the_penny(pence, weights):
    shares = [(str(n), weight / sum(weights)) for n, weight in enumerate(weights)]
    parts = split(pence, shares)
    assert sum(part for _, part in parts) == pence
    assert all(abs(part - pence * share) <= 2 for (_, part), (_, share) in zip(parts, shares, strict=True))


def test_kinds_are_named_in_order():
    assert (KINDS[OPENING], KINDS[STRANDED], KINDS[VACANT]) == ("opening", "stranded", "vacant")


# Lines that give together ------------------------------------------------------------------------------------------------


def test_a_small_step_closes_where_a_large_one_is_not_covered_yet():
    """Of £1.5 million beds give £1 million and wards, in two steps, £400,000; alone, beds would have left half a million."""
    ledger, states = run(shift(MILLION * 3 // 2, givers=TOGETHER), lines=POOLED)
    assert states[0].servers == {}
    closed = {pool: -n for pool, n in states[5].servers.items() if pool != "vans"}
    assert sum(closed[pool] for pool in ("a", "b") if pool in closed) == 10
    assert closed["w"] == 4
    assert ledger.free(0, ledger.month) == MILLION * 14 // 10
    growing, _ = run(shift(MILLION * 3 // 2, givers=TOGETHER, ramp=Ramp("linear", 30)), months=24, lines=POOLED)
    assert growing._freed(0, growing.month) == {"beds": 0, "wards": MILLION // 5}, "not before the shift has grown"
    alone, _ = run(shift(MILLION * 3 // 2), lines=POOLED)
    assert alone.free(0, alone.month) == MILLION


def test_lines_that_give_together_keep_to_their_shares():
    ledger, _ = run(shift(4 * MILLION, givers=TOGETHER, ramp=Ramp("linear", 12)), months=24, lines=POOLED)
    assert ledger._freed(0, ledger.month) == {"beds": 3 * MILLION, "wards": MILLION}


def test_what_several_give_is_entered_by_line_and_ties_out():
    one = shift(MILLION * 3 // 2, givers=TOGETHER, ramp=Ramp("linear", 12))
    ledger, _ = run(one, months=24, lines=POOLED)
    for month in range(24):
        planned = entered(ledger, PLANNED, month)
        assert planned == entered(ledger, MOVED, month) + entered(ledger, STRANDED, month)
    found = ledger.book.entries()
    years = [int(found["pence"][(found["kind"] == PLANNED) & (found["month"] // 12 == year)].sum()) for year in (0, 1)]
    assert years[1] == pytest.approx(one.pence, abs=24)
    assert (found["pence"] > 0).all()
    names = list(POOLED)
    assert {names[giver] for giver in found["giver"][found["kind"] == MOVED]} == {"beds", "wards"}


def test_a_fund_gives_its_share_at_once_and_no_more():
    ledger, _ = run(shift(2 * MILLION, givers=(("beds", 0.5), ("fund", 0.5))), months=1)
    assert ledger._freed(0, START) == {"beds": 0, "fund": MILLION}
    later, _ = run(shift(2 * MILLION, givers=(("beds", 0.5), ("fund", 0.5))), months=6)
    assert later._freed(0, START) == {"beds": MILLION, "fund": MILLION}


def test_each_line_that_gives_together_waits_until_it_is_quiet():
    busy = Condition(0.9, 2)
    ledger, states = run(shift(MILLION * 4, givers=TOGETHER, close_when=busy), months=8, busy=0.5, lines=POOLED)
    assert "w" not in states[-1].servers, "nothing is known of how busy wards are, so they do not close"
    assert ledger._freed(0, ledger.month)["beds"] > 0


def test_two_shifts_never_close_more_steps_than_a_line_has():
    """£4.5 million and 6 of the £10 million that beds can give: ten steps; wards give what the first leaves over."""
    first = shift(5 * MILLION, givers=(("beds", 0.9), ("wards", 0.1)))
    second = shift(6 * MILLION, start=add_months(START, 3))
    _, states = run(first, second, months=12, lines=POOLED)
    assert states[-1].servers["a"] + states[-1].servers["b"] == -100
    assert states[-1].servers["w"] == -10


def test_what_is_left_over_leaves_later_shifts_their_share():
    """Wards can give £4 million: as the second shift asks for 2.5, they give few above their half of the first."""
    first = shift(3 * MILLION, givers=(("beds", 0.5), ("wards", 0.5)))
    second = shift(5 * MILLION // 2, givers=(("wards", 1.0),), start=add_months(START, 3))
    ledger, _ = run(first, second, months=24, lines=POOLED)
    assert ledger._freed(0, ledger.month) == {"beds": MILLION, "wards": MILLION * 16 // 10}
    assert ledger.free(1, ledger.month) == MILLION * 24 // 10
    alone, _ = run(first, months=24, lines=POOLED)
    assert alone._freed(0, alone.month)["wards"] == 2 * MILLION


@given(st.integers(1, 60), st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.integers(1, 30))
def test_lines_together_never_free_more_than_planned_and_leave_less_than_the_smallest_step(tenths, share, months):
    one = shift(MILLION * tenths // 10, givers=(("beds", share), ("wards", 1 - share)), ramp=Ramp("linear", months))
    ledger, _ = run(one, months=40, lines=POOLED)
    free = ledger.free(0, ledger.month)
    assert free <= one.pence
    wards = ledger._freed(0, ledger.month)["wards"]
    assert one.pence - free < WARDS.step_pence or wards == WARDS.most_steps * WARDS.step_pence


def test_what_is_stranded_is_of_the_line_that_has_freed_less_than_its_share():
    """Of £1.5 million beds have freed 1.0 of 1.2, and wards 0.4 of 0.3; a tenth is stranded, all of it in beds."""
    freed = {"beds": MILLION, "wards": MILLION * 4 // 10}
    assert stranded(MILLION * 3 // 2, freed, TOGETHER) == {"beds": MILLION // 10, "wards": 0}
    assert stranded(MILLION * 14 // 10, freed, TOGETHER) == {"beds": 0, "wards": 0}
