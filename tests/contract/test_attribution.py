"""What a scenario changes falls into parts and groups; a scenario with some of them is sound; pages tell what they do."""

import json
from dataclasses import replace

import polars as pl
import pytest
import synthetic
from typer.testing import CliRunner

import icsim
from icsim import api, cli, outcomes, report
from icsim.attribution import Part, assumed, grouped, parts, runs, shared_out, with_parts
from icsim.attribution.groups import MOST, REST, Group
from icsim.attribution.parts import lines_of
from icsim.attribution.shapley import subsets
from icsim.calendar import add_months
from icsim.errors import Problem, ScenarioError
from icsim.ledger import Ledger
from icsim.report.objects import result_object
from icsim.results import OnAssumption

pytestmark = pytest.mark.contract

HEAD = 'schema = 1\ntitle = "made up"\nextends = "testshire/baseline"\n'
EXERCISE = "[programmes.falls_exercise]\nplaces = 20\n"
REVIEW = "[programmes.frailty_review]\nplaces = 20\n"
VEHICLES = '[services.falls_vehicles]\nnumber = 2\nopen = "daily 07:00-22:00"\n'
STAFF = '[[changes]]\nrow = "staffing.nurses.join"\nvalue = 4\nreason = "x"\n'
SHIFT = ('[[shift]]\nfrom = "hospital_beds"\nto = {{ {to} = 1 }}\namount_gbp_per_year = 800_000\nstart = {start}\n'
         'reason = "x"\n')
ROW = '[[changes]]\nrow = "{row}"\nmultiply = {by}\nreason = "x"\n'
CALLS = "branch.falls.fall.call_999[severity={}; age=65+]"


@pytest.fixture(scope="module")
def base():
    return icsim.resolve("testshire/baseline")


@pytest.fixture
def scenario(tmp_path):
    def made(text: str, name: str = "made_up", **run):
        file = tmp_path / f"{name}.toml"
        file.write_text(HEAD + text)
        return icsim.resolve(file, **run)
    return made


# Parts -----------------------------------------------------------------------------------------------------------------


def test_every_kind_of_change_is_a_part(base, scenario):
    text = (EXERCISE + VEHICLES + SHIFT.format(to="stop_smoking", start="2025-06-01")
            + ROW.format(row="ratio.fall.frailty.mild", by=1.1))
    found = parts(base, scenario(text, growth=False))
    assert [(part.name, part.kind) for part in found] == [
        ("shift.hospital_beds", "shift"), ("falls_vehicles", "service"), ("falls_exercise", "programme"),
        ("stop_smoking", "programme"), ("ratio.fall.frailty.mild", "number"), ("run", "settings")]
    assert found[0].label == "Money taken from hospital beds"
    assert found[0].pence == found[3].pence == 80_000_000
    assert found[2].pence > 0


@pytest.mark.parametrize(("text", "name"), [
    ('[services.falls_vehicles]\nopen = "daily 07:00-22:00"\n', "falls_vehicles"),
    ("[services.falls_vehicles]\nqueue_limit = 7\n", "falls_vehicles"),
    (EXERCISE + 'priority = "most deprived first"\n', "falls_exercise"), (EXERCISE + "waiting_list = 5\n", "falls_exercise"),
    (EXERCISE + "first = 2025-10-01\n", "falls_exercise")])
def test_hours_limits_dates_and_who_comes_first_are_parts_too(scenario, text, name):
    before = scenario(EXERCISE if "programmes" in text else "", "before")
    (part,) = parts(before, scenario(text))
    assert part.name == name


def test_where_a_programme_is_offered_is_a_part_too(base, scenario):
    place = base.area.place_names[0]
    (part,) = parts(scenario(EXERCISE, "before"), scenario(EXERCISE + f'where = ["{place}"]\n'))
    assert part.name == "falls_exercise"


def test_a_scenario_that_changes_nothing_has_no_part(base, scenario):
    assert parts(base, scenario('[services.falls_vehicles]\nopen = "daily 07:00-19:00"\n')) == ()


def test_rows_that_share_something_out_are_one_part(base, scenario):
    rows = [CALLS.format(severity) for severity in ("none", "minor")]
    (part,) = parts(base, scenario("".join(ROW.format(row=row, by=1.1) for row in rows)))
    assert part.name == "branch.falls.fall"
    assert part.rows == tuple(rows)


