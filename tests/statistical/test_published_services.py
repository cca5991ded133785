"""Two published models of services and an hourly profile, run by both engines.

Treatment centre: Nelson 2013, Foundations and Methods of Stochastic Simulation, exercise 13, in the form and with the
results of the public treat-sim model. Stroke unit: Monks et al. 2016, BMC Health Services Research 16:530; its exact answers
are Erlang's, for the numbers of beds asked for by those who come at random to beds without limit.

A run is long enough if the 99 % half-width is at most the tolerance. The reference engine is many times slower: it
gives the same trace as the compiled one on the first days, and is itself held to what those days can tell.
"""

from __future__ import annotations

import functools
from itertools import pairwise

import numpy as np
import pytest
from pathways import NO_DEPARTURES, Pathways, Pool, Step, exponential, lognormal, merged, model, normal, poisson
from scipy.stats import chi2
from scipy.stats import t as student

from icsim import rng
from icsim._compile import records
from icsim.calendar import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE
from icsim.services.background import _draw
from icsim.services.compiled import CompiledEngine
from icsim.services.model import REFUSE_FULL, UNLIMITED
from icsim.services.reference import ReferenceEngine
from icsim.services.served import Served
from icsim.tables import DEMAND, NOBODY, REFUSED

pytestmark = pytest.mark.statistical

ENGINES = pytest.mark.parametrize("engine", [ReferenceEngine, CompiledEngine])


