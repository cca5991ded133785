"""Numbers, tables and times left, as people read them."""

import io

import pytest

from icsim.progress import Pace, _lines, in_words
from icsim.report.wording import about, heading, number, paragraph, percent, table, unclear, verdict, with_error

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
     (860.949, 0.04, "+861"), (-860.949, 0.06, "−860.949 ± 0.060"),
     (0.0028, 1e-9, "+0.0028 ± 0.0001"), (1e-5, 1e-6, "hardly any"), (None, 2.0, "–")],
)
def test_an_error_sets_the_decimals_of_its_value(value, error, text):
    signed = value is not None and value != 81.2345
    assert with_error(value, error, sign=signed) == text


def test_tables_stay_within_the_page():
    label = "a label that is far too long for the narrow first column of this table, by all means"
    lines = table([[label, "1,234"]] * 2, ["", "Baseline"]).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].endswith("1,234")
    assert lines[2].strip() == "table, by all means", "folded, not cut"


def test_tables_without_room_go_on_below():
    head = ["", *(f"scenario {n} with a longish name" for n in range(7))]
    text = table([["a label of some length", *(f"{n} and 1{n}" for n in range(7))]], head)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.count("a label of some length") > 1
    assert all(f"{n} and 1{n}" in text for n in range(7))


def test_empty_columns_of_a_table_are_left_out():
    assert table([["a", "", "1"]], ["", "", "Total"]) == "     Total\n  a      1"


def test_headings_are_folded_and_titles_stand_below_as_they_are():
    lines = heading("what would change " * 6, "Eight vehicles").splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(lines[:-1]).split() == ["WHAT", "WOULD", "CHANGE"] * 6
    assert lines[-1] == "  Eight vehicles"


def change(mean, error, share):
    return {"mean": mean, "mc_error": error, "relative_change": share}


@pytest.mark.parametrize(("row", "words"), [
    (change(-10, 1, -0.0123), "−1.2 %"), (change(-10, 5.1, -0.0123), "no clear change"),
    (change(0, 1, 0), "no clear change"), (change(0, 0, 0), "none"), (change(0, None, 0), "none"),
    (change(-10, None, -0.01), "−1.0 %"),
    (change(10, 1, 0.0004), "hardly any"), (change(None, None, None), "–"), (change(3, 1, None), "–"),
])
def test_a_change_is_put_into_words_where_its_share_would_mislead(row, words):
    assert verdict(row) == words
    assert row["mean"] is None or unclear(row) == (words == "no clear change")


@pytest.mark.parametrize(("value", "error", "text"), [
    (-25.93, 1.1, "−26"), (2.1234, 0.37, "2.1"), (5.75, None, "5.8"), (11.5, None, "12"), (3.0, 0, "3"),
])
def test_in_a_sentence_a_value_has_the_leading_figure_of_its_error(value, error, text):
    assert about(value, error) == text


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


def test_without_a_terminal_a_line_comes_every_few_seconds_and_none_for_a_short_run():
    now, stream = [0.0], io.StringIO()
    with _lines(stream, lambda: now[0]) as tell:
        tell(0, 0, "getting ready")
        for done in range(1, 101):
            now[0] += 0.01
            tell(done, 100, "simulating")
    assert stream.getvalue() == "getting ready\n"
    with _lines(stream, lambda: now[0]) as tell:
        for done in range(1, 101):
            now[0] += 1.0
            tell(done, 100, "simulating")
    lines = stream.getvalue().splitlines()[1:]
    assert len(lines) == 19
    assert lines[0] == "simulating: 5 %, about 1 min 35 s left"


def test_times_in_words():
    assert in_words(None) == ""
    assert in_words(0.3) == "nearly done"
    assert in_words(5.4) == "about 5 s left"
    assert in_words(75.3) == "about 1 min 15 s left"