def test_money_that_two_shifts_take_from_one_line_is_one_part(base, scenario):
    text = SHIFT.format(to="stop_smoking", start="2025-06-01") + SHIFT.format(to="falls_exercise", start="2026-06-01")
    found = parts(base, scenario(text))
    assert [part.name for part in found] == ["shift.hospital_beds", "falls_exercise", "stop_smoking"]
    assert found[0].pence == 2 * 80_000_000


def test_a_shift_of_another_amount_is_one_part_with_the_old_one(base, scenario):
    text = SHIFT.format(to="stop_smoking", start="2025-06-01")
    before, other = scenario(text, "before"), scenario(text.replace("800_000", "900_000"), "after")
    taken, smoking = parts(before, other)
    assert (taken.name, taken.label, taken.pence) == ("shift.hospital_beds", "Money taken from hospital beds", 10_000_000)
    assert smoking.pence == 10_000_000
    old, new = sorted(with_parts(before, other, [taken.name]).plan.shifts, key=lambda shift: shift.pence)
    assert (old.pence, old.taken, dict(old.receivers)) == (80_000_000, False, {"stop_smoking": 1.0})
    assert (new.pence, new.taken, dict(new.receivers)) == (90_000_000, True, {"set aside": 1.0})


def test_of_money_from_a_fund_only_what_it_pays_for_is_a_part(base, scenario):
    text = SHIFT.format(to="stop_smoking", start="2025-06-01").replace("hospital_beds", "prevention_fund")
    other = scenario(text.replace("= 1", "= 0.5, falls_exercise = 0.5"))
    assert [part.name for part in parts(base, other)] == ["falls_exercise", "stop_smoking"]
    assert with_parts(base, other, ["stop_smoking"]).plan.shifts[0].receivers == (("stop_smoking", 0.5), ("set aside", 0.5))
    assert with_parts(base, other, ()).plan.shifts == ()


def test_what_one_pays_for_and_says_of_it_beside_is_one_part(base, scenario):
    """By two shifts, one of them to a pool of the service, and by its own table; money for a fund buys nothing."""
    text = (SHIFT.format(to="crisis_cafes", start="2025-06-01").replace("= 1", "= 0.75, prevention_fund = 0.25")
            + SHIFT.format(to="eastmere_cafe", start="2026-06-01") + "[services.crisis_cafes]\nmultiply = 2\n")
    first, cafes = parts(base, scenario(text))
    assert (first.name, cafes.name) == ("shift.hospital_beds", "crisis_cafes")
    assert cafes.pence > 0.75 * 80_000_000 + 80_000_000


def shift_with(base, other, *chosen: str):
    """The one shift of a scenario with some of its parts."""
    (shift,) = with_parts(base, other, chosen).plan.shifts
    return shift


def test_a_shift_can_be_had_without_some_of_those_who_receive(base, scenario):
    """Money taken is the same; what nobody receives is set aside and buys nothing."""
    other = scenario(SHIFT.format(to="stop_smoking", start="2025-06-01").replace(
        "= 1", "= 0.5, falls_exercise = 0.25, prevention_fund = 0.25"))
    (whole,) = other.plan.shifts
    taken = shift_with(base, other, "shift.hospital_beds")
    assert taken.receivers == (("prevention_fund", 0.25), ("set aside", 0.75))
    assert replace(taken, receivers=whole.receivers) == whole
    with_exercise = shift_with(base, other, "shift.hospital_beds", "falls_exercise")
    assert with_exercise.receivers == (("falls_exercise", 0.25), ("prevention_fund", 0.25), ("set aside", 0.5))


def year_by_year(resolved, months: int = 24):
    """What the ledger says of each month, with services as busy as they can be."""
    ledger = Ledger(resolved.plan.shifts, lines_of(resolved), resolved.run.start)
    found, now = [], None
    for n in range(months):
        now = ledger.open(add_months(resolved.run.start, n)) or now
        found.append(now)
    return found


def test_who_receives_alone_gets_what_would_have_come_free_and_nothing_closes(base, scenario):
    """By the same ramp, steps, notice and double running: not a pound more, and none sooner."""
    text = SHIFT.format(to="stop_smoking", start="2025-06-01").replace("= 1", "= 0.5, falls_exercise = 0.5")
    text = text.replace("hospital_beds", "care_homes").replace("800_000", "1_600_000")
    other = scenario(text + 'ramp = "linear 6 months"\ndouble_running = "2 months"\n'
                     'double_running_from = "prevention_fund"\n')
    alone = with_parts(base, other, ["stop_smoking"])
    assert shift_with(base, other, "stop_smoking").receivers == (("stop_smoking", 0.5), ("set aside", 0.5))
    whole, found = year_by_year(other), year_by_year(alone)
    assert [each.places.get("stop_smoking", 0) if each else 0 for each in found] == [
        each.places.get("stop_smoking", 0) if each else 0 for each in whole]
    assert whole[-1].places["stop_smoking"] > 0
    assert whole[-1].servers["testshire_care_homes"] < 0
    assert not any(each.servers or each.kept_free for each in found if each)


