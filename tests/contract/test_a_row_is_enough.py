"""Content is rows: a new event, a new pathway and a new step of an old pathway run without a change of code.

They appear in results, summary, explanation and look-up; all other numbers change only through what the rows declare.
"""

from dataclasses import replace

import polars as pl
import pytest
from more_rows import assumed, copied_area, copied_catalogue, extra_catalogue

from icsim import areas, catalogue, experiment, outcomes, scenario
from icsim.errors import CatalogueError
from icsim.report.entries import entry

pytestmark = pytest.mark.contract

SCENARIO = """
schema = 1
title  = "Rows added"
area   = "testshire"

[run]
start = 2025-04-01
years = 1
replications = 1
seed = 1
"""
FRAMES = ("cells", "waits", "pools", "population")


@pytest.fixture(scope="module")
def resolved(tmp_path_factory):
    """Catalogue and area → the scenario in full."""
    path = tmp_path_factory.mktemp("scenario") / "rows.toml"
    path.write_text(SCENARIO)
    shipped = catalogue.load(), areas.load("testshire")
    return lambda tables=shipped[0], area=shipped[1]: scenario.resolve(scenario.read(path, tables, area))


@pytest.fixture(scope="module")
def before(resolved):
    return experiment.run(resolved())


def _changed(before, after) -> dict[str, set[str]]:
    """Columns of each frame, of those that were there before, in which anything differs."""
    found = {}
    for frame in FRAMES:
        old, new = getattr(before, frame), getattr(after, frame)
        found[frame] = {column for column in old.columns if not old[column].equals(new[column])}
    return {frame: columns for frame, columns in found.items() if columns}


# An event -------------------------------------------------------------------------------------------------------------


def _shingles(ratio: float, factor: float) -> dict[str, list]:
    """Half of all residents a year have shingles for 90 days; meanwhile deaths and falls × ratio, utility × factor."""
    ratios = [assumed("ratio", value, event=event, attribute="shingles", level="rash", causal_share=1, lag_years=0)
              for event, value in (("death", ratio), ("fall", ratio), ("shingles_begins", 1e-6))]
    return {
        "attributes": [{"attribute": "shingles", "level": level, "label": level} for level in ("none", "rash")],
        "events": [
            {"event": "shingles_begins", "label": "Shingles", "kind": "move", "attribute": "shingles",
             "from_levels": "none", "to_level": "rash"},
            {"event": "shingles_heals", "label": "Shingles over", "kind": "timer", "attribute": "shingles",
             "from_levels": "rash", "to_level": "none", "after_days": 90},
        ],
        "rates_shingles": [assumed("per person-year", 0.5, event="shingles_begins", sex="*", quintile="*", age_from=0,
                                   age_to=90)],
        "ratios": ratios,
        "factors": [assumed("ratio", factor, weight="utility", attribute="shingles", level="rash")],
        "measures": [{"measure": "shingles_begins", "label": "Shingles", "kind": "event", "unit": "people",
                      "population": "residents"}],
    }


@pytest.fixture
def with_shingles(resolved, tmp_path):
    return lambda ratio, factor: resolved(extra_catalogue(tmp_path / "extra", _shingles(ratio, factor)))


def test_an_event_without_effect_changes_no_bit_of_anything_else(before, with_shingles):
    after = experiment.run(with_shingles(ratio=1, factor=1))
    assert _changed(before, after) == {}
    assert set(after.cells.columns) - set(before.cells.columns) == {"shingles_begins", "shingles_heals"}
    begun, healed = (after.cells[name].sum() for name in ("shingles_begins", "shingles_heals"))
    assert 0.5 * 20_000 * 0.7 < begun < 0.5 * 20_000
    assert 0.5 * begun < healed < begun


def test_an_event_that_only_lowers_quality_of_life_changes_only_that(before, with_shingles):
    after = experiment.run(with_shingles(ratio=1, factor=0.5))
    assert _changed(before, after) == {"cells": {"quality_adjusted_time_ms"}}
    assert after.cells["quality_adjusted_time_ms"].sum() < 0.98 * before.cells["quality_adjusted_time_ms"].sum()


def test_an_event_with_ratios_moves_the_clocks_that_it_names(before, with_shingles):
    after = experiment.run(with_shingles(ratio=16, factor=1))  # of which the exponents leave a part
    for measure in ("deaths", "falls"):
        assert after.cells[measure].sum() > 1.1 * before.cells[measure].sum()
    assert after.cells["births"].sum() == pytest.approx(before.cells["births"].sum(), rel=0.1)


