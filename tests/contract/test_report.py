"""The page and the charts say what they must, fit where they must, and are the same every time."""

import csv
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import synthetic

from icsim import outcomes, report
from icsim.report.assumptions import assumptions_csv
from icsim.report.charts import charts
from icsim.report.figures import Figures
from icsim.report.objects import result_object

pytestmark = pytest.mark.contract

SERVICE_CHARTS = ("occupancy", "four_hours_by_year", "beds_by_year")


@pytest.fixture(scope="module")
def pair():
    return synthetic.comparison()


@pytest.fixture(scope="module")
def table(pair):
    return outcomes.summary(pair, synthetic.SPEAK)


@pytest.fixture(scope="module")
def drawn(pair, table):
    return charts(pair, table)


def lone_page(**options) -> str:
    alone = synthetic.results(**options)
    return report.page(alone, outcomes.summary(alone, synthetic.SPEAK))


def test_the_page_of_a_comparison_tells_what_a_reader_needs(pair, table, tmp_path):
    text = " ".join(report.page(pair, table, tmp_path).split())
    for words in ("IN SHORT", "fewer emergency admissions for falls a year (±", "for each emergency admission averted:",
                  "Eight falls vehicles, longer hours", "compared with: Four falls vehicles, as today",
                  "3 pairs of runs", "WHAT WOULD CHANGE", "Emergency admissions for falls", "Monte-Carlo error",
                  "HOW LONG RESIDENTS WAIT", "NATIONAL DEPRIVATION FIFTH", "WHAT DIFFERS FROM THE BASELINE",
                  "8 instead of 4 servers", "WHAT THIS RESTS ON", "17 assumed", "no published figure for this area",
                  "WHAT IS NOT KNOWN", "undiscounted", "in 1,000 demands came while", "Time: 16.0 s in all.",
                  "residents 25.0, services 6.5", "FOR ALL RESIDENTS, 2025/26 TO 2026/27", "DO SERVICES KEEP UP?",
                  "Every service keeps up", "Handover over 30 and 60 minutes, %", "Bed days that are delays, %",
                  "CHANGE IN LIFE LIVED", "Within the horizon", "baseline's natural history, not simulated",
                  "1.5 % a year and less from year 31 on (Green Book 2022) or 3.5 % a year (NICE 2022)",
                  "Crisis café visits, a year", "HOW BUSY THE SERVICES ARE"):
        assert words in text, words


def test_pages_fit_eighty_columns_and_are_about_one_page(pair, table):
    for text in (report.page(pair, table), lone_page(years=10)):
        assert max(map(len, text.splitlines())) <= 80
        assert 30 < len(text.splitlines()) < 130


def test_several_alternatives_have_their_titles_whole_and_nothing_cut():
    base = synthetic.results()
    long = "with a title that goes on for longer than one line of this page has room"
    titles = [f"Alternative number {n}, {long}" for n in (1, 2, 3, 4)]
    others = [synthetic.renamed(synthetic.results(title=title, fewer=0.05), f"alternative_with_a_name_{n}")
              for n, title in enumerate(titles)]
    many = synthetic.Comparison(base, others)
    text = report.page(many, outcomes.summary(many, synthetic.SPEAK))
    assert max(map(len, text.splitlines())) <= 80
    for n, title in enumerate(titles):
        assert " ".join(text.split()).count(title) == 6  # what was asked, in short, in all, life, by year, by fifth
        assert text.count(f"name {n}") >= 2  # waits, how busy
    assert "…" not in text


def test_a_change_within_luck_is_called_unclear_and_keeps_its_numbers():
    base = synthetic.results(replications=3)
    chance = synthetic.Comparison(base, [synthetic.renamed(synthetic.results(replications=3, luck=8), "other")])
    table = outcomes.summary(chance, synthetic.SPEAK)
    page = report.page(chance, table)
    for measure in ("deaths", "conveyances", "bed_days"):
        found = outcomes.look(table, kind="difference", margin="total", measure=measure, year="all years")
        row = found.row(0, named=True)
        (line,) = [line for line in page.splitlines() if line.startswith(f"  {row['label']} ")]
        assert "±" in line
        assert line.endswith("no clear change") == (abs(row["mean"]) < 2 * row["mc_error"])


