"""What each outcome is called, in which unit, of whom, and how it is worked out.

Counts and times that the engine tallies take their words from the catalogue (`measures.csv`); what is derived from them
is listed here with its formula and source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from icsim.catalogue.rows import Measure

MS_PER_MINUTE = 60_000.0
MS_PER_HOUR = 3_600_000.0
MS_PER_DAY = 86_400_000.0
MS_PER_YEAR = 365.25 * MS_PER_DAY

LIFE_COLUMNS = {
    "person_time_ms": ("person_years", MS_PER_YEAR),
    "healthy_time_ms": ("healthy_years", MS_PER_YEAR),
    "quality_adjusted_time_ms": ("qalys", MS_PER_YEAR),
}
"""Columns of `cells` that say how long and how well people lived, with milliseconds per unit."""
TIME_COLUMNS = {
    **LIFE_COLUMNS,
    "gp_contacts_time_ms": ("gp_contacts", MS_PER_YEAR),
    "community_contacts_time_ms": ("community_contacts", MS_PER_YEAR),
}
"""Columns of `cells` whose measure has another name, with milliseconds per unit; every other time is in days."""

RESIDENTS = "residents"


def _row(measure: str, label: str, unit: str, population: str, better: str, meaning: str, source: str = "") -> Measure:
    return Measure(measure=measure, label=label, kind="derived", unit=unit, population=population, better=better,
                   meaning=meaning, source=source)


_DERIVED = (
    _row("person_years", "Years lived", "years", RESIDENTS, "", "time lived by residents / 365.25 days"),
    _row("healthy_years", "Healthy years", "years", RESIDENTS, "higher",
         "time lived × chance of good general health at that age, sex, deprivation and circumstance"),
    _row("qalys", "Quality-adjusted life years", "QALYs", RESIDENTS, "higher",
         "time lived × utility; utilities multiply (NICE DSU TSD 12)"),
    _row("deaths", "Deaths", "deaths", RESIDENTS, "lower", "deaths of residents"),
    _row("healthy_years_per_1000", "Healthy years per 1,000 residents", "years per 1,000 residents at the start",
         RESIDENTS, "higher", "1,000 × healthy years / residents at the start of the run"),
    _row("life_expectancy", "Life expectancy at birth", "years", RESIDENTS, "higher",
         "ΣL over age bands; Chiang's second method", "Chiang 1984"),
    _row("healthy_life_expectancy", "Healthy life expectancy at birth", "years", RESIDENTS, "higher",
         "ΣL × share in good general health", "Sullivan 1971"),
    _row("quality_adjusted_life_expectancy", "Quality-adjusted life expectancy at birth", "QALYs", RESIDENTS, "higher",
         "ΣL × mean quality of life", "Sullivan 1971; Love-Koh and others 2015"),
    _row("healthy_years_per_person_year", "Share of life lived in good health", "healthy years per year lived", RESIDENTS,
         "higher", "healthy years / years lived"),
    _row("delayed_bed_days_share", "Bed days that are delays", "% of emergency bed days", RESIDENTS, "lower",
         "100 × delayed bed days / emergency bed days", "NHS England, Acute discharge situation report"),
    _row("handover_hours_lost", "Ambulance hours lost at the door", "hours", "patients brought by ambulance", "lower",
         "Σ (time at the door − 15 minutes) over handovers that take longer",
         "NHS England, Ambulance handover delays: technical guidance"),
    _row("occupancy", "Share of servers in use", "%", "time that servers are on duty", "",
         "100 × server time in use / server time on duty; a server kept at the door, or for long by a resident, is in use"),
    _row("hours_busy", "Hours in use", "server-hours (of crews, vehicles, beds, staff)", "all patients", "",
         "Σ servers in use × time"),
    _row("hours_on_duty", "Hours on duty", "server-hours (of crews, vehicles, beds, staff)", "all patients", "",
         "Σ servers on duty × time; none where the number is not limited"),
    _row("asked", "Asked for it", "people", "all patients", "", "people granted a server at once, or who joined the queue"),
    _row("left_waiting", "Left before being served", "people", "all who asked for it", "lower",
         "people who gave up, died or moved away while they waited"),
    _row("left_waiting_share", "Left before being served, share", "% of those who asked", "all who asked for it", "lower",
         "100 × people who left the queue / people who asked"),
    _row("refused", "Turned away", "people", "all who came", "lower", "people who found it shut or full"),
    _row("refused_share", "Turned away, share", "% of those who came", "all who came", "lower",
         "100 × people turned away / people who came"),
    _row("spend", "Cost of activity", "£", "care of residents, by the payer's mean costs", "",
         "Σ quantity × unit cost, undiscounted, in prices of one year (named in the record of the run)"),
    _row("budget", "Budget", "£", "organisations, by who pays", "",
         "what lines hold: opening + received − given, in prices of one year (named in the record of the run)"),
    _row("money_received", "Money received by shifts", "£", "budget lines that receive", "", "Σ moved + double running"),
    _row("money_given", "Money given by shifts", "£", "budget lines that give", "", "Σ moved + double running"),
    _row("money_planned", "Money that was planned to move", "£", "budget lines that give", "", "amount × share of the ramp"),
    _row("money_freed", "Money that has come free", "£", "budget lines that give", "", "Σ moved: planned − stranded"),
    _row("money_stranded", "Money stranded", "£", "budget lines that give", "lower", "planned − moved"),
    _row("money_double_running", "Double running", "£", "funds that pay for it", "",
         "paid to receivers although it has not come free"),
    _row("money_unspent", "Money not enough for one more server", "£", "budget lines that receive", "lower",
         "received − servers × cost of one"),
    _row("money_vacant", "Money for which no staff are found", "£", "budget lines", "lower",
         "servers or places paid for and not staffed × cost of one"),
    _row("staff_needed", "Staff needed", "whole-time posts", "servers and places that budgets pay for", "",
         "Σ servers or places a month × posts for one, mean over the year"),
    _row("pool_wait_mean", "Wait for the service, mean", "minutes", "all who asked for it", "lower",
         "time spent waiting / number who asked (Little 1961)", "Little 1961"),
)

DERIVED: dict[str, Measure] = {row.measure: row for row in _DERIVED}
"""Outcomes derived here, by name."""

RATE_65 = "_65_and_over_per_100000"
STANDARDISED = "_standardised_per_100000"
_OVER = re.compile(r"(.+)_over_(\d+)_min(_share)?")


def over(wait: str, minutes: int, share: bool = False) -> str:
    """The measure that says how many cases, or which share of them, waited longer than a limit."""
    return f"{wait}_over_{minutes}_min{'_share' if share else ''}"


def duration(minutes: int) -> str:
    """A limit in words: "45 minutes", "4 hours", "18 weeks"."""
    for unit, size, least in (("week", 10_080, 2), ("day", 1440, 2), ("hour", 60, 1)):
        if minutes % size == 0 and minutes >= least * size:
            return f"{minutes // size} {unit}{'' if minutes == size else 's'}"
    return f"{minutes} minutes"


SLOPE = "_slope_index"
RELATIVE = "_relative_index"
GAP = "_gap"
LOCAL_GAP = "_local_gap"
EQUAL = "_equal_equivalent"
REMAINING = "_remaining"
LIFETIME = "_lifetime"

_SUFFIXES = {
    RATE_65: (", aged 65 and over", "per 100,000 person-years", "residents aged 65 and over", None,
              "100,000 × events / person-years at 65 and over (Better Care Fund metrics)"),
    STANDARDISED: (", age-standardised", "per 100,000 person-years", RESIDENTS, None,
                   "Σ weight × events / person-years over the European Standard Population 2013"),
    SLOPE: (", slope index", None, "residents by deprivation fifth", "",
            "least deprived minus most deprived by regression on ranks (Mackenbach and Kunst 1997)"),
    RELATIVE: (", relative index", "share of the mean", "residents by deprivation fifth", "",
               "slope index / mean (Pamuk 1985; Regidor 2004)"),
    LOCAL_GAP: (", gap between local fifths", None, "residents by fifth of the area", "",
                "least deprived minus most deprived fifth of the area's own residents, ranked by national quintile"),
    EQUAL: (", equally distributed equivalent", None, "residents by deprivation fifth", None,
            "the level that would be as good if all had it (Atkinson 1970), aversion 10.95 (Robson and others 2017)"),
    REMAINING: (", still expected at the end", None, "residents alive at the end", None,
                "Σ residents alive at the end × what is expected at that sex, quintile, age and lasting level (frailty, "
                "cancer) by the baseline's natural history: multistate cohort life table (Rogers and others 1989; "
                "Sullivan 1971)"),
    LIFETIME: (", lifetime", None, "residents, and those alive at the end for the rest of their lives", None,
               "within the horizon + still expected at the end"),
    GAP: (", gap", None, "residents by deprivation fifth", "", "least deprived fifth minus most deprived fifth"),
    "_mean": (", mean", "minutes", None, "lower", "sum of times / number of cases"),
    "_p50": (", half within", "minutes", None, "lower", "median, from log buckets"),
    "_p90": (", 90 % within", "minutes", None, "lower", "90th centile, from log buckets"),
}
"""Ending of a derived measure → words added to its label, unit, population, better (None: as the base), formula."""


@dataclass(frozen=True)
class Words:
    """How to speak of each outcome: the catalogue's rows, and what is derived from them."""

    rows: Mapping[str, Measure]
    schemes: Mapping[str, str] = field(default_factory=dict)
    """scheme of discounting → its label"""

    def __getitem__(self, measure: str) -> Measure:
        """The words for an outcome; one that no table names is called by its own name."""
        if measure in self.rows:
            return self.rows[measure]
        if measure in DERIVED:
            return DERIVED[measure]
        if found := _OVER.fullmatch(measure):
            return _longer_than(self[found[1]], measure, int(found[2]), bool(found[3]))
        for scheme, label in self.schemes.items():
            if measure.endswith(f"_{scheme}"):
                return _discounted(self[measure.removesuffix(f"_{scheme}")], measure, label)
        for suffix, words in _SUFFIXES.items():
            if measure.endswith(suffix):
                return _derive(self[measure.removesuffix(suffix)], measure, *words)
        return _row(measure, _plain(measure), "", RESIDENTS, "", "")


