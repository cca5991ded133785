"""Opening hours in words are read as the hours they mean, and nothing else is accepted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from icsim.areas.schedule import DAYS, after_midnight, parse, shift_days, write

pytestmark = pytest.mark.unit


def hours(*days_and_ranges):
    """bool[168] open on (day, first, end) of each triple, written out hour by hour."""
    week = np.zeros(168, bool)
    for day, first, end in days_and_ranges:
        for hour in range(first, end):
            week[(day * 24 + hour) % 168] = True
    return week


@pytest.mark.parametrize(("text", "expected"), [
    ("always", hours(*((day, 0, 24) for day in range(7)))),
    ("daily 07:00-19:00", hours(*((day, 7, 19) for day in range(7)))),
    ("Daily 7:00 - 19:00", hours(*((day, 7, 19) for day in range(7)))),
    ("daily 19:00-01:00", hours(*((day, 19, 25) for day in range(7)))),
    ("daily 07:00-12:00,14:00-22:00", hours(*((d, a, b) for d in range(7) for a, b in ((7, 12), (14, 22))))),
    ("Mon-Fri 08:00-20:00; Sat,Sun 10:00-16:00",
     hours(*((day, 8, 20) for day in range(5)), (5, 10, 16), (6, 10, 16))),
    ("Sun 22:00-02:00", hours((6, 22, 26))),
    ("Sat-Mon 00:00-24:00", hours((5, 0, 24), (6, 0, 24), (0, 0, 24))),
    ("Wed 10:00-12:00; wed 11:00-13:00", hours((2, 10, 13))),
])
def test_accepted_forms(text, expected):
    assert np.array_equal(parse(text), expected)


@pytest.mark.parametrize("text", [
    "", "never", "daily", "07:00-19:00", "daily 7-19", "daily 07:30-19:00", "daily 07:00-07:00", "daily 07:00-25:00",
    "daily 24:00-02:00", "Mun 07:00-19:00", "Mon-Wed-Fri 07:00-19:00", "daily 07:00-19:00;", "daily 07:00-19:00,",
    "Mon, 07:00-19:00", "Mon-Fri", "daily,Mon 07:00-19:00", "daily 07:00–19:00", "daily -07:00-19:00",
])
def test_anything_else_says_what_is_accepted(text):
    with pytest.raises(ValueError, match="daily 07:00-19:00") as error:
        parse(text)
    assert text in str(error.value)


@pytest.mark.parametrize(("text", "meant"), [
    ("allways", "always"), ("Alway", "always"), ("Monda 07:00-19:00", "Mon"), ("Tuesd 07:00-19:00", "Tue"),
])
def test_the_nearest_word_is_suggested(text, meant):
    with pytest.raises(ValueError, match=f"Did you mean {meant}?"):
        parse(text)


@given(arrays(bool, 168))
def test_what_is_written_is_read_back(week):
    if week.any():
        assert np.array_equal(parse(write(week)), week)


def test_nothing_open_cannot_be_written():
    with pytest.raises(ValueError, match="capacity of 0"):
        write(np.zeros(168, bool))


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 23), st.integers(1, 24))
def test_one_range_opens_as_many_hours_as_it_spans(first_day, last_day, first, length):
    text = f"{DAYS[first_day]}-{DAYS[last_day]} {first:02d}:00-{(first + length) % 24:02d}:00"
    days = (last_day - first_day) % 7 + 1
    if length == 24 and first == 0:
        text = text.replace("-00:00", "-24:00")
    elif length == 24:
        with pytest.raises(ValueError, match="empty"):
            parse(text)
        return
    week = parse(text)
    assert week.sum() == days * length
    assert week[(first_day * 24 + first) % 168]


def read(text):
    """The hours, or the words of the refusal."""
    try:
        return parse(text)
    except ValueError as error:
        return str(error)


@given(st.text(max_size=40) | st.text("Monday-, 0123456789:;", max_size=25))
def test_no_text_does_anything_but_parse_or_explain(text):
    result = read(text)
    assert "Opening hours are" in result if isinstance(result, str) else result.shape == (168,) and result.any()


@pytest.mark.parametrize(("text", "hours", "days"), [
    ("always", 0, 7), ("daily 08:00-20:00", 0, 7), ("daily 19:00-01:00", 1, 7), ("Mon-Fri 08:00-18:00", 0, 5),
    ("Sun 22:00-03:00", 3, 1), ("Fri 20:00-24:00; Sat 00:00-02:00", 2, 1)])
def test_hours_past_midnight_belong_to_the_shift_before(text, hours, days):
    week = parse(text)
    assert after_midnight(week) == hours
    assert shift_days(week).sum() == days
