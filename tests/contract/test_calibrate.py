"""The whole fit in a small area: it finds again what was hidden in the figures, and what it writes is read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from icsim import api, areas, catalogue
from icsim.calibration import Settings, calibrate, overlay, parameters, steady, targets, validate
from icsim.calibration.calibrate import falling_events, set_aside, strayed
from icsim.calibration.overlay import Value
from icsim.calibration.parameters import Parameter
from icsim.calibration.rows import Target
from icsim.calibration.targets import Targets
from icsim.calibration.validation import without_trends
from icsim.catalogue.rows import STATIONARY, Correction
from icsim.cli import app
from icsim.errors import CatalogueError
from icsim.residents import anchor
from icsim.residents.layout import layout_of

pytestmark = pytest.mark.contract

AREA = "testshire"
HIDDEN = {"odds.diabetes.diabetes": 1.4, "multiplier.acute_illness": 0.85}
SETTINGS = Settings(england=False, steps=3, years=1, replications=1)


def aim(name: str, measure: str, value: float, **what: object) -> Target:
    room = 0.02 * value
    return Target(target=name, measure=measure, area=AREA, value=value, low=value - room, high=value + room,
                  interval="tolerance", unit="", year="", standing="derived", split="fitted", source="x", label=name, **what)


def aims(diabetes: float, admissions: float) -> tuple[Target, ...]:
    return (aim("diabetes", "prevalence", diabetes, attribute="diabetes", level="diabetes", when="start"),
            aim("admissions", "count", admissions, of="emergency_admissions"))


def parameter(name: str, aim_at: str) -> Parameter:
    return Parameter(parameter=name, scope="area", prior=1, low=0.4, high=2.5, unit="ratio", source="x", answers_to=aim_at)


PARAMETERS = (parameter("odds.diabetes.diabetes", "diabetes"), parameter("multiplier.acute_illness", "admissions"))


@pytest.fixture(scope="module")
def baseline():
    return api.baseline_of(AREA, years=1, replications=1)


def known(rows: tuple[Target, ...]) -> Targets:
    return Targets(rows, targets.load().counted, (), ())


@pytest.fixture(scope="module")
def found(baseline):
    """The fit to figures of a world with other odds and another multiplier."""
    bare = catalogue.load(), areas.load(AREA, fitted=False)
    rows, area = overlay.applied(*bare, {name: Value(value) for name, value in HIDDEN.items()})
    other = replace(baseline, catalogue=rows, area=area, shipped=(rows, area))
    seen = dict(validate(other, targets=known(aims(1.0, 1.0))).table.select("target", "simulated").iter_rows())
    ticks: list[int] = []
    fit = calibrate(baseline, bare, SETTINGS, lambda done, of, what: ticks.append(done), known(aims(**seen)), PARAMETERS)
    return fit, bare, ticks


def test_what_was_hidden_is_found_again(found):
    """Runs share their luck, so what is left is the prior's pull and rounding."""
    fit, _, _ = found
    values = dict(fit.parameters.select("parameter", "value").iter_rows())
    for name, value in HIDDEN.items():
        assert values[name] == pytest.approx(value, rel=0.03), name
    assert fit.record["cost"][-1] < 0.1 * fit.record["cost"][0]
    assert (fit.figures["misfit_after"] < 1).all()


def test_a_fit_says_what_is_uncertain_and_how_far_it_is(found):
    fit, _, ticks = found
    assert (fit.parameters["low"] < fit.parameters["value"]).all()
    assert (fit.parameters["value"] < fit.parameters["high"]).all()
    assert (fit.parameters["low"] > fit.parameters["prior_low"]).all()  # the figures told something
    assert ticks == sorted(ticks)
    assert ticks[0] == 0


def test_england_is_left_alone_unless_it_is_asked_for(found):
    fit, bare, _ = found
    assert fit.catalogue == bare[0]
    assert fit.steadiness.is_empty()