def test_an_event_is_spoken_of_everywhere(with_shingles):
    found = with_shingles(ratio=2, factor=0.5)
    table = outcomes.summary(experiment.run(found))
    assert table.filter(pl.col("measure") == "shingles_begins").height > 0
    assumptions = {row.name for row in scenario.explain(found).assumptions}
    assert {"rate.shingles_begins.*.*.0", "ratio.death.shingles.rash", "factor.utility.shingles.rash"} <= assumptions
    said = entry(found.catalogue, found.area, "shingles_begins")
    assert {"events", "rates", "measures"} <= said["tables"].keys()
    assert [row["source"] for row in said["sources"]] == ["invented"]
    ratios = entry(found.catalogue, found.area, "shingles")["tables"]["ratios"]
    assert "shingles" in {row["attribute"] for row in ratios}


# A step of an old pathway ---------------------------------------------------------------------------------------------


def _lifting(share: float) -> dict[str, list]:
    """A lifting service for older people who fell and are not hurt: `share` of their 999 calls."""
    own = {"pathway": "falls", "step": "lifting"}
    return {
        "services": [{"service": "lifting_service", "label": "Falls lifting service", "server": "pair of carers",
                      "shift_end": "finish", "queue_limit": 0, "payer": "council"}],
        "measures": [{"measure": "lifts", "label": "Lifts", "kind": "count", "unit": "lifts"},
                     {"measure": "lifting_response", "label": "Response of the lifting service", "kind": "response",
                      "unit": "minutes"}],
        "steps": [{**own, "label": "Lifting service", "service": "lifting_service", "refuse": "closed|full",
                   "otherwise": "ambulance_c3", "counts_as": "lifts", "response": "lifting_response"}],
        "quantities": [assumed("minutes", 40, "a", quantity="duration", distribution="normal", b=10, c=20, **own)],
        "branches": [assumed("share", share, pathway="falls", step="call_999", to="lifting",
                             when="severity=none; age=65+"),
                     {**own, "to": "left_at_home", "unit": "share", "standing": "derived", "source": "invented"}],
    }


POOL = {
    "pools": [assumed("servers", 2, pool="lifting_service", service="lifting_service", label="Lifting service",
                      open="daily 08:00-20:00")],
    "catchments": [assumed("share", 1, service="lifting_service", place="*", pool="lifting_service")],
}
NEW_STEP = {"lifts", "lifting_response", "wait:lifting", "lifting_service"}


@pytest.fixture
def with_lifting(resolved, tmp_path):
    """Rows of a second folder come last, but the last branch of a step takes the rest: so the tables are copied."""
    area = copied_area(tmp_path / "testshire", "testshire", POOL)
    return lambda share: resolved(copied_catalogue(tmp_path / "tables", _lifting(share)), area)


def _without_new(results):
    """The same results without the measures and the pool of the new step."""
    waits = results.waits.filter(~pl.col("measure").is_in(NEW_STEP))
    return results.waits.height - waits.height, waits, results.pools.filter(~pl.col("pool").is_in(NEW_STEP))


def test_a_step_that_nobody_comes_to_changes_no_bit_of_anything_else(before, with_lifting):
    after = experiment.run(with_lifting(share=1e-9))
    new_waits, waits, pools = _without_new(after)
    assert new_waits == 0
    assert (before.waits.equals(waits), before.pools.equals(pools)) == (True, True)
    assert before.population.equals(after.population)
    assert before.cells.equals(after.cells.drop("lifts"))
    idle = after.pools.filter(pl.col("pool") == "lifting_service")
    assert idle["arrivals"].sum() == 0
    assert idle["open_ms"].sum() == 2 * 365 * 12 * 3_600_000


def test_a_step_takes_its_share_and_appears_in_results(before, with_lifting):
    after = experiment.run(with_lifting(share=0.38))
    lifts = after.cells["lifts"].sum()
    grants = after.pools.filter(pl.col("pool") == "lifting_service")["grants"].sum()
    timed = {measure: after.waits.filter(pl.col("measure") == measure)["count"].sum() for measure in NEW_STEP}
    assert lifts == grants == timed["lifting_response"] == timed["wait:lifting"] > 20
    assert after.cells["ambulance_responses"].sum() <= before.cells["ambulance_responses"].sum() - lifts / 2
    assert after.cells["calls_999"].sum() == pytest.approx(before.cells["calls_999"].sum(), rel=0.02)
    shown = outcomes.summary(after)["measure"].unique()
    assert {"lifts", "lifting_response_mean"} <= set(shown)


def test_a_step_is_spoken_of_everywhere(with_lifting):
    found = with_lifting(share=0.3)
    explanation = scenario.explain(found)
    assert "lifting_service" in {service.name for service in explanation.services}
    assert any("Falls lifting service" in line for line in explanation.lines())
    said = entry(found.catalogue, found.area, "lifting_service")
    assert {"services", "steps", "quantities", "branches", "pools", "catchments"} <= said["tables"].keys()