def test_all_assumptions_are_in_a_table_for_spreadsheets(pair):
    (_, *rows) = lines = list(csv.reader(assumptions_csv(pair).splitlines()))
    assert lines[0] == ["scenario", "id", "value", "low", "high", "unit", "standing", "source", "note"]
    assert [row[0] for row in rows] == ["baseline", "falls_vehicles"]
    assert rows[0][1:] == ["branch.falls.ambulance_on_scene.left_at_home", "0.3", "0.2", "0.4", "share", "assumed",
                           "Judgement", "no published figure for this area"]


def test_compiling_is_told_where_it_happened(pair, table):
    assert "compiled" not in report.page(pair, table)
    pair.base.provenance["compiled_first"] = True
    assert "The code was compiled as well" in " ".join(report.page(pair, table).split())
    pair.base.provenance["compiled_first"] = False


def test_few_runs_have_no_ranges_and_the_page_says_why():
    assert "at least 100 runs" in lone_page(replications=3)
    assert "One run only: luck alone may be behind" in lone_page(replications=1)


def test_the_page_never_shows_nan_or_none(pair, table):
    for text in (report.page(pair, table), lone_page(replications=1, years=1)):
        assert "nan" not in text.lower().replace("finan", "")
        assert "None" not in text


def test_a_comparison_has_its_charts_in_two_formats(drawn):
    names = ("admissions_by_year", "difference_by_year", "waits", "healthy_years_by_fifth", *SERVICE_CHARTS)
    assert set(drawn) == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    assert all(content.startswith(b"\x89PNG") for name, content in drawn.items() if name.endswith("png"))


def test_a_run_has_its_charts_too():
    alone = synthetic.results(years=1, replications=1)
    made = charts(alone, outcomes.summary(alone, synthetic.SPEAK))
    assert {name for name in made if name.endswith("svg")} == {
        "admissions_by_year.svg", "waits.svg", "healthy_years_by_fifth.svg", *(f"{name}.svg" for name in SERVICE_CHARTS)}


def test_charts_are_the_same_bytes_every_time(pair, table, drawn):
    assert charts(pair, table) == drawn


def test_svg_charts_are_sound_and_carry_no_date(drawn):
    for name, content in drawn.items():
        if name.endswith("svg"):
            ElementTree.fromstring(content)
            assert b"<dc:date>" not in content


def figure_texts(value, table) -> dict[str, str]:
    """All words of each chart, by its name."""
    from matplotlib.text import Text

    from icsim.report import charts as module

    seen: dict[str, str] = {}
    drawn = module._drawn(value, module.Figures.of(table, value))
    for name, figure in drawn:
        figure.canvas.draw()
        seen[name] = " ".join(text.get_text() for text in figure.findobj(Text))
    return seen


def test_every_chart_can_be_read_alone(pair, table):
    for name, words in figure_texts(pair, table).items():
        words = " ".join(words.split())
        for needed in ("Hertfordshire and west Essex", "Undiscounted", "icsim 0.1.0", pair.content_hash[:8], "3 pairs",
                       "Eight falls vehicles"):
            assert needed in words, (name, needed)


def test_titles_state_the_finding(pair, table):
    texts = figure_texts(pair, table)
    assert "fewer a year" in texts["admissions_by_year"]
    assert "9 in 10 within" in texts["waits"]


def test_a_change_within_luck_is_not_called_a_finding():
    base = synthetic.results(replications=3)
    other = synthetic.renamed(synthetic.results(replications=3, luck=8), "other")
    chance = synthetic.Comparison(base, [other])
    texts = figure_texts(chance, outcomes.summary(chance, synthetic.SPEAK))
    row = outcomes.look(outcomes.summary(chance, synthetic.SPEAK), kind="difference", margin="total",
                        measure="emergency_admissions", year="all years").row(0, named=True)
    within = abs(row["mean"]) <= 2 * row["mc_error"]
    assert ("stands out from luck" in texts["admissions_by_year"]) == within
    same = synthetic.Comparison(base, [synthetic.renamed(base, "same")])
    texts = figure_texts(same, outcomes.summary(same, synthetic.SPEAK))
    assert "no change in 2 years" in texts["admissions_by_year"]
    assert "no clear change in any deprivation fifth" in texts["healthy_years_by_fifth"]


@pytest.fixture(scope="module")
def crowded():
    """A comparison in whose second year the ambulances do not keep up."""
    return synthetic.crowded(synthetic.comparison(years=3), "ambulances", "2026/27")


@pytest.fixture(scope="module")
def crowded_table(crowded):
    return outcomes.summary(crowded, synthetic.SPEAK)