def test_where_an_old_shift_is_paid_and_a_new_one_taken_only_the_new_one_closes(base, scenario):
    text = SHIFT.format(to="stop_smoking", start="2025-06-01").replace("hospital_beds", "care_homes")
    before, other = (scenario(text.replace("800_000", pounds), name) for pounds, name in (("700_000", "before"),
                                                                                          ("1_400_000", "after")))
    old, new = (year_by_year(each)[-1].servers for each in (before, other))
    mixed = year_by_year(with_parts(before, other, ["shift.care_homes"]))[-1]
    assert mixed.servers == new == {pool: 2 * closed for pool, closed in old.items()}
    assert mixed.places == year_by_year(before)[-1].places


def test_a_programme_that_gives_keeps_its_places_where_nothing_is_taken(base, scenario):
    text = "[programmes.stop_smoking]\nplaces = 400\n" + SHIFT.format(to="falls_exercise", start="2025-06-01")
    other = scenario(text.replace("hospital_beds", "stop_smoking"))
    found = year_by_year(with_parts(base, other, ["stop_smoking", "falls_exercise"]))
    assert found[-1].places["falls_exercise"] == year_by_year(other)[-1].places["falls_exercise"] > 0
    assert "stop_smoking" not in found[-1].places
    assert year_by_year(other)[-1].places["stop_smoking"] < 0


def test_a_pooled_shift_gives_as_one(base, scenario):
    text = SHIFT.format(to="stop_smoking", start="2025-06-01").replace('from = "hospital_beds"', (
        "pooled = { hospital_beds = 0.5, prevention_fund = 0.5 }"))
    other = scenario(text)
    assert [part.name for part in parts(base, other)] == ["shift.hospital_beds+prevention_fund", "stop_smoking"]
    assert not shift_with(base, other, "stop_smoking").taken


def test_some_of_a_shift_cannot_be_said_in_a_file(base, scenario):
    other = scenario(SHIFT.format(to="stop_smoking", start="2025-06-01"))
    assert with_parts(base, other, ["stop_smoking"]).content_hash() != other.content_hash()
    assert "taken" not in other.plan.shifts[0].said()


def test_all_parts_make_the_scenario_and_none_the_baseline(base, scenario):
    other = scenario(EXERCISE + VEHICLES + SHIFT.format(to="stop_smoking", start="2025-06-01")
                     + ROW.format(row="ratio.fall.frailty.mild", by=1.1), growth=False)
    names = [part.name for part in parts(base, other)]
    assert with_parts(base, other, names).content_hash() == other.content_hash()
    assert with_parts(base, other, ()).content_hash() == base.content_hash()
    rules_hold = [name for name in names if name != "ratio.fall.frailty.mild"]  # all tables are checked where a row changes
    hashes = {with_parts(base, other, chosen).content_hash() for chosen in subsets(rules_hold)}
    assert len(hashes) == 2 ** len(rules_hold)
    assert with_parts(base, other, ["ratio.fall.frailty.mild"]).content_hash() not in hashes


def test_a_part_alone_is_the_scenario_that_says_only_that(base, scenario):
    other, alone = scenario(EXERCISE + VEHICLES), scenario(EXERCISE, "alone")
    assert with_parts(base, other, ["falls_exercise"]).content_hash() == alone.content_hash()
    assert parts(alone, other) == parts(base, scenario(VEHICLES, "vehicles"))


def test_what_the_baseline_has_and_the_scenario_lacks_is_a_part_too(base, scenario):
    with_shift = scenario(SHIFT.format(to="stop_smoking", start="2025-06-01"), "shifted")
    taken, smoking = parts(with_shift, base)
    assert (taken.name, smoking.name) == ("shift.hospital_beds", "stop_smoking")
    assert with_parts(with_shift, base, [taken.name, smoking.name]).content_hash() == base.content_hash()
    assert with_parts(with_shift, base, ()).content_hash() == with_shift.content_hash()
    assert taken.label == "Money no longer taken from hospital beds"
    assert not shift_with(with_shift, base, taken.name).taken
    assert shift_with(with_shift, base, smoking.name).receivers == (("set aside", 1.0),)