def test_both_engines_read_the_new_step_alike(with_lifting):
    found = with_lifting(share=0.3)
    one, other = (experiment.run(_on(found, engine)) for engine in ("compiled", "reference"))
    assert _changed(one, other) == {}


def _on(resolved, engine):
    return replace(resolved, run=resolved.run.model_copy(update={"engine": engine}))


def test_a_second_folder_cannot_put_a_branch_after_the_one_that_takes_the_rest(tmp_path):
    with pytest.raises(CatalogueError, match="Only the last branch of a step takes the rest"):
        extra_catalogue(tmp_path / "extra", _lifting(0.3))


# A pathway of its own -------------------------------------------------------------------------------------------------


def _visits() -> dict[str, list]:
    """A need (a wound to dress) with a pathway of one visit by a nurse."""
    own = {"pathway": "wounds", "step": "visit"}
    rest = {"unit": "share", "standing": "derived", "source": "invented"}
    return {
        "events": [{"event": "wound", "label": "Wounds", "kind": "demand", "pathway": "wounds",
                    "class_by": "severity"}],
        "rates_wound": [assumed("per person-year", 0.02, event="wound", sex="*", quintile="*", age_from=0, age_to=90)],
        "severities": [{"event": "wound", "severity": "small", "label": "Small"},
                       {"event": "wound", "severity": "large", "label": "Large"}],
        "severity_shares": [assumed("share", 0.3, event="wound", severity="large", sex="*", age_from=0, age_to=90)],
        "services": [{"service": "nurses", "label": "Nurses", "server": "nurse", "shift_end": "wait"}],
        "measures": [{"measure": "visits", "label": "Visits", "kind": "count", "unit": "visits"}],
        "steps": [{**own, "label": "Visit", "service": "nurses", "counts_as": "visits"}],
        "outcomes": [{"pathway": "wounds", "outcome": "dressed", "label": "Dressed"}],
        "quantities": [assumed("minutes", 30, "a", quantity="duration", distribution="exponential", **own),
                       assumed("days", 5, "a", quantity="patience", distribution="constant", **own)],
        "branches": [{**own, "to": "dressed", **rest}],
    }


NURSES = {
    "pools": [assumed("servers", 3, pool="nurses", service="nurses", label="Nurses", open="Mon-Fri 08:00-18:00")],
    "catchments": [assumed("share", 1, service="nurses", place="*", pool="nurses")],
}


def test_a_need_with_a_pathway_of_its_own_needs_only_a_second_folder(resolved, tmp_path):
    area = copied_area(tmp_path / "testshire", "testshire", NURSES)
    found = resolved(extra_catalogue(tmp_path / "extra", _visits()), area)
    cold = replace(found, run=found.run.model_copy(update={"warm_up_months": 0}))
    after = experiment.run(cold)  # so that nobody waits already when the year begins
    needs, visits = after.cells["wound"].sum(), after.cells["visits"].sum()
    assert 300 < needs < 500
    assert 0.9 * needs < visits <= needs
    assert after.waits.filter(pl.col("measure") == "wait:visit")["count"].sum() == visits


# A long hold, a stream and a response to pressure ---------------------------------------------------------------------


def _companions() -> dict[str, list]:
    """Somebody to live in with people who need it: one in a hundred, for a year on average."""
    own = {"pathway": "company", "step": "to_companion"}
    rest = {"unit": "share", "standing": "derived", "source": "invented"}
    every = {"sex": "*", "quintile": "*", "age_from": 0, "age_to": 90}
    return {
        "attributes": [{"attribute": "company", "level": level, "label": level} for level in ("alone", "companion")],
        "prevalence": [assumed("share", 0.01, attribute="company", level="companion", **every)],
        "events": [
            {"event": "company_need", "label": "Need for company", "kind": "demand", "attribute": "company",
             "from_levels": "alone", "to_level": "companion", "pathway": "company"},
            {"event": "company_ends", "label": "Company ended", "kind": "move", "attribute": "company",
             "from_levels": "companion", "to_level": "alone"}],
        "rates_company": [assumed("per person-year", rate, event=event, **every)
                          for event, rate in (("company_need", 0.01), ("company_ends", 1))],
        "services": [{"service": "companions", "label": "Companions", "server": "companion",
                      "held_by": "company=companion"}],
        "measures": [{"measure": "company_begun", "label": "Company begun", "kind": "count", "unit": "people"}],
        "steps": [{**own, "label": "Waiting for a companion", "service": "companions", "counts_as": "company_begun"}],
        "outcomes": [{"pathway": "company", "outcome": "accompanied", "label": "In company",
                      "sets": "company=companion"}],
        "quantities": [assumed("days", 60, "a", quantity="patience", distribution="constant", **own)],
        "branches": [{**own, "to": "accompanied", **rest}],
    }