def _derive(base: Measure, measure: str, label: str, unit: str | None, population: str | None, better: str | None,
            meaning: str) -> Measure:
    return replace(base, measure=measure, label=base.label + label, unit=base.unit if unit is None else unit,
                   population=base.population if population is None else population,
                   better=base.better if better is None else better, meaning=meaning, kind="derived")


def _discounted(base: Measure, measure: str, label: str) -> Measure:
    return _derive(base, measure, f", discounted ({label})", None, None, None,
                   f"{base.meaning}; each year × what its end counts for, from the start of the run on")


def _longer_than(base: Measure, measure: str, minutes: int, share: bool) -> Measure:
    longer = f"took longer than {duration(minutes)}"
    if share:
        return _derive(base, measure, f", over {duration(minutes)}, share", "%", None, "lower",
                       f"100 × cases that {longer} / cases; counted exactly")
    return _derive(base, measure, f", over {duration(minutes)}", "cases", None, "lower",
                   f"cases that {longer}; counted exactly")


def _plain(measure: str) -> str:
    """A name as words: "wait:emergency_department" → "Wait for emergency department"."""
    text = measure.replace("wait:", "wait for ").replace("_", " ")
    return text[:1].upper() + text[1:]


def words() -> Words:
    """The words of the shipped catalogue."""
    from icsim import catalogue

    loaded = catalogue.load()
    waits = (_row(f"wait:{step.step}", f"Wait before: {step.label}", "minutes", "all who came to this step", "lower",
                  "time from asking for the service to its start") for step in loaded.steps)
    schemes = {row.scheme: row.label for row in loaded.discounting}
    return Words({row.measure: row for row in (*waits, *loaded.measures)}, schemes)