def test_parts_that_need_each_other_are_refused_alone_with_what_to_type(base, scenario):
    """The line that gives has enough only with what the scenario adds to it."""
    text = ("[programmes.stop_smoking]\nplaces = 400\n" + SHIFT.format(to="falls_exercise", start="2025-06-01").replace(
        "hospital_beds", "stop_smoking"))
    other = scenario(text)
    with pytest.raises(ScenarioError, match=r"holds nothing that can leave(.|\n)*into one --group"):
        with_parts(base, other, ["shift.stop_smoking", "falls_exercise"])


# Groups ----------------------------------------------------------------------------------------------------------------


def some(*pence: int) -> list[Part]:
    return [Part(f"p{n}", "programme", f"P {n}", each) for n, each in enumerate(pence)]


def test_up_to_five_parts_are_groups_of_their_own():
    found = grouped("x", some(1, 2, 3, 4, 5))
    assert [group.parts for group in found] == [(f"p{n}",) for n in range(MOST)]


def test_of_more_the_largest_stay_alone_and_the_others_are_one_group():
    found = grouped("x", some(1, 0, 50, 3, 40, 30, 20))
    assert [group.parts for group in found] == [("p2",), ("p4",), ("p5",), ("p6",), ("p0", "p1", "p3")]
    assert found[-1].name == REST


def test_a_reader_names_groups_and_the_rest_goes_on_alone():
    found = grouped("x", some(1, 2, 3, 4), {"prevention": ["p3", "p1"]})
    assert [(group.name, group.parts) for group in found] == [("prevention", ("p3", "p1")), ("p0", ("p0",)), ("p2", ("p2",))]


def test_a_row_stands_for_the_part_that_it_belongs_to():
    part = Part("branch.falls.fall", "number", "x", rows=("one", "two"))
    found = grouped("x", [part, *some(1)], {"calls": ["one", "two"]})
    assert [(group.name, group.parts) for group in found] == [("calls", ("branch.falls.fall",)), ("p0", ("p0",))]


@pytest.mark.parametrize(("named", "words"), [
    ({"a": ["p9"]}, "p9 is not changed by the scenario"), ({"a": ["p0"], "b": ["p0"]}, "has p0 in two groups"),
    ({"a": []}, "names nothing"), ({"p1": ["p0"]}, "is the name of a part that is not in it"),
    ({letter: [f"p{n}"] for n, letter in enumerate("abcde")}, "leaves over p5"),
    ({letter: [f"p{n}"] for n, letter in enumerate("abcdef")}, "5 times at most")])
def test_groups_that_cannot_be_are_refused(named, words):
    with pytest.raises(ScenarioError, match=words):
        grouped("x", some(1, 2, 3, 4, 5, 6), named)


def test_nothing_is_attributed_where_nothing_differs():
    with pytest.raises(ScenarioError, match="nothing that the two scenarios do not have in common"):
        grouped("x", [])


# What is run -----------------------------------------------------------------------------------------------------------


def test_every_set_of_groups_is_run_once_and_baseline_and_scenario_not_again(base, scenario):
    other = scenario(EXERCISE + REVIEW + VEHICLES)
    wanted = runs.further([base, other], attribute=True, assumptions=False)
    assert len(wanted.scenarios) == 2**3 - 2
    hashes = {each.content_hash() for each in wanted.scenarios.values()}
    assert len(hashes) == 6
    assert not hashes & {base.content_hash(), other.content_hash()}
    assert "3 groups make 8 scenarios" in str(wanted.estimate)
    assert "6 scenarios, 12 runs" in str(wanted.estimate)


def test_what_attribution_runs_serves_the_share_on_assumption_too(base, scenario):
    """At null the vehicles are as in the baseline: that is the set of the exercise alone."""
    wanted = runs.further([base, scenario(EXERCISE + VEHICLES)], attribute=True)
    assert len(wanted.scenarios) == 2


def test_nothing_more_is_run_where_nothing_was_asked_or_runs_tell_nothing_new(base, scenario):
    mixed, sure, vehicles = (scenario(text, name) for text, name in (
        (EXERCISE + REVIEW, "mixed"), (EXERCISE, "sure"), (VEHICLES, "vehicles")))
    unwanted = runs.further([base, mixed, sure, vehicles], assumptions=False)
    assert unwanted.scenarios == {}
    assert unwanted.estimate is None
    assert [key[0] for key in runs.further([base, mixed, sure, vehicles]).scenarios] == ["mixed"]


