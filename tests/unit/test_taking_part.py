"""Rows for those who take part in programmes: branches, durations and uptake, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_tables import small_catalogue

from icsim.catalogue.load import ID, Catalogue
from icsim.catalogue.programmes import with_programmes
from icsim.catalogue.rows import Effect, Programme, Quantity, Severity, Stage, Take
from icsim.catalogue.taking_part import in_words
from icsim.catalogue.taking_part_rules import together_problems
from icsim.catalogue.when import branch_shares, classes_of, row_for_class
from icsim.services.build import parameters
from icsim.services.model import DISTRIBUTIONS
from icsim.services.reference import INVERSE
from icsim.units import FACTORS

pytestmark = pytest.mark.unit

WAY = "branch falls.fall.falls_vehicle"


def catalogue(*effects: tuple[str, str, float, str], **tables: list) -> Catalogue:
    """The small tables with programmes tea and cake of two stages, and effects: whose, on what, value, mechanism."""
    rows = small_catalogue()
    acts = [Effect(programme=of.split()[0], stage=of.split()[1], acts_on=acts_on, value=value, mechanism=mechanism,
                   unit="ratio", source="invented") for of, acts_on, value, mechanism in effects]
    new = {"programmes": [Programme(programme=name, label=name.title(), evidence="none") for name in ("tea", "cake")],
           "stages": [Stage(programme=name, stage=stage, label=stage, value=90, unit="days")
                      for name in ("tea", "cake") for stage in ("first", "second")],
           "takes": [Take(programme="cake", what="uptake", value=40, unit="%"),
                     Take(programme="cake", what="uptake", value=0.6, unit="share", when="frailty=severe; age=65+")],
           "effects": acts, **tables}
    return replace(rows, **{table: (*getattr(rows, table), *(replace(row, id=ID[table](row)) if table in ID else row
                                                            for row in added)) for table, added in new.items()})


def ways(known: Catalogue, *names: str) -> dict[str, tuple[float, ...]]:
    """Shares of the three ways from the first step, in their order, by class."""
    known = with_programmes(known, names)
    return {str(cls): tuple(round(share, 12) for share in
                            branch_shares(known.branches_of("falls", "fall"), cls, FACTORS).values())
            for cls in classes_of(known, "fall")}


def test_of_those_who_take_part_so_many_go_that_way_and_the_last_takes_the_rest():
    known = catalogue(("tea second", WAY, 0.5, "talk"))
    assert ways(known, "tea") == {
        "tea=out; severity=minor": (0.6, 0.3, 0.1),
        "tea=first; severity=minor": (0.6, 0.3, 0.1),
        "tea=second; severity=minor": (0.3, 0.3, 0.4),
    }


def test_a_programme_that_does_not_run_tells_no_classes_apart():
    known = catalogue(("tea second", WAY, 0.5, "talk"))
    assert ways(known) == ways(known, "cake") == {"severity=minor": (0.6, 0.3, 0.1)}


def test_by_one_mechanism_the_strongest_counts_and_two_multiply():
    def both(*mechanisms: str) -> dict[str, tuple[float, ...]]:
        pairs = (("tea first", 0.5), ("cake first", 1.1))
        known = catalogue(*((of, WAY, value, mechanism)
                            for (of, value), mechanism in zip(pairs, mechanisms, strict=True)))
        return ways(known, "tea", "cake")

    shared = f"{WAY} by talk"
    assert both("talk", "talk") == {
        f"{shared}=out; severity=minor": (0.6, 0.3, 0.1),
        f"{shared}=1; severity=minor": (0.66, 0.3, 0.04),  # 1.1, the weaker
        f"{shared}=2; severity=minor": (0.3, 0.3, 0.4),  # 0.5, of whoever takes part in both too
    }
    found = both("talk", "food")
    assert len(found) == 9
    assert found["tea=first; cake=out; severity=minor"] == (0.3, 0.3, 0.4)
    assert found["tea=out; cake=first; severity=minor"] == (0.66, 0.3, 0.04)
    assert found["tea=first; cake=first; severity=minor"] == (0.33, 0.3, 0.37)
    assert found["tea=second; cake=second; severity=minor"] == (0.6, 0.3, 0.1)


def test_the_last_row_that_holds_still_counts():
    """A narrower row behind the first has a row of its own for those who take part."""
    known = catalogue(("tea first", WAY, 0.5, "talk"))
    narrower = replace(known.branches[0], value=0.2, when="severity=minor")
    known = replace(known, branches=(known.branches[0], narrower, *known.branches[1:]))
    assert ways(known, "tea") == {
        "tea=out; severity=minor": (0.2, 0.3, 0.5),
        "tea=first; severity=minor": (0.1, 0.3, 0.6),
        "tea=second; severity=minor": (0.2, 0.3, 0.5),
    }


def test_who_takes_part_in_nothing_has_the_class_that_they_had():
    known = catalogue(("tea first", WAY, 0.5, "talk"), ("cake first", "stay falls.falls_vehicle", 0.5, "food"),
                      severities=[Severity(event="fall", severity="bad", label="Bad")])
    before = classes_of(known, "fall")
    after = classes_of(with_programmes(known, ("tea", "cake")), "fall")
    assert (len(before), len(after)) == (2, 18)
    for old, new in zip(before, after, strict=False):
        assert (new.index, new.age) == (old.index, old.age)
        assert new.levels == {"tea": "out", "cake": "out", **old.levels}


@pytest.mark.parametrize(("distribution", "a", "b", "c"), [
    ("constant", 40, 0, 0), ("exponential", 40, 0, 0), ("lognormal", 40, 25, 0), ("uniform", 10, 70, 0),
    ("triangular", 5, 20, 90), ("normal", 40, 30, 35)])
def test_a_stay_is_so_many_times_as_long_at_every_luck(distribution, a, b, c):
    """Mean, spread and bounds scale, to a millisecond or two of rounding."""
    step = Quantity(pathway="falls", step="emergency_department", quantity="duration", distribution=distribution, a=a, b=b,
                    c=c, unit="minutes")
    known = catalogue(("tea first", "stay falls.emergency_department", 0.7, "talk"), quantities=[step])
    known = with_programmes(known, ["tea"])
    rows = known.quantities_of("falls", "emergency_department", "duration")
    out, first, second = (row_for_class(rows, cls) for cls in classes_of(known, "fall"))
    assert out == second
    inverse = INVERSE[DISTRIBUTIONS.index(distribution)]
    for u in np.linspace(0.001, 0.999, 97):
        assert inverse(u, *parameters(first)) == pytest.approx(0.7 * inverse(u, *parameters(out)), abs=2.0)


def test_only_how_long_a_step_lasts_is_changed():
    """Not who comes first, nor how long people wait."""
    known = with_programmes(catalogue(("tea first", "stay falls.emergency_department", 0.7, "talk")), ["tea"])
    added = set(known.quantities) - set(small_catalogue().quantities)
    assert [(row.quantity, row.a, row.when) for row in added] == [("duration", 42.0, "tea=first")]


def test_who_takes_part_takes_up_another_programme_so_much_more():
    known = with_programmes(catalogue(("tea first", "uptake cake", 1.5, "talk")), ["cake", "tea"])
    assert [(row.when, row.value, row.unit) for row in known.takes] == [
        ("", 40, "%"), ("tea=first", 60, "%"), ("frailty=severe; age=65+", 0.6, "share"),
        ("frailty=severe; age=65+; tea=first", pytest.approx(0.9), "share")]


def test_together_programmes_lead_no_more_than_all_somewhere():
    """Each alone does not; two that multiply would, and are refused."""
    more = [("tea first", WAY, 1.15, "talk"), ("cake first", WAY, 1.1, "food")]
    known = catalogue(*more)
    assert together_problems(known, ["tea"]) == together_problems(known, ["cake"]) == []
    told = [str(problem) for problem in together_problems(known, ["cake", "tea"])]
    assert len(told) == 2
    assert "effect.tea.first.branch.falls.fall.falls_vehicle = 1.15" in told[0]
    assert "fall add up to 1.059 for tea=first; cake=first; severity=minor; at most 1" in told[0]
    same = catalogue(*((of, way, value, "talk") for of, way, value, _ in more))
    assert together_problems(same, ["cake", "tea"]) == []


def test_together_no_more_than_all_take_up_another_programme():
    third = [Programme(programme="bun", label="Bun", evidence="none")]
    known = catalogue(("tea first", "uptake cake", 1.5, "talk"), ("bun first", "uptake cake", 1.2, "food"))
    known = replace(known, programmes=(*known.programmes, *third),
                    stages=(*known.stages, *(replace(row, programme="bun") for row in known.stages_of("tea"))))
    assert together_problems(known, ["tea", "cake"]) == []
    told = [problem.message for problem in together_problems(known, ["bun", "tea", "cake"])]
    assert told[0] == ("With this, the uptake of cake would be 1.08 where frailty=severe; age=65+; tea=first; bun=first; "
                       "at most 1.")


def test_programmes_that_tell_too_many_cases_apart_are_refused():
    """Fifteen that act on one pathway, each by a mechanism of its own, would make 3 to the 15th classes."""
    many = [f"p{n}" for n in range(15)]
    known = catalogue(*((f"{name} first", WAY, 0.9, name) for name in many))
    known = replace(known, programmes=tuple(Programme(programme=name, label=name, evidence="none") for name in many),
                    stages=tuple(replace(row, programme=name) for name in many for row in known.stages_of("tea")))
    assert together_problems(known, many[:2]) == []
    told = [problem.message for problem in together_problems(known, many)]
    assert told == ["Programmes that run together tell 14,348,907 classes of fall apart; at most 32,767 can be."]


def test_effects_are_told_in_plain_words():
    known = catalogue()
    assert in_words(known, "event fall") == "fall"
    assert in_words(known, "branch falls.fall.at_home") == 'share that goes from "fall" to "At home" (falls)'
    assert in_words(known, "stay falls.emergency_department") == 'time of "emergency_department" (falls)'
    assert in_words(known, "uptake cake") == 'uptake of "Cake"'