def test_the_command_writes_a_record_and_a_page(tmp_path, monkeypatch):
    rows = tmp_path / "parameters.csv"
    rows.write_text("parameter,scope,prior,low,high,unit,source,answers_to,note\n"
                    "multiplier.acute_illness,area,1,0.8,1.25,ratio,icsim_assumption,admissions_gradient.*,\n",
                    encoding="utf-8")
    monkeypatch.setattr(parameters, "FILE", rows)
    said = CliRunner().invoke(app, ["calibrate", AREA, "--out", str(tmp_path), "--steps", "1", "--replications", "1"])
    assert said.exit_code == 0, said.output
    record = json.loads((tmp_path / AREA / "fit.json").read_text(encoding="utf-8"))
    assert record["area"] == AREA
    assert record["tables"]["catalogue"] == catalogue.load().content_hash()
    assert "NUMBERS" in said.output
    assert not (tmp_path / "england").exists()


def test_a_misspelt_event_that_falls_is_told(tmp_path):
    path = tmp_path / "falling.csv"
    path.write_text("event,note\nsmoking_qit,\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="smoking_quit"):
        falling_events(catalogue.load(), path)
    assert set(falling_events(catalogue.load())) == {"smoking_start", "smoking_quit", "smoking_relapse"}


def test_without_a_place_to_write_nothing_runs(tmp_path):
    said = CliRunner().invoke(app, ["calibrate", AREA, "--out", str(tmp_path / "nowhere")])
    assert said.exit_code == 2
    assert "--out" in said.output


def test_rates_far_from_published_are_listed_and_those_of_the_stationary_world_are_not():
    rows = tuple(Correction(event=event, age=age, value=value, world=world, unit="ratio") for event, age, value, world in (
        ("fall", 5, 0.3, ""), ("fall", 65, 1.3, ""), ("pain_onset", 65, 1.9, ""), ("smoking_quit", 65, 9.0, STATIONARY)))
    (row,) = strayed(replace(catalogue.load(), corrections=rows)).to_dicts()
    assert row == {"event": "fall", "label": "Falls", "lowest": 0.3, "at_lowest": 5, "highest": 1.3, "at_highest": 65}


def test_what_holds_in_a_stationary_world_alone_changes_no_rate_of_others():
    """Set aside, a correction of smoking changes nothing in a world with trends, and all in one without."""
    rows = tuple(Correction(event=event, age=65, value=value, unit="ratio")
                 for event, value in (("smoking_quit", 3.0), ("fall", 2.0)))
    bare = catalogue.load(fitted=False)
    tables = set_aside(replace(bare, corrections=rows), ("smoking_quit",))
    resolved = replace(api.baseline_of(AREA), catalogue=tables, shipped=(tables, areas.load(AREA)))
    layout = layout_of(tables, resolved.area)

    def rate(rows, event):
        return anchor.rates(rows, resolved.area, layout)[layout.number(event)].sum()

    still = without_trends(resolved).catalogue
    assert rate(tables, "smoking_quit") == pytest.approx(rate(bare, "smoking_quit"))
    assert rate(still, "smoking_quit") == pytest.approx(3 * rate(bare, "smoking_quit"))
    assert rate(tables, "fall") == pytest.approx(rate(still, "fall")) == pytest.approx(2 * rate(bare, "fall"))


def test_shares_are_kept_with_a_place_for_everybody_who_needs_one(baseline):
    """Where care homes are full the share in them says nothing of how many need one."""
    few = tuple(replace(pool, value=1.0) if pool.service == "care_homes" else pool for pool in baseline.area.pools)
    crowded = replace(baseline, area=replace(baseline.area, pools=few), shipped=(baseline.catalogue,
                                                                                  replace(baseline.area, pools=few)))
    one, other = (steady.look(without_trends(world)).shares["care"] for world in (baseline, crowded))
    assert one[..., 3].sum() == other[..., 3].sum() > 50