def mean_and_half_width(values: np.ndarray) -> tuple[float, float]:
    """Of independent days or stretches, at 99 %."""
    return float(values.mean()), float(student.ppf(0.995, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)


def of_nobody(ms: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """DEMAND[]: cases without a resident."""
    table = np.zeros(len(ms), DEMAND)
    table["ms"], table["key"], table["resident"], table["cell"] = ms, keys, NOBODY, -1
    return table[np.lexsort((table["key"], table["ms"]))]


# Hourly profile

PER_HOUR = (2.367, 2.8, 8.833, 10.433, 14.8, 26.267, 31.4, 18.067, 16.467, 12.033, 11.6, 28.867, 18.033, 11.5, 5.3, 4.067,
            2.2, 2.1)
"""Patients that come to the treatment centre in each hour from 06:00."""
NIGHT = (0.05, 0.02, 0.01, 0.02, 0.05, 0.1)


@ENGINES
def test_arrivals_follow_their_hours(engine):
    """χ² of 220 days, the near-empty night beside the busy hours included, and of the days' totals."""
    days, rates = 220, np.array([*NIGHT, *PER_HOUR])
    hours = np.r_[0.0, np.cumsum(rates) / rates.sum()]
    table = records(int(1.2 * days * rates.sum()), DEMAND)
    used = _draw(rng.stream(1, "hours"), 0, np.full(days, rates.sum()), hours, 0, days, 0, table)
    run = engine(model(Pathways([Step("s", 0, exponential(MS_PER_MINUTE))], [Pool(0, UNLIMITED)])))
    calls = of_nobody(table["ms"][:used], table["key"][:used])
    contacts = run.serve(calls, NO_DEPARTURES, days * MS_PER_DAY + MS_PER_HOUR).contacts
    asked = contacts["asked"][contacts["step"] == 0]
    found = np.bincount(asked % MS_PER_DAY // MS_PER_HOUR, minlength=24)
    assert ((found - days * rates) ** 2 / (days * rates)).sum() < chi2.ppf(0.999, 24)
    totals = np.bincount(asked // MS_PER_DAY, minlength=days)[:days]
    low, high = chi2.ppf([0.0005, 0.9995], days)
    assert low < ((totals - rates.sum()) ** 2 / rates.sum()).sum() < high


# Treatment centre

DAY = 3 * MS_PER_DAY
"""From one opening to the next: long enough for everybody to have left."""
OPEN = 19 * MS_PER_HOUR
DAYS = 3000
SERVERS = (1, 1, 3, 1, 2, 1)
ACTIVITIES = ("triage", "registration", "examination", "treatment", "stabilisation", "trauma treatment")
UTILISATION = (0.607, 0.841, 0.850, 0.867, 0.827, 0.501)
WAIT_MINUTES = (32.56, 104.69, 23.36, 130.73, 166.98, 14.39)


def treatment_centre() -> Pathways:
    minutes = MS_PER_MINUTE
    steps = [
        Step("triage", 0, exponential(3 * minutes), to={"stabilise": 0.12, "register": 0.88}),
        Step("register", 1, lognormal(5 * minutes, 2**0.5 * minutes), to="examine"),
        Step("examine", 2, normal(16 * minutes, 3**0.5 * minutes, 0.5 * minutes), to={"treat": 0.6, "home": 0.4}),
        Step("treat", 3, lognormal(13.3 * minutes, 2**0.5 * minutes)),
        Step("stabilise", 4, exponential(90 * minutes), to="treat trauma"),
        Step("treat trauma", 5, lognormal(30 * minutes, 2 * minutes)),
    ]
    return Pathways(steps, [Pool(service, number) for service, number in enumerate(SERVERS)])


@functools.cache
def patients(days: int) -> np.ndarray:
    """As the published model lets them come: candidates thinned at the rate of the hour of the last arrival (later
    corrected there), and after the 18 hours one more, the 19th, at the rate of the first.
    """
    luck, most, ms = np.random.default_rng(1), max(PER_HOUR), []
    for day in range(days):
        clock = 0.0
        while clock < 19 * 60:
            if clock > 0:
                ms.append(day * DAY + int(clock * MS_PER_MINUTE))
            share = PER_HOUR[int(clock // 60) % 18] / most
            clock += luck.exponential(60 / most)
            while luck.random() >= share:
                clock += luck.exponential(60 / most)
    return of_nobody(np.array(ms), luck.integers(0, 2**64, len(ms), np.uint64))


@functools.cache
def treated(engine: type, days: int) -> np.ndarray:
    """Visits that began in the 19 hours of their day."""
    calls = patients(DAYS)
    run = engine(model(treatment_centre()))
    contacts = run.serve(calls[calls["ms"] < days * DAY], NO_DEPARTURES, days * DAY).contacts
    assert not len(run.finish(days * DAY).contacts)
    return contacts[(contacts["step"] >= 0) & (contacts["started"] % DAY < OPEN)]


def by_day(engine: type, days: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Utilisation, as published (whole durations of all that began), and mean minutes of waiting, of each day."""
    visits = treated(engine, days)
    visits = visits[visits["step"] == step]
    day = visits["called"] // DAY
    took = np.bincount(day, visits["ended"] - visits["started"], days)
    waited = np.bincount(day, visits["started"] - visits["asked"], days) / np.maximum(np.bincount(day, minlength=days), 1)
    return took / OPEN / SERVERS[step], waited / MS_PER_MINUTE


def missed(*which: str) -> list:
    """The activities; those named miss the published figure and are known to."""
    reason = "misses the published figure, itself perhaps a mean of few replications; see the test's docstring"
    mark = pytest.mark.xfail(strict=True, reason=reason)
    return [pytest.param(n, marks=mark if name in which else (), id=name) for n, name in enumerate(ACTIVITIES)]


@pytest.mark.parametrize("step", missed("triage", "stabilisation"))
def test_treatment_centre_is_used_as_published(step):
    """± .01. Triage (.5965 ± .001 in 16,000 days) misses by .0105, stabilisation (.841) by .014.

    A likely reason: a day's standard deviation is .056 and .098, so a published mean of some tens of replications is as
    uncertain as that. (A run of 1,500 days happens to give triage .598.)
    """
    mean, half_width = mean_and_half_width(by_day(CompiledEngine, DAYS, step)[0])
    assert half_width <= 0.01
    assert mean == pytest.approx(UTILISATION[step], abs=0.01)


@pytest.mark.parametrize("step", missed("trauma treatment"))
def test_waits_in_the_treatment_centre_are_as_published(step):
    """± 15 %. The wait for trauma treatment (17.7 minutes for 14.4) misses by 23 %."""
    mean, half_width = mean_and_half_width(by_day(CompiledEngine, DAYS, step)[1])
    assert half_width <= 0.15 * WAIT_MINUTES[step]
    assert mean == pytest.approx(WAIT_MINUTES[step], rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 2, 3], ids=ACTIVITIES[1:4])
def test_treatment_centre_by_the_reference_engine(step):
    """The activities whose day varies little enough for 110 days."""
    mean, half_width = mean_and_half_width(by_day(ReferenceEngine, 110, step)[0])
    assert half_width <= 0.01
    assert mean == pytest.approx(UTILISATION[step], abs=0.01)


@pytest.mark.slow
def test_both_engines_treat_the_same_patients():
    early = treated(CompiledEngine, DAYS)
    assert np.array_equal(treated(ReferenceEngine, 110), early[early["called"] < 110 * DAY])


# Stroke unit

ACUTE = {"stroke": 1.2, "tia": 9.3, "neuro": 3.6, "other": 3.2}
REHABILITATION = {"stroke again": 21.8, "neuro again": 31.7, "other again": 28.6}
"""Mean days between arrivals from outside, by first step."""
HOUR = MS_PER_HOUR
"""Stands for a day, so that long runs stay in range."""
DELAYED = {9: 0.181, 10: 0.128, 11: 0.087, 12: 0.056, 13: 0.034, 14: 0.019}
DELAYED_PUBLISHED = {9: 0.19, 10: 0.14, 11: 0.09, 12: 0.06, 13: 0.04, 14: 0.02}
DELAYED_REHABILITATION = {10: 0.202, 12: 0.109, 13: 0.075, 14: 0.050, 15: 0.031, 16: 0.019}
STRETCHES, WARM_UP = 32, 2


def stroke_unit(acute: int, rehabilitation: int) -> Pathways:
    """Acute beds, then for some rehabilitation; who finds no bed is refused."""

    def stay(name: str, service: int, mean: float, sd: float, to: float) -> Step:
        onward = {f"{name.split()[0]} again": to, "home": 1 - to} if to else "home"
        return Step(name, service, lognormal(mean * HOUR, sd * HOUR), onward, refuse=REFUSE_FULL)

    steps = [
        Step("stroke", to={"stroke to rehabilitation": 0.24, "stroke to support": 0.13, "stroke to others": 0.63}),
        stay("stroke to rehabilitation", 0, 7.4, 8.61, 1.0),
        stay("stroke to support", 0, 4.6, 4.8, 0.0),
        stay("stroke to others", 0, 7.0, 8.7, 0.0),
        stay("tia", 0, 1.8, 2.3, 0.01),
        stay("neuro", 0, 4.0, 5.0, 0.11),
        stay("other", 0, 3.8, 5.2, 0.05),
        Step("stroke again", to={"stroke long": 0.6, "stroke supported": 0.4}),
        stay("stroke long", 1, 28.4, 27.2, 0.0),
        stay("stroke supported", 1, 30.3, 23.1, 0.0),
        stay("tia again", 1, 18.7, 23.5, 0.0),
        stay("neuro again", 1, 27.6, 28.4, 0.0),
        stay("other again", 1, 16.1, 14.1, 0.0),
    ]
    pools = [Pool(0, acute, limit=0), Pool(1, rehabilitation, limit=0)]
    return Pathways(steps, pools, starts=[*ACUTE, *REHABILITATION])


@functools.cache
def stroke_patients(customers: int) -> np.ndarray:
    """About so many, and some who come to rehabilitation from outside."""
    gaps = [*ACUTE.values(), *REHABILITATION.values()]
    days = customers / sum(1 / gap for gap in ACUTE.values())
    return merged(*(poisson(gap * HOUR, int(days / gap), kind=kind) for kind, gap in enumerate(gaps)))


def refused(pool: int):
    """Share of those who asked a pool that found no bed."""

    def estimate(part: Served) -> float:
        asked = part.contacts[part.contacts["pool"] == pool]
        return float((asked["reason"] == REFUSED).mean())

    return estimate


def stretches(engine: type, pathways: Pathways, calls: np.ndarray, estimate) -> np.ndarray:
    """The estimate in each stretch of a run, those of the warm-up left out."""
    run, edges = engine(model(pathways)), np.linspace(0, len(calls), STRETCHES + 1).astype(int)
    found = []
    for first, last in pairwise(edges):
        until = calls["ms"][last] if last < len(calls) else calls["ms"][-1] + 1
        found.append(estimate(run.serve(calls[first:last], NO_DEPARTURES, int(until))))
    return np.array(found[WARM_UP:])


@functools.cache
def delayed(beds: int) -> tuple[float, float]:
    """Share of those who come to so many acute beds and find none."""
    calls = stroke_patients(1_500_000)
    calls = calls[calls["kind"] < len(ACUTE)]
    return mean_and_half_width(stretches(CompiledEngine, stroke_unit(beds, UNLIMITED), calls, refused(0)))


@pytest.mark.parametrize("beds", DELAYED)
def test_acute_stroke_beds(beds):
    mean, half_width = delayed(beds)
    assert half_width <= 0.003
    assert mean == pytest.approx(DELAYED[beds], abs=0.003)


TOO_FAR = pytest.mark.xfail(strict=True, reason="the exact answer, .128, is itself .012 away from the published .14")


@pytest.mark.parametrize("beds", [pytest.param(n, marks=TOO_FAR if n == 10 else ()) for n in DELAYED])
def test_acute_stroke_beds_as_published(beds):
    assert delayed(beds)[0] == pytest.approx(DELAYED_PUBLISHED[beds], abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("beds", DELAYED_REHABILITATION)
def test_rehabilitation_beds(beds):
    calls = stroke_patients(3_500_000)
    mean, half_width = mean_and_half_width(stretches(CompiledEngine, stroke_unit(UNLIMITED, beds), calls, refused(1)))
    assert half_width <= 0.003
    assert mean == pytest.approx(DELAYED_REHABILITATION[beds], abs=0.003)


def test_both_engines_have_the_same_stroke_patients():
    calls, pathways = stroke_patients(8_000), stroke_unit(9, 10)
    end = int(calls["ms"][-1]) + 1
    parts = [engine(model(pathways)).serve(calls, NO_DEPARTURES, end) for engine in (ReferenceEngine, CompiledEngine)]
    for reference, compiled in zip(*parts, strict=True):
        assert np.array_equal(reference, compiled)