def test_what_cannot_stand_at_null_is_told_and_refuses_nothing(base, scenario, monkeypatch):
    def refused(base, other, found):
        raise ScenarioError(other.name, [Problem("x", "does not add up.\nPut them into one --group.")])
    monkeypatch.setattr(assumed, "other_at_null", refused)
    wanted = runs.further([base, scenario(EXERCISE + REVIEW)])
    (plan,) = wanted.plans
    assert plan.unsound == "the scenario cannot be run without what is assumed of it (x does not add up.)"
    assert not wanted.scenarios


def test_of_a_scenario_by_other_tables_nothing_can_be_told_and_the_page_says_why(base, scenario, pair):
    other = scenario(EXERCISE)
    rows, area = other.shipped
    moved = replace(other, shipped=(rows.with_value("ratio.fall.frailty.mild", 1.2), area))
    wanted = runs.further([base, moved])
    assert (wanted.plans, wanted.unlike) == ((), (moved.name,))
    told = runs.carried_out(replace(pair, attributions=()), replace(wanted, unlike=(pair.alternatives[0].name,)))
    assert "cannot be told: its tables are not those of the baseline." in " ".join(page(told).split())


# What is assumed -------------------------------------------------------------------------------------------------------


def footing(base, other):
    return assumed.footing(other, parts(base, other))


def test_assumed_effects_are_set_to_nothing_and_no_others(base, scenario):
    other = scenario(EXERCISE + REVIEW)
    found = footing(base, other)
    assert [row.id for row in found.rows] == ["effect.frailty_review.reviewed.event.acute_illness"]
    null = assumed.other_at_null(base, other, found).catalogue
    assert null.row("effect.frailty_review.reviewed.event.acute_illness").value == 1
    assert null.row("effect.falls_exercise.taking_part.event.fall").value == 0.77
    assert assumed.base_at_null(base, found) is None


def test_a_baseline_with_the_programme_is_put_at_null_as_well(base, scenario):
    before, other = scenario(REVIEW, "before"), scenario(EXERCISE + REVIEW.replace("20", "40"))
    null = assumed.base_at_null(before, footing(before, other))
    assert null is not None
    assert null.catalogue.row("effect.frailty_review.reviewed.event.acute_illness").value == 1


def test_a_programme_that_money_pays_for_belongs_to_the_change(base, scenario):
    """From a fund to reviews, whose effect is assumed: nothing is left of it, and no run is needed to know."""
    shift = SHIFT.replace("hospital_beds", "prevention_fund")
    found = footing(base, scenario(shift.format(to="frailty_review", start="2025-06-01")))
    assert [row.programme for row in found.rows] == ["frailty_review"]
    assert not found.needs_runs
    sure = footing(base, scenario(shift.format(to="falls_exercise", start="2025-06-01"), "sure"))
    assert sure.nothing
    assert [part.name for part in sure.left] == ["falls_exercise"]


def test_of_a_shift_only_what_buys_assumption_is_taken_away(base, scenario):
    """Beds close and classes open; what vehicles would have got stays in a fund."""
    text = SHIFT.replace("{to} = 1", "{to} = 0.25, falls_exercise = 0.5, frailty_review = 0.25")
    other = scenario(text.format(to="falls_vehicles", start="2025-06-01"))
    found = footing(base, other)
    assert [part.name for part in found.undone] == ["falls_vehicles"]
    assert found.needs_runs
    (shift,) = assumed.other_at_null(base, other, found).plan.shifts
    assert shift.receivers == (("falls_exercise", 0.5), ("frailty_review", 0.25), ("set aside", 0.25))
    assert [row.programme for row in found.rows] == ["frailty_review"]
    (label,) = assumed.told(other, found, None).undone
    assert label == "Falls vehicles"
    assert len(runs.further([base, other], attribute=True).scenarios) == 2**4 - 2 + 1


def test_money_from_a_service_that_is_assumption_is_not_taken_from_it(base, scenario):
    """Whoever receives it gets what they would have had."""
    text = SHIFT.replace("hospital_beds", "{giver}").replace("800_000", "{pounds}")
    home, fund = (scenario(text.format(giver=giver, pounds=pounds, to=to, start="2025-06-01"), to)
                  for giver, pounds, to in (("home_care", 100_000, "falls_exercise"),
                                            ("prevention_fund", 300_000, "falls_vehicles")))
    taken_back = footing(base, home)
    assert [part.name for part in taken_back.undone] == ["shift.home_care"]
    assert taken_back.needs_runs
    (shift,) = assumed.other_at_null(base, home, taken_back).plan.shifts
    assert shift == replace(home.plan.shifts[0], taken=False)
    assert not footing(base, fund).needs_runs
    assert not footing(base, fund).nothing


