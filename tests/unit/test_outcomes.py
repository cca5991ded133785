"""Summaries and paired differences, against small frames worked out by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import synthetic

from icsim import outcomes
from icsim.outcomes.averted import per_averted
from icsim.outcomes.pairing import pairing
from icsim.outcomes.services import everybody, pools, waits, waits_of_everybody
from icsim.outcomes.summary import SCHEMA, look, summary
from icsim.outcomes.values import per_resident, rates, tallies, values

pytestmark = pytest.mark.unit

YEAR_MS = int(365.25 * 86_400_000)


def cell(replication=0, year="2025/26", place="harlow", quintile=1, sex="female", age_band="70-74", **tallied):
    keys = {"scenario": "x", "replication": replication, "year": year, "place": place, "quintile": quintile, "sex": sex,
            "age_band": age_band}
    blank = {"person_time_ms": 100 * YEAR_MS, "healthy_time_ms": 0, "quality_adjusted_time_ms": 0, "deaths": 0}
    return {**keys, **blank, **tallied}


def value_of(table, **keys):
    found = look(table, **keys)
    assert found.height == 1, keys
    return found["value"][0]


def test_counts_add_up_by_year_and_margin():
    table = tallies(pl.DataFrame([cell(falls=3), cell(year="2026/27", falls=4), cell(quintile=2, falls=5)]))
    falls = table.filter(pl.col("measure") == "falls")
    assert value_of(falls, year="all years", margin="total") == 12
    assert value_of(falls, year="2025/26", margin="total") == 8
    assert value_of(falls, year="all years", margin="quintile", group="1") == 7
    assert value_of(falls, year="2026/27", margin="quintile", group="2") == 0
    assert value_of(falls, year="all years", margin="age_band", group="70-74") == 12


def test_times_are_in_years_and_days():
    day = 86_400_000
    table = tallies(pl.DataFrame([cell(healthy_time_ms=30 * YEAR_MS, bed_days_ms=7 * day)]))
    keys = {"year": "all years", "margin": "total"}
    assert value_of(table, measure="person_years", **keys) == 100
    assert value_of(table, measure="healthy_years", **keys) == 30
    assert value_of(table, measure="bed_days", **keys) == 7


def test_rates_count_only_those_aged_65_and_over():
    """2 admissions in 100 person-years at 70–74: 2,000 per 100,000."""
    table = rates(pl.DataFrame([cell(emergency_admissions=2), cell(age_band="60-64", emergency_admissions=50)]))
    name = "emergency_admissions_65_and_over_per_100000"
    assert value_of(table, measure=name, year="all years", margin="total") == pytest.approx(2000)


def test_years_added_up_divide_by_the_time_of_all_of_them():
    """2 admissions in each of two years of 100 person-years: 2,000 per 100,000 in each and in both, not 4,000."""
    cells = pl.DataFrame([cell(year=year, emergency_admissions=2, deaths=3) for year in ("2025/26", "2026/27")])
    for year in ("2025/26", "all years"):
        found = value_of(rates(cells), measure="emergency_admissions_65_and_over_per_100000", year=year, margin="total")
        assert found == pytest.approx(2000)


def test_no_part_is_added_to_its_whole():
    """Any margin adds up to the total, and all years are the years: no row of a total stands among those added."""
    for part in ("cells", "waits", "pools", "background"):
        frame = getattr(synthetic.results(replications=2, years=2), part)
        for column in set(frame.columns) & {"year", "place", "age_band", "pool"}:
            assert not set(frame[column].unique()) & {"all", "all years", "total", ""}, (part, column)
    table = values(synthetic.results(replications=2, years=2), [], synthetic.results().expectancy)
    deaths = table.filter((pl.col("measure") == "deaths") & (pl.col("replication") == 0))
    whole = value_of(deaths, year="all years", margin="total")
    for margin in ("place", "quintile", "sex", "age_band"):
        assert deaths.filter((pl.col("margin") == margin) & (pl.col("year") == "all years"))["value"].sum() == whole
    years = deaths.filter((pl.col("margin") == "total") & pl.col("year").str.contains("/"))
    assert years["value"].sum() == whole > 0


def test_what_is_called_a_percentage_is_one():
    """A half reads 50 and not 0.5 under %: worked out again from the counts, and never above 100."""
    made = synthetic.results(replications=1, years=2)
    found = summary(made).filter(pl.col("unit").str.starts_with("%") & pl.col("mean").is_not_null())
    assert found["measure"].n_unique() > 5
    assert found["mean"].is_between(0, 100).all()
    sums = made.wait_sums.filter(pl.col("measure") == "wait:handover")
    shares = [100 * sums[f"over_{n}"].sum() / sums["count"].sum() for n in (1, 2, 3)]
    assert min(shares) > 1
    for minutes, share in zip((15, 30, 60), shares, strict=True):
        keys = {"measure": f"wait:handover_over_{minutes}_min_share", "year": "all years", "margin": "total"}
        assert look(found, **keys)["mean"].to_list() == [pytest.approx(share)]


def test_a_rate_without_residents_is_null_with_a_reason():
    table = rates(pl.DataFrame([cell(person_time_ms=0, emergency_admissions=0)]))
    assert set(table["value"]) == {None}
    assert set(table["why_null"]) == {"no residents aged 65 and over"}


def test_healthy_years_per_thousand_residents_at_the_start():
    """30 healthy years, 120 residents at the start: 250 per 1,000."""
    population = pl.DataFrame({"replication": [0, 0], "date": ["2025-04-01", "2026-04-01"], "place": ["harlow"] * 2,
                               "quintile": [1, 1], "sex": ["female"] * 2, "residents": [120, 999]})
    table = per_resident(pl.DataFrame([cell(healthy_time_ms=30 * YEAR_MS)]), population)
    assert value_of(table, year="all years", margin="quintile", group="1") == pytest.approx(250)


MINUTE, HOUR, YEAR = 60_000, 3_600_000, "2025/26"


def waited(measure, *minutes, year=YEAR, place="harlow", quintile=1, limits=(), pool=None):
    """A row of wait_sums, or with `pool` one of pool_waits."""
    keys = {"place": place, "quintile": quintile} if pool is None else {"pool": pool}
    sums = synthetic.wait_row(np.array(minutes) * MINUTE, list(limits))
    return {"replication": 0, "year": year, "measure": measure, **keys,
            **dict(zip(synthetic.WAIT_COLUMNS, sums, strict=True))}


def counted(measure, bucket, count, year=YEAR, place="harlow", quintile=1):
    return {"replication": 0, "year": year, "place": place, "measure": measure, "quintile": quintile, "bucket": bucket,
            "count": count}


def test_mean_response_is_exact_and_pooled_over_years():
    name = "ambulance_response"
    table = pl.DataFrame([counted(name, 0, 1), counted(name, 9, 3, year="2026/27", quintile=2)])
    sums = pl.DataFrame([waited(name, 0), waited(name, 1, 2, 5, year="2026/27", quintile=2)])
    found = waits(table, sums, {}, ["2026/27"])
    assert value_of(found, measure="ambulance_response_mean", year="all years", margin="total") == 2.0
    assert value_of(found, measure="ambulance_response_mean", year="headline years", margin="total") == pytest.approx(8 / 3)
    keys = {"year": "all years", "margin": "quintile", "group": "2"}
    assert value_of(found, measure="ambulance_response_mean", **keys) == pytest.approx(8 / 3)
    assert value_of(found, measure="ambulance_response_p50", year="all years", margin="place", group="harlow") > 0


def test_centiles_come_from_the_buckets():
    """Three of four in the bucket from 480 to 679 seconds: the 90th centile lies 13/15 into it on the logarithmic scale."""
    name = "ambulance_response"
    found = waits(pl.DataFrame([counted(name, 0, 1), counted(name, 9, 3)]), pl.DataFrame([waited(name, 0, 9, 9, 9)]), {})
    centile = value_of(found, measure=f"{name}_p90", year="all years", margin="total")
    assert centile == pytest.approx(8 * 2 ** (2.6 / 3 / 2), 1e-5)


def test_handovers_beyond_limits_are_counted_exactly_with_the_hours_lost():
    """10, 20, 45 and 75 minutes: two over 30, one over 60, (5 + 30 + 60) minutes beyond 15."""
    name, limits = "wait:handover", {"wait:handover": [15, 30, 60]}
    sums = pl.DataFrame([waited(name, 10, 20, 45, 75, limits=(15, 30, 60))])
    found = waits(pl.DataFrame([counted(name, 9, 4)]), sums, limits)
    keys = {"year": "all years", "margin": "total"}
    assert value_of(found, measure="wait:handover_over_30_min", **keys) == 2
    assert value_of(found, measure="wait:handover_over_60_min_share", **keys) == 25
    assert value_of(found, measure="handover_hours_lost", **keys) == pytest.approx(95 / 60)


def test_stays_of_everybody_are_those_of_the_pools_together():
    """At one department 2 of 3 stay over 4 hours, at another none of 1: 50 %."""
    limits = {"time_in_ae": [240, 720]}
    table = pl.DataFrame([waited("time_in_ae", 10, 250, 800, limits=(240, 720), pool="a"),
                          waited("time_in_ae", 240, limits=(240, 720), pool="b")])
    found = waits_of_everybody(table, limits)
    share = {"measure": "time_in_ae_over_240_min_share", "year": YEAR}
    assert value_of(found, margin="everybody", **share) == 50
    assert value_of(found, margin="pool", group="b", **share) == 0
    assert value_of(found, measure="time_in_ae_mean", margin="pool", group="b", year=YEAR) == 240


def test_waits_without_limits_are_told_in_total_only():
    name = "wait:lift"
    found = waits(pl.DataFrame([counted(name, 9, 1)]), pl.DataFrame([waited(name, 9)]), {})
    assert set(found["margin"]) == {"total"}


def test_everybody_is_residents_and_others():
    others = pl.DataFrame({"replication": [0, 0], "year": [YEAR, YEAR], "measure": ["ae_attendances", "bed_days_ms"],
                           "value": [5, 86_400_000]})
    found = everybody(pl.DataFrame([cell(ae_attendances=2, bed_days_ms=0)]), others)
    assert value_of(found, measure="ae_attendances", year="all years", margin="everybody") == 7
    assert value_of(found, measure="bed_days", year=YEAR, margin="everybody") == 1


def test_delays_are_a_share_of_bed_days():
    table = tallies(pl.DataFrame([cell(bed_days_ms=40, delayed_bed_days_ms=3), cell(quintile=2, bed_days_ms=0,
                                                                                    delayed_bed_days_ms=0)]))
    name = "delayed_bed_days_share"
    assert value_of(table, measure=name, year="all years", margin="total") == 7.5
    assert look(table, measure=name, year="all years", margin="quintile", group="2")["why_null"][0] == "no bed days"


def servers(**pool):
    blank = {"replication": 0, "year": YEAR, "pool": "beds", "service": "hospital_beds", "busy_ms": 0, "open_ms": 0,
             "waiting_ms": 0, "arrivals": 0, "grants": 0, "left_queue": 0}
    return {**blank, **pool}


def test_servers_by_pool_and_by_service():
    """A pool without a limit counts for its own hours in use, not for the occupancy of the service."""
    table = pools(pl.DataFrame([
        servers(busy_ms=75 * HOUR, open_ms=100 * HOUR, waiting_ms=2 * MINUTE, arrivals=4, left_queue=1),
        servers(pool="outside", busy_ms=75 * HOUR)]))
    keys = {"year": "all years"}
    assert value_of(table, measure="occupancy", group="beds", **keys) == 75
    assert value_of(table, measure="occupancy", group="hospital_beds", margin="service", **keys) == 75
    assert value_of(table, measure="hours_busy", group="outside", **keys) == 75
    assert value_of(table, measure="hours_busy", group="hospital_beds", **keys) == 75
    assert value_of(table, measure="hours_on_duty", group="beds", **keys) == 100
    assert value_of(table, measure="left_waiting_share", group="beds", **keys) == 25
    assert value_of(table, measure="pool_wait_mean", group="beds", **keys) == 0.5
    for name in ("occupancy", "hours_on_duty"):
        missing = look(table, measure=name, group="outside", **keys)
        assert missing["value"][0] is None
        assert "no limit" in missing["why_null"][0]


def test_limits_in_words():
    words = synthetic.SPEAK
    assert words["wait:handover_over_60_min"].label == "Wait for handover, over 1 hour"
    assert words["time_in_ae_over_240_min_share"].label == "Time in ae, over 4 hours, share"
    assert words["wait:x_over_181440_min"].label == "Wait for x, over 18 weeks"
    assert words["wait:x_over_10080_min_share"].unit == "%"


def with_admissions(name, counts):
    """Results in which replication n has counts[n] admissions, all in one cell."""
    blank = synthetic.results(name, replications=len(counts), years=1, places=("harlow",))
    first = pl.col("replication").cum_count().over("replication") == 1
    by_run = pl.Series(counts)
    cells = blank.cells.with_columns(
        emergency_admissions=pl.when(first).then(by_run.gather(blank.cells["replication"])).otherwise(0))
    return synthetic.replace(blank, cells=cells)


def test_a_paired_difference_by_hand():
    """Pairs 10→8, 12→9, 14→13: differences −2, −3, −1: mean −2, standard error 1/√3; baseline 12; −1/6."""
    pair = synthetic.Comparison(with_admissions("a", [10, 12, 14]), [with_admissions("b", [8, 9, 13])])
    row = look(summary(pair, synthetic.SPEAK), kind="difference", measure="emergency_admissions", year="all years",
               margin="total").row(0, named=True)
    assert (row["scenario"], row["mean"], row["median"], row["baseline"]) == ("b", -2, -2, 12)
    assert row["mc_error"] == pytest.approx(3**-0.5)
    assert row["relative_change"] == pytest.approx(-1 / 6)
    assert row["replications"] == 3
    assert (row["p10"], row["p90"], row["prob_better"]) == (None, None, None)
    assert "need 100 draws, there are 3" in row["why_null"]


def test_percentiles_and_chances_from_a_hundred_draws():
    """Differences −100 … −1 except twenty of +1: better (lower) in 80 %."""
    change = np.where(np.arange(100) < 20, 1, -5)
    pair = synthetic.Comparison(with_admissions("a", [50] * 100), [with_admissions("b", list(50 + change))])
    row = look(summary(pair, synthetic.SPEAK), kind="difference", measure="emergency_admissions", year="all years",
               margin="total").row(0, named=True)
    assert row["prob_better"] == pytest.approx(0.8)
    assert (row["p10"], row["p90"]) == (-5, 1)
    assert row["why_null"] is None


def test_one_replication_has_no_error():
    table = summary(synthetic.results(replications=1), synthetic.SPEAK)
    assert table["mc_error"].null_count() == table.height
    assert table.filter(pl.col("mean").is_not_null())["why_null"].str.contains("needs 2 replications").all()


def test_a_missing_replication_is_never_dropped():
    """No wait was measured in replication 1, so there is no mean over replications either."""
    whole = synthetic.results(replications=2, years=1)
    part = synthetic.replace(whole, wait_sums=whole.wait_sums.filter(pl.col("replication") == 0))
    row = look(summary(part, synthetic.SPEAK), measure="ambulance_response_mean", year="all years", margin="total")
    assert row["mean"][0] is None
    assert row["why_null"][0].startswith("no value in 1 of 2 replications: no cases")


def test_a_summary_is_tidy_never_nan_and_every_null_has_a_reason():
    table = summary(synthetic.comparison(), synthetic.SPEAK)
    assert dict(table.schema) == SCHEMA
    floats = table.select(pl.col(pl.Float64))
    assert not floats.select(pl.any_horizontal(pl.all().is_nan().any())).item()
    unexplained = pl.any_horizontal(pl.col("mean", "mc_error", "p10", "p90").is_null()) & pl.col("why_null").is_null()
    assert table.filter(unexplained).height == 0
    assert table.select("kind", "scenario", "measure", "year", "margin", "group").is_duplicated().sum() == 0


def test_row_order_of_the_frames_changes_nothing():
    plain = synthetic.results()
    mixed = synthetic.replace(plain, cells=plain.cells.sample(fraction=1.0, shuffle=True, seed=3).select(
        pl.all()), **{name: getattr(plain, name).reverse() for name in ("waits", "wait_sums", "pool_waits", "pools",
                                                                             "background")})
    assert values(plain).equals(values(mixed))


def test_life_expectancy_gap_is_that_of_the_fifths():
    table = summary(synthetic.results(), synthetic.SPEAK)
    fifths = look(table, measure="life_expectancy", margin="quintile")["mean"].to_list()
    gap = look(table, measure="life_expectancy_gap", margin="total")["mean"][0]
    assert gap == pytest.approx(fifths[4] - fifths[0])
    assert look(table, measure="healthy_life_expectancy", margin="total")["mean"][0] < look(
        table, measure="life_expectancy", margin="total")["mean"][0]


def test_pairing_by_hand():
    """Differences −2, −3, −1 have variance 1; D = 2; N = 12: 0.5 per averted event, expected ratio 12."""
    pair = synthetic.Comparison(with_admissions("a", [10, 12, 14]), [with_admissions("b", [8, 9, 13])])
    row = pairing(pair, ("emergency_admissions",)).row(0, named=True)
    assert (row["baseline"], row["averted"], row["variance_paired"], row["variance_per_averted"]) == (12, 2, 1, 0.5)
    assert row["variance_independent"] == pytest.approx(4 + 7)
    assert (row["ratio_measured"], row["ratio_expected"], row["degrees_of_freedom"]) == (pytest.approx(11), 12, 2)


def test_pairing_of_equal_scenarios_says_that_they_do_not_differ():
    base = synthetic.results()
    row = pairing(synthetic.Comparison(base, [synthetic.renamed(base, "same")])).row(0, named=True)
    assert row["averted"] == 0
    assert row["ratio_expected"] is None
    assert "do not differ" in row["why_null"]


def test_words_of_derived_outcomes_build_on_the_catalogue():
    row = synthetic.SPEAK["emergency_admissions_65_and_over_per_100000"]
    assert row.label == "Emergency admissions for falls, aged 65 and over"
    assert (row.unit, row.better) == ("per 100,000 person-years", "lower")
    assert synthetic.SPEAK["wait:emergency_department_p90"].label == "Wait for emergency department, 90 % within"
    assert outcomes.ALL_YEARS == "all years"


def made(*cells):
    """Results that hold these cells and nothing else."""
    return replace(synthetic.results(years=1), cells=pl.DataFrame(cells))


def test_changes_per_admission_averted_are_a_ratio_of_means_with_its_error():
    """Averted: 2 and 4; conveyances −6 and −6: R = −2; x − R·y = −2, 2; error = √8 / (√2 · 3) = 2/3."""
    base = made(*(cell(replication=r, emergency_admissions=10, conveyances=20) for r in (0, 1)))
    other = made(*(cell(replication=r, emergency_admissions=10 - n, conveyances=14) for r, n in ((0, 2), (1, 4))))
    ratio, error = per_averted(base, other, ["conveyances"])["conveyances"]
    assert ratio == pytest.approx(-2)
    assert error == pytest.approx(2 / 3)
    assert per_averted(other, base, ["conveyances"]) == {}


def test_one_pair_gives_a_ratio_without_an_error():
    base, other = made(cell(emergency_admissions=10, falls=5)), made(cell(emergency_admissions=8, falls=6))
    assert per_averted(base, other, ["falls"]) == {"falls": (0.5, None)}