def test_the_page_names_service_year_and_excess_and_leaves_the_year_out(crowded, crowded_table):
    text = " ".join(report.page(crowded, crowded_table).split())
    for words in ("years in which every service keeps up: 2025/26, 2027/28. Left out, and grey in the charts: 2026/27.",
                  "Ambulances, 2026/27: about 13 crews more than the 40 there are would be needed",
                  "; 25 % are not served in time",
                  "FOR ALL RESIDENTS, 2025/26, 2027/28 TOGETHER", "2026/27 (left out)"):
        assert words in text, words


def test_totals_on_the_page_are_of_the_years_that_count(crowded, crowded_table):
    def change(year):
        return outcomes.look(crowded_table, kind="difference", measure="emergency_admissions", margin="total", year=year)
    figures = Figures.of(crowded_table, crowded)
    assert figures.change("falls_vehicles", "emergency_admissions")["mean"] == pytest.approx(
        change("2025/26")["mean"][0] + change("2027/28")["mean"][0])
    assert f"about {abs(change('headline years')['mean'][0]) / 2:,.0f} fewer emergency admissions" in report.page(
        crowded, crowded_table)


def test_years_that_are_left_out_are_grey(crowded, crowded_table, pair, table):
    assert "grey: some service does not keep up" in figure_texts(crowded, crowded_table)["admissions_by_year"]
    assert "2025/26, 2027/28 count" in " ".join(figure_texts(crowded, crowded_table)["waits"].split())
    assert "grey" not in figure_texts(pair, table)["admissions_by_year"]


def test_axes_of_shares_begin_at_nothing(crowded, crowded_table):
    from icsim.report import charts as module

    drawn = dict(module._drawn(crowded, Figures.of(crowded_table, crowded)))
    assert drawn["occupancy"].axes[0].get_xlim() == (0, 100)
    for name in ("beds_by_year", "four_hours_by_year", "admissions_by_year"):
        assert drawn[name].axes[0].get_ylim()[0] == 0


def test_a_change_that_overloads_a_service_is_called_a_result():
    pair = synthetic.comparison(years=2)
    other = synthetic.crowded(pair.alternatives[0], "ambulances", "2026/27")
    pair = synthetic.Comparison(pair.base, [other])
    text = " ".join(report.page(pair, outcomes.summary(pair, synthetic.SPEAK)).split())
    assert "(falls vehicles) In 2026/27 baseline keeps up: there the change itself overloads a service." in text


def test_without_a_year_that_keeps_up_the_page_says_so():
    alone = synthetic.crowded(synthetic.results(years=1), "ambulances", "2025/26")
    text = " ".join(report.page(alone, outcomes.summary(alone, synthetic.SPEAK)).split())
    assert "There is no year in which every service keeps up. The totals below are of all years" in text
    assert charts(alone, outcomes.summary(alone, synthetic.SPEAK))


def test_one_crowded_place_is_told_and_its_year_stays():
    alone = synthetic.crowded(synthetic.results(years=2), "hospital_beds", "2026/27", add="new_ward")
    text = " ".join(report.page(alone, outcomes.summary(alone, synthetic.SPEAK)).split())
    assert "Every service keeps up" in text
    assert "In single places as well, in years that stay in: new ward 2026/27." in text


def test_pyplot_is_never_loaded():
    code = "import sys, icsim.report.charts; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_saving_writes_page_tables_and_charts(pair, table, tmp_path):
    folder = report.save(pair, table, tmp_path / "pair")
    for name in ("page.txt", "summary.csv", "assumptions.csv", "summary.parquet", "cells.parquet", "provenance.json",
                 "scenarios/falls_vehicles.toml", "charts/waits.png"):
        assert (folder / name).stat().st_size > 0
    assert (folder / "page.txt").read_text() == report.page(pair, table, folder)


def test_the_object_has_stable_keys_and_reasons_for_nulls(pair, table):
    found = result_object(pair, table, None)
    assert set(found) == {"name", "hash", "folder", "why_no_folder", "scenarios", "headline_years", "overloaded", "summary",
                          "attribution", "on_assumption"}
    assert found["headline_years"] == ["2025/26", "2026/27"]
    assert set(found["summary"][0]) == {
        "kind", "scenario", "measure", "label", "unit", "population", "year", "margin", "group", "baseline", "mean",
        "median", "p10", "p90", "mc_error", "relative_change", "prob_better", "replications", "price_year",
        "discounting", "why_null"}
    assert all(row["why_null"] for row in found["summary"] if row["mean"] is None or row["mc_error"] is None)