def test_rows_that_send_people_back_stay(base, scenario):
    """Without them the effect would last for ever, which is more and not less of it."""
    found = footing(base, scenario("[programmes.lonely_calls]\nplaces = 20\n"))
    assert found.rows
    assert not any(row.to == "origin" for row in found.rows)


def test_a_service_reached_and_left_by_assumed_shares_is_undone(base, scenario):
    found = footing(base, scenario(EXERCISE + VEHICLES))
    assert [part.name for part in found.undone] == ["falls_vehicles"]
    assert found.ways == {"falls_vehicles": (5, 5)}
    assert found.kept == {"falls_exercise"}
    assert found.needs_runs


def test_a_service_whose_shares_are_mostly_known_is_not(base, scenario):
    found = footing(base, scenario("[services.hospital_beds]\nmultiply = 1.1\n"))
    counted, of = found.ways["hospital_beds"]
    assert 0 < counted < of / 2
    assert found.nothing
    assert not found.undone


def test_a_change_of_staff_of_whom_little_is_known_is_undone(base, scenario):
    """Whatever the scenario says of them itself: another guess more would not make it better known."""
    one, more = (scenario(STAFF + text) for text in ("", STAFF.replace("join", "spare")))
    known = [row for row in (*base.area.staff, *base.catalogue.staff_needs) if row.staff == "nurses"]
    assumed_rows = sum(row.standing == "assumed" for row in known)
    assert len(known) / 2 <= assumed_rows < len(known)
    for other, rows in ((one, ["staffing.nurses.join"]), (more, ["staffing.nurses.join", "staffing.nurses.spare"])):
        found = footing(base, other)
        assert sorted(part.name for part in found.undone) == rows
        assert found.staff == {"nurses": (assumed_rows, len(known))}
        assert not found.needs_runs
        assert not found.nothing


def test_a_change_of_staff_of_whom_most_is_known_is_not(base, scenario):
    other = scenario(STAFF)
    rows, area = other.shipped
    known = replace(rows, staff_needs=tuple(replace(row, standing="measured") for row in rows.staff_needs))
    found = footing(base, replace(other, shipped=(known, area)))
    counted, of = found.staff["nurses"]
    assert 0 < counted < of / 2
    assert not found.undone
    assert found.nothing


def test_to_let_staff_limit_nothing_is_a_change_of_staff(base, scenario):
    """Its order as well; growth beside it goes with it."""
    for text in ("[run]\nstaff = false\n", '[run]\nstaff_first = ["falls_vehicles"]\n'):
        found = footing(base, scenario(text))
        assert [part.name for part in found.undone] == ["run"]
        ((counted, of),) = found.staff.values()
        assert of / 2 <= counted < of
    assert not footing(base, scenario("[run]\ngrowth = false\n")).undone


def test_where_all_or_nothing_is_assumed_no_run_is_needed(base, scenario):
    whole, none = footing(base, scenario(REVIEW + VEHICLES)), footing(base, scenario(EXERCISE, "sure"))
    assert not whole.nothing
    assert not whole.needs_runs
    assert none.nothing
    assert not none.needs_runs


def test_a_share_is_what_is_gone_at_null():
    def levels(deaths, falls):
        return pl.DataFrame({"year": ["all years"] * 2, "measure": ["deaths", "falls"], "value": [deaths, falls]})
    table = assumed.shares((levels(100.0, 10.0), levels(90.0, 10.0)), (levels(100.0, 10.0), levels(97.5, 10.0)))
    assert table.rows() == [("all years", "deaths", -10.0, -2.5, 0.75), ("all years", "falls", 0.0, 0.0, None)]


# What pages say --------------------------------------------------------------------------------------------------------


GROUPS = (Group("stop_smoking", "Help to stop smoking", ("stop_smoking",)),
          Group("beds", "beds", ("hospital_beds", "virtual_wards")))


