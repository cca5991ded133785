"""A baseline beside published figures, as plain text of at most 80 columns and as the object that `--json` prints."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from icsim.report.wording import heading, number, paragraph, plain, table, with_error
from icsim.results import Results

if TYPE_CHECKING:
    import polars as pl

SPLITS = {"checked": "not used to set the model up", "fitted": "used to set the model up"}
VERDICTS = ("met", "unclear", "missed", "not compared")
TOO_FAR = ("missed", "unclear")
SHOWN = 25
"""Rows of each kind on the printed page; the page in the folder has them all."""
MOST_TIMES = 100
"""Beyond so many half widths nobody needs the number."""
ABSENT = " is not in the catalogue"
READING = (
    "Each published figure has an interval: the publisher's, or ours where none is published (mostly five per cent either "
    'way). "Off by" is the distance from the figure in half widths of that interval: up to 1 × it is met. "±" is one '
    'Monte-Carlo error, what luck adds; "unclear" lies outside by less than two of them: more runs would tell. A figure '
    "that was used to set the model up and is met shows that the setting worked, no more; the others are the test.")
LIFE = ("Life expectancy is at the death rates of 2017 to 2019, like the tables: their later fall is divided out, and, "
        "against figures of England, how many more die here than there at equal age, sex and fifth.")
OLDEST, FROM_AGE = 90, 40
"""The last band of ages; the first that the table of several conditions shows."""
GROUPS = {"everybody": "", "frailty": "frailty: ", "number_of_conditions": "conditions: "}


class Validated(Protocol):
    """What a validation leaves (`icsim.calibration.Validation`)."""

    @property
    def results(self) -> Results:
        """The run."""

    @property
    def table(self) -> pl.DataFrame:
        """A row for each target, worst misfit first."""

    @property
    def named(self) -> pl.DataFrame:
        """What the founding documents say of the area."""

    @property
    def followed(self) -> pl.DataFrame:
        """What becomes of older people within a year."""

    @property
    def drift(self) -> pl.DataFrame | None:
        """Of a stationary run: which shares moved."""

    @property
    def clusters(self) -> pl.DataFrame | None:
        """Of a stationary run: shares with several conditions."""

    @property
    def about(self) -> dict[str, Any]:
        """Area and settings of the run."""


def validation_page(value: Validated, folder: Path | None = None, everything: bool = False) -> str:
    """The page: in short, what is said of the area, what is off by most, what could not be compared.

    `everything`: every figure, also those that are met.
    """
    parts = [_head(value), _in_short(value), _said(value), *(_figures(value, split, everything) for split in SPLITS),
             _older(value), _standing_still(value), _not_compared(value), _meaning(value), _end(value, folder)]
    return "\n\n".join(part for part in parts if part) + "\n"


def validation_object(value: Validated, folder: Path | None) -> dict[str, Any]:
    """One validation: settings, how many figures are met, every figure, what is said of the area, older people."""
    return {**value.about, "hash": value.results.content_hash, "folder": None if folder is None else str(folder),
            "summary": tally(value), "targets": value.table.to_dicts(), "named": value.named.to_dicts(),
            "followed": value.followed.to_dicts(), **_stood(value)}


def _stood(value: Validated) -> dict[str, Any]:
    if value.drift is None or value.clusters is None:
        return {}
    return {"drift": value.drift.to_dicts(), "clusters": value.clusters.to_dicts()}


def tally(value: Validated) -> dict[str, dict[str, int]]:
    """split → verdict → how many figures."""
    rows = value.table.select("split", "verdict").rows()
    return {split: {verdict: rows.count((split, verdict)) for verdict in VERDICTS} for split in SPLITS}


# Parts ---------------------------------------------------------------------------------------------------------------


def _head(value: Validated) -> str:
    about, runs = value.about, value.about["replications"]
    how = (f"{number(value.results.residents, 0)} residents at the start, {about['years']} "
           f"year{'' if about['years'] == 1 else 's'}, {runs} run{'' if runs == 1 else 's'}, each with other luck")
    still = "Rates stand still: no trend of death or illness is in force." if about["stationary"] else ""
    return "\n".join([heading(f"How like {about['area_label']} is the baseline?"), paragraph(how + "."),
                      *([paragraph(still)] if still else [])])


def _in_short(value: Validated) -> str:
    counts = tally(value)
    sentences = [_sentence(counts[split], words) for split, words in SPLITS.items()]
    rows = [[f"Figures {words}", *(number(counts[split][verdict], 0) for verdict in VERDICTS)]
            for split, words in SPLITS.items()]
    return "\n".join([heading("In short"), *map(paragraph, sentences), "", table(rows, ["", *VERDICTS])])


def _sentence(counts: dict[str, int], words: str) -> str:
    asked = sum(counts[verdict] for verdict in VERDICTS[:3])
    return (f"{asked} published figures that were {words} were compared: {counts['met']} are met, {counts['missed']} are "
            f"missed, {counts['unclear']} are unclear.")


def _said(value: Validated) -> str:
    if value.named.is_empty():
        return ""
    lines = []
    for row in value.named.iter_rows(named=True):
        lines.append(paragraph(f"{row['figure']} ({row['document']})", hanging=f"{row['verdict']:13}"))
        lines += [paragraph(row["explained"], indent=15)] if row["explained"] else []
    return "\n".join([heading("What is said of the area"), *lines])


def _figures(value: Validated, split: str, everything: bool) -> str:
    """The figures of one kind, furthest first."""
    kept = value.table.filter((value.table["split"] == split) & value.table["simulated"].is_not_null())
    if not everything:
        kept = kept.filter(kept["verdict"].is_in(TOO_FAR))
    if kept.is_empty():
        return ""
    shown = kept if everything else kept.head(SHOWN)
    rows = [[f"{row['label']} ({row['unit']})", number(row["published"]), with_error(row["simulated"], row["mc_error"]),
             _off_by(row)] for row in shown.iter_rows(named=True)]
    left = kept.height - shown.height
    title = f"Figures {SPLITS[split]}, furthest first" if everything else f"Figures {SPLITS[split]}: those that are off"
    return "\n".join([heading(title), table(rows, ["", "published", "simulated", "off by"]),
                      *([paragraph(f"… and {left} more in the folder.")] if left else [])])


def _off_by(row: dict[str, Any]) -> str:
    """Half widths of the interval, and what it comes to unless it is missed."""
    times = f"{number(row['misfit'], 1)} ×" if row["misfit"] < MOST_TIMES else f"over {MOST_TIMES} ×"
    return times if row["verdict"] == "missed" else f"{times} {row['verdict']}"


def _older(value: Validated) -> str:
    if value.followed.is_empty():
        return ""
    rows = [[f"{GROUPS.get(row['attribute'], '')}{row['level']}", number(row["share_percent"], 1),
             number(row["deaths_per_100"], 1), number(row["admissions_per_100"], 1), number(row["admitted_percent"], 1),
             number(row["dispersion"], 2)] for row in value.followed.iter_rows(named=True)]
    head = ["Of 100 people of 65 and over", "people", "deaths", "admissions", "admitted", "variance / mean"]
    text = ("What becomes of them within a year, by how frail and ill they are when it begins; no published figure was "
            "found for most of it. Admissions are emergencies. Variance / mean would be 1 if admissions fell on people at "
            "random.")
    return "\n".join([heading("Older people"), paragraph(text), "", table(rows, head)])


def _standing_still(value: Validated) -> str:
    """What drifted in a run in which nothing had a reason to."""
    if value.drift is None or value.clusters is None:
        return ""
    moved = value.drift.filter(~value.drift["steady"])
    text = (f"Of {value.drift.height} shares (a level in ten years of age, 2,000 people or more) {moved.height} moved by "
            "more than five per cent, or three standard errors, between the start and the end.")
    rows = [[f"{plain(row['attribute'])}: {plain(row['level'])}, {_ages(row['age_from'])}", number(row["expected"], 0),
             number(row["there"], 0), f"{number(100 * row['drift'], 0, True)} %"]
            for row in moved.head(SHOWN).iter_rows(named=True)]
    pairs = [[f"{row['conditions']}, {_ages(row['age_from'])}", number(row["start_percent"], 1),
              number(row["end_percent"], 1)] for row in value.clusters.iter_rows(named=True) if row["age_from"] >= FROM_AGE]
    drifts = ["", table(rows, ["", "expected", "there", "drift"])] if rows else []
    return "\n".join([heading("Does it stand still?"), paragraph(text), *drifts, "",
                      table(pairs, ["Conditions, % of people", "start", "end"])])


def _ages(first: int) -> str:
    return "90 and over" if first == OLDEST else f"{first} to {first + 9}"


def _not_compared(value: Validated) -> str:
    """Reasons, with how many figures each keeps out."""
    rows = value.table.filter(value.table["verdict"] == "not compared")
    if rows.is_empty():
        return ""
    reasons = Counter(rows["why"].to_list())
    absent = sorted(why.removesuffix(ABSENT) for why in reasons if why.endswith(ABSENT))
    told = Counter({why: count for why, count in reasons.items() if not why.endswith(ABSENT)})
    if absent:
        told[f"what the catalogue does not have ({', '.join(map(plain, absent))})"] = (
            sum(reasons.values()) - sum(told.values()))
    lines = [paragraph(f"{why}: {count} figure{'' if count == 1 else 's'}", hanging="- ")
             for why, count in told.most_common()]
    return "\n".join([heading("Not compared"), *lines])


def _meaning(value: Validated) -> str:
    known = (f"Of {value.about['conditions_counted']} conditions on the list that is counted, "
             f"{value.about['conditions_known']} are in the catalogue.")
    return "\n".join([heading("How to read this"), paragraph(READING), paragraph(known), paragraph(LIFE)])


def _end(value: Validated, folder: Path | None) -> str:
    lines = [] if folder is None else [f"Written to {folder}: every figure with its source and note (validation.csv, "
                                       "validation.json, page.txt), the chart, and the run itself."]
    lines.append(f"icsim {value.results.provenance.get('version', '')}, results {value.results.content_hash[:8]}")
    return "\n".join(paragraph(text, 0) for text in lines)