def _companies(number: int) -> dict[str, list]:
    return {
        "pools": [assumed("servers", number, pool="companions", service="companions", label="Companions")],
        "catchments": [assumed("share", 1, service="companions", place="*", pool="companions")],
    }


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_server_is_kept_by_rows_for_as_long_as_the_level_lasts(resolved, tmp_path, engine):
    """Company ends once a year of company, whether it began in the run or long before."""
    area = copied_area(tmp_path / "testshire", "testshire", _companies(1000))
    after = experiment.run(_on(resolved(extra_catalogue(tmp_path / "extra", _companions()), area), engine))
    pool = after.pools.filter(pl.col("pool") == "companions")
    kept_years = pool["busy_ms"].sum() / (365.25 * 86_400_000)
    ended = after.cells["company_ends"].sum()
    assert 100 < kept_years < 400
    assert abs(ended - kept_years) < 4 * kept_years**0.5
    assert after.cells["company_begun"].sum() == pool["grants"].sum() == pool["arrivals"].sum()
    assert pool["left_queue"].sum() == pool["waiting_ms"].sum() == 0


def test_without_servers_nobody_takes_the_level(resolved, tmp_path):
    area = copied_area(tmp_path / "testshire", "testshire", _companies(0))
    after = experiment.run(resolved(extra_catalogue(tmp_path / "extra", _companions()), area))
    pool = after.pools.filter(pl.col("pool") == "companions")
    assert after.cells["company_begun"].sum() == pool["grants"].sum() == 0
    assert 0.8 * after.cells["company_need"].sum() < pool["left_queue"].sum()


def test_an_outcome_cannot_give_the_level_to_those_who_were_turned_away(tmp_path):
    rows = _companions()
    rows["steps"][0]["otherwise"] = "accompanied"
    with pytest.raises(CatalogueError, match=r"to_companion leads here .* without a server of companions"):
        extra_catalogue(tmp_path / "extra", rows)


def _tourists() -> dict[str, list]:
    """People who are no residents, with a pathway of one hour at a kiosk."""
    own = {"pathway": "tourists", "step": "kiosk"}
    return {
        "events": [{"event": "tourists", "label": "Tourists", "kind": "stream", "pathway": "tourists"}],
        "services": [{"service": "kiosks", "label": "Kiosks", "server": "window"}],
        "steps": [{**own, "label": "Kiosk", "service": "kiosks"}],
        "outcomes": [{"pathway": "tourists", "outcome": "gone", "label": "Gone"}],
        "quantities": [assumed("hours", 1, "a", quantity="duration", distribution="constant", **own),
                       assumed("days", 5, "a", quantity="patience", distribution="constant", **own)],
        "branches": [{**own, "to": "gone", "unit": "share", "standing": "derived", "source": "invented"}],
    }


KIOSK = {
    "streams": [assumed("cases a day", 8, stream="coach", event="tourists", label="By coach")],
    "pools": [assumed("servers", 9, pool="kiosk", service="kiosks", label="Kiosk")],
    "catchments": [assumed("share", 1, service="kiosks", place="coach", pool="kiosk")],
}


def test_a_stream_of_strangers_uses_its_service_and_touches_nobody(before, resolved, tmp_path):
    area = copied_area(tmp_path / "testshire", "testshire", KIOSK)
    after = experiment.run(resolved(extra_catalogue(tmp_path / "extra", _tourists()), area))
    own = after.pools.filter(pl.col("pool") == "kiosk")
    assert abs(own["grants"].sum() - 8 * 365) < 4 * (8 * 365) ** 0.5
    assert own["busy_ms"].sum() == pytest.approx(own["grants"].sum() * 3_600_000, rel=0.01)
    assert before.cells.equals(after.cells)
    assert before.pools.equals(after.pools.filter(pl.col("pool") != "kiosk"))
    assert before.waits.equals(after.waits.filter(pl.col("measure") != "wait:kiosk"))


def _answer(above: float) -> dict[str, list]:
    return {"congestion": [assumed("share", 1, response="more_crews", kind="escalate", service="ambulances", above=above)]}


def test_an_answer_to_pressure_that_never_comes_changes_no_bit(before, resolved, tmp_path):
    assert _changed(before, experiment.run(resolved(extra_catalogue(tmp_path / "extra", _answer(1e6))))) == {}


def test_an_answer_to_pressure_opens_servers_from_one_review_to_the_next(before, resolved, tmp_path):
    """All six crews again, on some days from 08:00 to 08:00, which is eight hours of a year's first or last day."""
    after = experiment.run(resolved(extra_catalogue(tmp_path / "extra", _answer(0.01))))
    opened = [results.pools.filter(pl.col("pool") == "ambulances")["open_ms"].sum() for results in (before, after)]
    assert opened[1] > 1.1 * opened[0]
    assert (opened[1] - opened[0]) % (6 * 8 * 3_600_000) == 0
