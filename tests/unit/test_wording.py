"""Numbers, tables and times left, as people read them."""

import pytest

from icsim.progress import Pace, in_words
from icsim.report.wording import number, paragraph, percent, table, with_error

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0"), (1234.56, "1,235"), (-1234.56, "−1,235"), (8.0, "8"), (12.345, "12.3"), (0.01234, "0.012"),
     (-0.00001, "0.000")],
)
def test_numbers_show_the_figures_that_count(value, text):
    assert number(value) == text


def test_signs_are_given_only_to_changes_that_are_not_nought():
    assert number(12, sign=True) == "+12"
    assert number(0, sign=True) == "0"
    assert percent(-0.0123) == "−1.2 %"
    assert percent(None) == "–"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [(-2005.4, 28.31, "−2,005 ± 28"), (81.2345, 0.0123, "81.234 ± 0.012"), (5, None, "+5"), (5, 0, "+5"),
     (0.0028, 1e-9, "+0.0028 ± 0.0001"), (1e-5, 1e-6, "under 0.0005"), (None, 2.0, "–")],
)
def test_an_error_sets_the_decimals_of_its_value(value, error, text):
    signed = value is not None and value != 81.2345
    assert with_error(value, error, sign=signed) == text


def test_tables_stay_within_the_page():
    label = "a label that is far too long for the narrow first column of this table, by all means"
    lines = table([[label, "1,234"]] * 2, ["", "Baseline"]).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].endswith("1,234")
    assert "…" in lines[1]


def test_paragraphs_are_folded():
    text = paragraph("word " * 60, hanging="- ")
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.splitlines()[1].startswith("    word")


def test_no_time_is_promised_before_the_first_beat():
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert pace.left(0, 10) is None
    now[0] = 60.0  # compiling
    assert pace.left(1, 10) is None


def test_the_time_left_is_at_the_pace_of_the_beats_done():
    """3 beats in 6 s after the first: 2 s each; 6 of 10 are left: 12 s, whatever compiling took before."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.left(0, 10)
    now[0] = 60.0
    pace.left(1, 10)
    now[0] = 66.0
    assert pace.left(4, 10) == pytest.approx(12.0)
    assert pace.left(2, 10) == pytest.approx(12.0), "a late report from another thread takes nothing back"


def test_times_in_words():
    assert in_words(None) == ""
    assert in_words(5.4) == "about 5 s left"
    assert in_words(75.3) == "about 1 min 15 s left"
