"""Conditions, classes of demand, and shares of branches."""

import pytest

from icsim.catalogue import Catalogue
from icsim.catalogue.rows import Branch, Event, Level, Severity
from icsim.catalogue.when import (
    AgeRange,
    DemandClass,
    age_groups,
    branch_shares,
    classes_of,
    matches,
    parse_ages,
    parse_when,
    parts_of,
    row_for_class,
)

pytestmark = pytest.mark.unit

OLD_BROKEN = DemandClass(0, {"severity": "fracture", "care": "own_home"}, AgeRange(65, 90))
YOUNG = DemandClass(1, {"severity": "none", "care": "own_home"}, AgeRange(0, 64))


def branch(to, value=None, when="", unit="share"):
    return Branch(pathway="p", step="s", to=to, value=value, when=when, unit=unit)


@pytest.mark.parametrize(
    ("text", "ages"), [("65+", (65, 90)), ("65-79", (65, 79)), ("65", (65, 65)), ("0-90", (0, 90))]
)
def test_ages_are_read(text, ages):
    assert parse_ages(text) == ages


@pytest.mark.parametrize("text", ["old", "79-65", "65-", "-3", "91+", "65-95", "6.5"])
def test_ages_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match=r"age|between"):
        parse_ages(text)


def test_a_condition_is_read_in_any_order_and_spacing():
    when = parse_when(" age=65+ ;care = own_home; severity=fracture | hip_fracture")
    assert when.age == (65, 90)
    assert when.levels == {"care": ("own_home",), "severity": ("fracture", "hip_fracture")}


@pytest.mark.parametrize("text", ["severity", "=fracture", "severity=", "care=a; care=b", "age=65+; age=80+"])
def test_a_malformed_condition_is_refused(text):
    with pytest.raises(ValueError, match=r"not of the form|named twice"):
        parse_when(text)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("", True),
        ("severity=fracture|hip_fracture", True),
        ("severity=none", False),
        ("age=65+", True),
        ("age=80+", False),
        ("age=0-64", False),
        ("care=own_home; age=65+; severity=fracture", True),
        ("care=care_home; age=65+", False),
        ("weather=rain", False),
    ],
)
def test_a_condition_holds_when_each_clause_does(when, holds):
    assert matches(when, OLD_BROKEN) is holds


def test_the_last_row_that_matches_holds():
    rows = [branch("a", 0.1), branch("a", 0.2, "severity=fracture"), branch("a", 0.3, "severity=none")]
    assert row_for_class(rows, OLD_BROKEN).value == 0.2
    assert row_for_class(rows, YOUNG).value == 0.3
    assert row_for_class(rows[2:], OLD_BROKEN) is None


def test_age_groups_begin_where_they_are_told():
    assert age_groups("severity; age 65 80") == ((0, 64), (65, 79), (80, 90))
    assert age_groups("severity") == ()
    assert parts_of("severity; care; age 65 80") == ("severity", "care", "age")


def test_classes_come_in_mixed_radix_order_with_the_last_part_fastest():
    catalogue = Catalogue(
        attributes=tuple(Level(attribute="care", level=x, label=x) for x in ("own_home", "care_home")),
        severities=tuple(Severity(event="fall", severity=x, label=x) for x in ("none", "minor", "bad")),
        events=(Event(event="fall", label="", kind="demand", class_by="severity; care; age 65"),),
    )
    classes = classes_of(catalogue, "fall")
    assert [cls.index for cls in classes] == list(range(12))
    assert [str(cls) for cls in classes[:3]] == [
        "severity=none; care=own_home; age=0-64",
        "severity=none; care=own_home; age=65+",
        "severity=none; care=care_home; age=0-64",
    ]
    assert all(cls.index == (s * 2 + c) * 2 + a for cls, (s, c, a) in zip(classes, _triples(), strict=True))


def _triples():
    return [(s, c, a) for s in range(3) for c in range(2) for a in range(2)]


def test_a_demand_without_parts_has_one_class():
    catalogue = Catalogue(events=(Event(event="crisis", label="", kind="demand"),))
    assert classes_of(catalogue, "crisis") == (DemandClass(0, {}, None),)


UNITS = {"share": 1.0, "%": 0.01}


def test_the_last_branch_takes_the_rest():
    rows = [branch("a", 20, unit="%"), branch("b", 0.5, "severity=fracture"), branch("c")]
    assert branch_shares(rows, OLD_BROKEN, UNITS) == pytest.approx({"a": 0.2, "b": 0.5, "c": 0.3})
    assert branch_shares(rows, YOUNG, UNITS) == pytest.approx({"a": 0.2, "b": 0.0, "c": 0.8})


def test_destinations_keep_the_order_of_their_first_row_whatever_the_class():
    rows = [branch("a", 0.1, "severity=none"), branch("b", 0.2), branch("a", 0.3, "severity=fracture"), branch("c")]
    assert list(branch_shares(rows, OLD_BROKEN, UNITS)) == list(branch_shares(rows, YOUNG, UNITS)) == ["a", "b", "c"]
    assert branch_shares(rows, OLD_BROKEN, UNITS)["a"] == 0.3


def test_shares_of_more_than_one_leave_a_negative_rest_for_the_checks_to_find():
    assert branch_shares([branch("a", 0.7), branch("b", 0.6), branch("c")], YOUNG, UNITS)["c"] == pytest.approx(-0.3)