def attributed(pair, **more):
    """A comparison in which the first of two groups averts three in four of what both avert, the second nothing alone."""
    base, other = (runs.tallies(each) for each in pair.scenarios)
    part = base.with_columns(value=base["value"] + (other["value"] - base["value"]) * 3 // 4)
    worth = {frozenset(): base, frozenset({"stop_smoking"}): part, frozenset({"beds"}): base,
             frozenset({"stop_smoking", "beds"}): other}
    return replace(pair, attributions=(shared_out(pair.alternatives[0].name, GROUPS, worth),), **more)


def resting(share: float | None, **more) -> OnAssumption:
    table = None if share is None else pl.DataFrame({
        "year": ["all years", "headline years"] * 2, "measure": ["emergency_admissions"] * 2 + ["conveyances"] * 2,
        "difference": [-10.0] * 4, "at_null": [-10 * (1 - share)] * 4, "share": [share] * 4})
    known = {"rows": ("effect.x",), "programmes": ("Calls",), "undone": (), "ways": {}, "staff": {}} | more
    return OnAssumption("falls_vehicles", shares=table, **known)


def page(pair) -> str:
    return report.page(pair, outcomes.summary(pair, synthetic.SPEAK))


@pytest.fixture(scope="module")
def pair():
    return attributed(synthetic.comparison())


def test_the_page_says_which_part_does_what_and_adds_up(pair):
    text = page(pair)
    section = text[text.index("WHAT DOES WHICH PART DO?"):text.index("CHANGE IN LIFE LIVED")]
    assert max(map(len, text.splitlines())) <= 80
    for words in ("Help to stop smoking", "beds", "Interaction", "Together", "Shapley value",
                  "Looked at together: beds: hospital_beds, virtual_wards."):
        assert words in section, words
    found = {(row["measure"], row["group"]): row
             for row in result_object(pair, outcomes.summary(pair, synthetic.SPEAK), None)["attribution"][0]["average_year"]}
    smoking, beds = (found["emergency_admissions", name] for name in ("stop_smoking", "beds"))
    assert beds["own"] == 0
    assert beds["interaction"] == beds["shapley"] == pytest.approx(smoking["interaction"])
    whole = outcomes.look(outcomes.summary(pair, synthetic.SPEAK), kind="difference", margin="total", year="all years",
                          measure="emergency_admissions")["mean"][0]
    assert 2 * (smoking["shapley"] + beds["shapley"]) == pytest.approx(whole)
    assert f"{abs(whole / 2):.0f} ±" in next(line for line in section.splitlines() if "Together" in line)


def test_without_attribution_or_with_one_group_there_is_no_such_section(pair):
    assert "WHICH PART" not in page(replace(pair, attributions=()))
    alone = replace(pair.attributions[0], groups={"stop_smoking": ("stop_smoking",)})
    assert "WHICH PART" not in page(replace(pair, attributions=(alone,)))


@pytest.mark.parametrize(("share", "words"), [
    (1.0, ", all of it assumption"), (1.4, ", all of it assumption"), (0.62, ", mostly assumption (62 %)"),
    (0.31, ", 31 % of it assumption"), (0.0, ", none of it assumption"), (-0.3, ", none of it assumption")])
def test_each_headline_says_how_much_of_it_is_assumption(pair, share, words):
    text = " ".join(page(replace(pair, on_assumption=(resting(share),))).split())
    short = text[text.index("IN SHORT"):text.index("WHAT WOULD CHANGE")]
    assert short.count(words) == 2
    assert "assumption is what would be gone without the assumed effects of calls; other assumed numbers" in short


def test_what_is_not_worked_out_says_what_to_type(pair):
    text = " ".join(page(replace(pair, on_assumption=(resting(None),))).split())
    assert "run without --no-assumptions to see how much rests on assumption" in text
    assert "of it assumption" not in text


def test_a_service_that_is_undone_is_told_with_its_shares(pair):
    found = resting(1.0, rows=(), programmes=(), undone=("Falls vehicles",),
                    ways={"Falls vehicles": (5, 5), "Hospital beds": (22, 71)})
    text = " ".join(page(replace(pair, on_assumption=(found,))).split())
    assert ("with falls vehicles as in the baseline, since at least half of the shares of people who are sent there and on "
            "from there are assumed (5 of 5) and cannot be set to nothing") in text
    assert "so do the shares to and from hospital beds (22 of 71), fewer than half of which are assumed" in text


def test_staff_that_are_as_in_the_baseline_are_told(pair):
    found = resting(1.0, rows=(), programmes=(), staff={"Care workers": (4, 5), "Nurses": (2, 9)})
    text = " ".join(page(replace(pair, on_assumption=(found,))).split())
    assert ("assumption is what would be gone with care workers as in the baseline, since at least half of the figures on "
            "them, such as who comes and goes and how many a server needs, are assumed (4 of 5); other assumed numbers, "
            "such as uptake, durations and rates, stay as they are") in text
    assert "so do the figures on nurses (2 of 9), fewer than half of which are assumed" in text


def test_what_cannot_stand_at_null_is_told_with_the_reason(pair):
    found = replace(resting(None), unsound="the shares no longer add up.")
    text = " ".join(page(replace(pair, on_assumption=(found,))).split())
    assert "how much rests on assumption cannot be told: the shares no longer add up." in text


def test_money_taken_and_paid_apart_is_explained(pair):
    plain = " ".join(page(pair).split())
    words = "it stays in a fund and buys nothing. Where they receive it without its being taken, they get what would have"
    assert words not in plain
    (found,) = pair.attributions
    moved = replace(found, groups={**found.groups, "beds": ("shift.hospital_beds",)})
    assert words in " ".join(page(replace(pair, attributions=(moved,))).split())


def test_a_folder_holds_what_was_found_out(pair, tmp_path):
    plain = report.save(synthetic.comparison(), outcomes.summary(pair, synthetic.SPEAK), tmp_path / "plain", False)
    assert not list(plain.glob("*ttribution*"))
    told = replace(pair, on_assumption=(resting(0.5),))
    folder = report.save(told, outcomes.summary(told, synthetic.SPEAK), tmp_path / "told", False)
    table = pl.read_csv(folder / "attribution.csv")
    assert table.columns == ["scenario", "replication", "year", "measure", "group", "own", "shapley", "interaction"]
    assert table.equals(pl.read_parquet(folder / "attribution.parquet"))
    whole = pl.read_parquet(folder / "attribution_tallies.parquet")
    assert whole.schema["over_orders"] == pl.Int64
    assert pl.read_csv(folder / "on_assumption.csv")["share"].to_list() == [0.5] * 4


def test_the_object_says_it_too(pair):
    told = replace(pair, on_assumption=(resting(None),))
    found = json.loads(json.dumps(result_object(told, outcomes.summary(told, synthetic.SPEAK), None), allow_nan=False))
    assert [group["parts"] for group in found["attribution"][0]["groups"]] == [["stop_smoking"],
                                                                              ["hospital_beds", "virtual_wards"]]
    assert found["on_assumption"][0]["shares"] is None
    assert "--no-assumptions" in found["on_assumption"][0]["why_null"]


# What is typed ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch, tmp_path):
    """`icsim compare` without running; what it asks of `api.compare`."""
    asked: dict = {}

    def compare(base, *others, progress=None, anyway=False, log=None, log_days=None, **more):
        asked.update(more)
        made = synthetic.comparison(replications=2, years=1, places=("harlow",))
        return replace(made, base=synthetic.renamed(made.base, base.name))

    monkeypatch.setattr(api, "compare", compare)
    file = tmp_path / "other.toml"
    file.write_text(HEAD + EXERCISE + REVIEW + VEHICLES)

    def type_in(*words: str):
        done = CliRunner().invoke(cli.app, ["compare", "testshire/baseline", str(file), "--out", str(tmp_path), *words])
        return done, asked
    return type_in


def test_what_attribution_costs_is_said_before_it_runs(typed):
    done, asked = typed("--attribute", "--no-charts")
    assert done.exit_code == 0, done.output
    assert asked == {"attribute": True, "groups": {}, "assumptions": True}
    said = done.stderr.splitlines()[0]
    assert said.startswith("Which part does what: 3 groups make 8 scenarios; beside the comparison 7 scenarios, 14 runs")
    assert "expected to take about" in said
    assert "Which part does what" not in done.stdout


def test_groups_are_named_by_their_parts(typed):
    done, asked = typed("--group", "prevention=falls_exercise, frailty_review", "--no-assumptions", "--no-charts")
    assert done.exit_code == 0, done.output
    assert asked == {"attribute": True, "groups": {"prevention": ["falls_exercise", "frailty_review"]}, "assumptions": False}
    assert "2 groups make 4 scenarios" in done.stderr


def test_a_plain_comparison_asks_for_nothing_more(typed):
    done, asked = typed("--no-charts")
    assert done.exit_code == 0, done.output
    assert asked == {"attribute": False, "groups": {}, "assumptions": True}


@pytest.mark.parametrize(("words", "answer"), [
    (["--group", "a=nonsense"], "nonsense is not changed by the scenario"), (["--group", "a"], "names nothing"),
    (["--group", "a=falls_exercise", "--group", "b=falls_exercise"], "two groups")])
def test_a_mistake_in_a_group_is_told_before_anything_runs(typed, words, answer):
    done, asked = typed(*words)
    assert done.exit_code == 2
    assert answer in " ".join(done.stderr.split())
    assert asked == {}
