"""Testshire with two programmes and more vehicles: what each does alone is what it does, and all of it adds up exactly."""

import polars as pl
import pytest

import icsim

pytestmark = [pytest.mark.statistical, pytest.mark.slow]

HEAD = 'schema = 1\ntitle = "made up"\nextends = "testshire/baseline"\n'
EXERCISE = "[programmes.falls_exercise]\nplaces = 300\n"
REVIEW = "[programmes.frailty_review]\nplaces = 60\n"
VEHICLES = '[services.falls_vehicles]\nnumber = 2\nopen = "daily 07:00-22:00"\n'
SHIFT = ('[[shift]]\nfrom = "home_care"\nto = { falls_exercise = 1 }\namount_gbp_per_year = 1_000_000\nstart = 2025-05-01\n'
         'reason = "x"\n')
GROUPS = {"falls_exercise", "frailty_review", "falls_vehicles"}
KEYS = ["scenario", "replication", "year", "place", "quintile", "sex", "age_band"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("scenarios")
    (made / "all_three.toml").write_text(HEAD + EXERCISE + REVIEW + VEHICLES)
    (made / "exercise.toml").write_text(HEAD + EXERCISE)
    (made / "shift.toml").write_text(HEAD + SHIFT)
    return made


@pytest.fixture(scope="module")
def compared(folder):
    return icsim.compare("testshire/baseline", folder / "all_three.toml", years=1, replications=2, attribute=True)


def changed(base, other) -> pl.DataFrame:
    """replication, year, tally, value: what differs in every column of `cells`, counted by hand."""
    found = []
    for sign, results in ((-1, base), (1, other)):
        long = results.cells.unpivot(index=KEYS, variable_name="tally", value_name="value")
        found.append(long.select("replication", "year", "tally", value=sign * pl.col("value")))
    return pl.concat(found).group_by("replication", "year", "tally").agg(pl.col("value").sum())


def own(compared, group: str, tally: str) -> list[int]:
    """What a group does alone, by replication."""
    table = compared.attributions[0].tallies
    return table.filter((pl.col("group") == group) & (pl.col("tally") == tally)).sort("replication")["own"].to_list()


def test_parts_add_up_to_the_whole_in_every_column_of_every_replication(compared):
    found = compared.attributions[0]
    assert set(found.groups) == GROUPS
    sums = found.tallies.group_by("replication", "year", "tally").agg(pl.col("over_orders").sum())
    both = changed(compared.base, compared.alternatives[0]).join(sums, on=["replication", "year", "tally"], how="left")
    assert both.height > 200
    assert both.filter(pl.col("value") != 0).height > 50
    assert (both["over_orders"] == found.orders * both["value"]).all()


def test_a_part_alone_is_the_scenario_that_changes_only_that(compared, folder):
    alone = icsim.compare("testshire/baseline", folder / "exercise.toml", years=1, replications=2)
    both = changed(alone.base, alone.alternatives[0]).join(
        compared.attributions[0].tallies.filter(pl.col("group") == "falls_exercise"), on=["replication", "year", "tally"])
    assert both.height > 200
    assert (both["value"] == both["own"]).all()


def test_each_part_does_what_it_is_for(compared):
    """Exercise prevents falls, reviews prevent illness, and vehicles neither: with the same luck nearly no fall is added."""
    assert sum(own(compared, "falls_exercise", "falls")) < -20
    assert sum(own(compared, "frailty_review", "acute_illness")) < -20
    assert abs(sum(own(compared, "falls_vehicles", "falls"))) < 10


def test_of_a_shift_money_taken_keeps_people_waiting_and_money_received_prevents_falls(folder):
    """Each alone; both together are the shift, in every column."""
    compared = icsim.compare("testshire/baseline", folder / "shift.toml", years=1, replications=2, attribute=True,
                             assumptions=False)
    found = compared.attributions[0]
    assert set(found.groups) == {"shift.home_care", "falls_exercise"}
    taken, received = (sum(own(compared, name, "falls")) for name in found.groups)
    assert received < -9  # as many fewer as are three of their standard errors, √9
    assert abs(taken) < abs(received) / 2
    sums = found.tallies.group_by("replication", "year", "tally").agg(pl.col("over_orders").sum())
    both = changed(compared.base, compared.alternatives[0]).join(sums, on=["replication", "year", "tally"])
    assert both.filter(pl.col("value") != 0).height > 50
    assert (both["over_orders"] == found.orders * both["value"]).all()
    kept_waiting, others = (own(compared, name, "delayed_bed_days_ms") for name in found.groups)
    assert min(kept_waiting) > 3 * max(map(abs, others))


def test_at_null_only_what_is_measured_is_left(compared):
    """Reviews have an assumed effect, vehicles are reached by assumed shares: without both it is exercise alone."""
    found = compared.on_assumption[0]
    assert found.rows == ("effect.frailty_review.reviewed.event.acute_illness",)
    assert found.undone == ("Falls vehicles",)
    assert found.shares is not None
    shares = {row["measure"]: row for row in found.shares.filter(pl.col("year") == "all years").iter_rows(named=True)}
    for measure in ("falls", "emergency_admissions", "acute_illness", "deaths"):
        assert shares[measure]["at_null"] == pytest.approx(sum(own(compared, "falls_exercise", measure)) / 2, abs=1e-9)
    assert shares["acute_illness"]["share"] > 0.5
    assert shares["falls"]["share"] < 0.2
