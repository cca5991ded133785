"""Rows on the nineteen conditions in the catalogue's formats, from published tables.

    python calibration/conditions/make.py FOLDER [TABLES]

FOLDER holds the published tables that README.md names; TABLES (the catalogue's own if not given) receives the rows, rows/
what is of the fit only. Nothing is drawn at random and rates are written to four digits, so the same tables give the same
rows.
"""

from __future__ import annotations

import csv
import sys
from itertools import pairwise
from pathlib import Path

import check_conditions as check
import contacts
import effects
import numpy as np
import published as pub
from describe import ASSUMED, QOF_GRADIENT, Condition, Tables, conditions
from dynamics import band_mean, fit, from_bands, last_ages, project
from sources import SOURCES

from icsim.catalogue.load import TABLES

EVIDENCE = ("low", "high", "unit", "year", "standing", "source", "note")
RATE_RANGE = (0.7, 1.4)
"""Planning range of a fitted or assumed rate, relative."""


def number(value: float) -> str:
    """Four digits."""
    return f"{value:.4g}"


def write(path: Path, header: tuple[str, ...], records: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for record in records:
            cells = [record.get(column, "") for column in header]
            writer.writerow([number(cell) if isinstance(cell, float) else cell for cell in cells])


def replaced(path: Path, own: list[dict]) -> list[dict]:
    """The rows of attributes.csv with these in the place of those of the same attributes: the order is set by hand there."""
    standing, mine = check.records(path), {row["attribute"] for row in own}
    rows = []
    for name in dict.fromkeys(row["attribute"] for row in standing):
        rows += [row for row in (own if name in mine else standing) if row["attribute"] == name]
    if missing := mine - {row["attribute"] for row in rows}:
        raise LookupError(f"attributes.csv has no place for {sorted(missing)}")
    return rows


def bounded(value: float, low: float, high: float) -> dict:
    """Value and range, as rounded when written, in order."""
    return {"value": value, "low": min(low, value), "high": max(high, value)}


class Made:
    """One condition with its fitted rates and the shares of each level."""

    def __init__(self, condition: Condition, tables: Tables) -> None:
        self.condition = c = condition
        self.mortality = np.array([1.0] + [value for value, *_ in c.mortality])
        self.events = list(dict.fromkeys(flow.event for flow in c.flows))
        cells = [(s, q) for s in range(2) for q in (range(5) if c.by_quintile else (0,))]
        self.rates: dict[str, dict[tuple[int, int], np.ndarray]] = {event: {} for event in self.events}
        self.shares: dict[tuple[int, int], np.ndarray] = {}
        used = tuple(band for band in c.bands if band <= c.until)
        used = used if c.until == 90 else (*used, c.until + 1)
        for s, q in cells:
            deaths = tables.deaths[s, q] if c.by_quintile else tables.deaths[s].mean(0)
            flows = [self._of_cell(flow, s, q) for flow in c.flows]
            wanted = [(together, band_mean(share[s, q], used)) for together, share, *_ in c.groups]
            found: dict[str, np.ndarray] = {}
            if any(flow.rate is None for flow in flows):
                found = fit(len(c.levels), flows, self.mortality, deaths, wanted, used, c.smooth)
            ways = []
            for flow in flows:
                if flow.rate is None:
                    values = np.array([float(number(value)) for value in found[flow.event]])
                    self.rates[flow.event][s, q] = values
                    rate = from_bands(np.log(values), flow.bands)
                else:
                    rate = np.broadcast_to(np.asarray(flow.rate, float), (91,))
                    self.rates[flow.event][s, q] = rate
                ways.append((flow.frm, flow.to, flow.factor * rate))
            later = project(len(c.levels), ways, self.mortality, deaths)
            self.shares[s, q] = self._split(later, s, q)

    @staticmethod
    def _of_cell(flow, s: int, q: int):
        if isinstance(flow.rate, np.ndarray) and flow.rate.ndim == 3:
            return type(flow)(flow.event, flow.frm, flow.to, flow.rate[s, q], flow.factor, flow.bands)
        return flow

    def _split(self, later: np.ndarray, s: int, q: int) -> np.ndarray:
        """Shares by level and age: published for levels together, as the rates say between them; the rest as the "
        "rates say."""
        shares = later.copy()
        for together, share, *_ in self.condition.groups:
            part = later[list(together)] / np.maximum(later[list(together)].sum(0), 1e-12)
            shares[list(together)] = part * share[s, q]
        shares[0] = 1 - shares[1:].sum(0)
        return shares

    def group_of(self, level: int) -> tuple[str, str, str]:
        for together, _, standing, source, note in self.condition.groups:
            if level in together:
                return standing, source, note
        return "assumed", ASSUMED, "As the rates, fitted and assumed, keep it."

    def prevalence(self) -> list[dict]:
        rows, c = [], self.condition
        for n, (level, _, _) in enumerate(c.levels[1:], 1):
            standing, source, note = self.group_of(n)
            gradient = "" if c.gradient == QOF_GRADIENT and "qof_imd" not in source else c.gradient
            for (s, q), shares in self.shares.items():
                for first, last in zip(c.bands, last_ages(c.bands), strict=True):
                    last = min(last, c.until)
                    if last < first or (c.name == "child_disorder" and first < 5):
                        continue
                    value = float(number(float(shares[n, first : last + 1].mean())))
                    if value <= 0:
                        continue
                    rows.append(
                        {
                            "attribute": c.name,
                            "level": level,
                            "sex": pub.SEXES[s],
                            "quintile": pub.QUINTILES[q] if c.by_quintile else "*",
                            "age_from": first,
                            "age_to": last,
                            **bounded(value, value * (1 - c.spread), min(1.0, value * (1 + c.spread))),
                            "unit": "share",
                            "year": c.years,
                            "standing": standing,
                            "source": source,
                            "note": f"{note.strip()} {gradient}".strip(),
                        }
                    )
        return rows

    def rate_rows(self) -> list[dict]:
        rows, c = [], self.condition
        kinds = {event["event"]: event for event in c.events}
        for event in self.events:
            flow = next(flow for flow in c.flows if flow.event == event)
            if kinds[event]["kind"] == "timer":
                continue
            fitted = flow.rate is None
            standing, source, note = "assumed", ASSUMED, kinds[event]["note"]
            if fitted:
                standing, source = (
                    "fitted",
                    "; ".join(dict.fromkeys(name for group in c.groups for name in group[3].split("; "))),
                )
                source = f"{source}; ons_deaths_imd"
                note = "Keeps the shares at the start, by sex and fifth; see misfit.csv. Range: planning range."
            elif isinstance(flow.rate, np.ndarray) and flow.rate.ndim == 3:
                standing, source = "derived", c.groups[0][3]
            plain = not fitted and np.ndim(flow.rate) == 0
            cells = {(None, None): None} if plain or (not fitted and np.ndim(flow.rate) == 1) else self.rates[event]
            for (s, q), values in cells.items():
                for first, last, value in self._bands_of(flow, values):
                    value = float(number(value))
                    rows.append(
                        {
                            "event": event,
                            "sex": "*" if s is None else pub.SEXES[s],
                            "quintile": "*" if s is None or not c.by_quintile else pub.QUINTILES[q],
                            "age_from": first,
                            "age_to": last,
                            **bounded(value, value * RATE_RANGE[0], value * RATE_RANGE[1]),
                            "unit": "per person-year",
                            "year": c.years,
                            "standing": standing,
                            "source": source,
                            "note": note,
                        }
                    )
        return rows

    @staticmethod
    def _bands_of(flow, values: np.ndarray | None) -> list[tuple[int, int, float]]:
        if flow.rate is None:
            return list(zip(flow.bands, last_ages(flow.bands), values.tolist(), strict=True))
        rate = np.broadcast_to(np.asarray(flow.rate if values is None else values, float), (91,))
        edges = [0, *(np.flatnonzero(np.diff(rate)) + 1).tolist(), 91]
        return [(a, b - 1, float(rate[a])) for a, b in pairwise(edges) if rate[a] > 0]

    def event_rows(self) -> list[dict]:
        rows = []
        for event in self.condition.events:
            flow = next(flow for flow in self.condition.flows if flow.event == event["event"])
            smooth = "yes" if flow.rate is None else ""
            rows.append({**event, "attribute": self.condition.name, "smooth": smooth})
        return rows

    def mean_age(self, level: int, tables: Tables) -> tuple[float, float]:
        """Mean age and share of women among those at this level."""
        ages, total, women = 0.0, 0.0, 0.0
        for s in range(2):
            for q in range(5):
                people = self.shares[s, q if self.condition.by_quintile else 0][level] * tables.people[s, q]
                ages += float((people * (np.arange(91) + 0.5)).sum())
                total += float(people.sum())
                women += float(people.sum()) * (s == 0)
        return ages / total, women / total


def factor_rows(made: list[Made], tables: Tables) -> list[dict]:
    """Factors on utility and odds of good health."""
    norm = pub.utility_norm(tables.folder)
    by_name = {one.condition.name: one for one in made}
    utility, health = [], []
    for attribute, level, loss, low, high, standing, words in effects.losses(tables.folder):
        one = by_name[attribute]
        n = [name for name, _, _ in one.condition.levels].index(level)
        age, women = one.mean_age(n, tables)
        own = float(np.interp(age - 0.5, np.arange(91), women * norm[0] + (1 - women) * norm[1]))
        value, worst, best = (effects.multiplier(part, own) for part in (loss, high, low))
        source = "sullivan_2011; ara_brazier_2010" if "none was read" not in words else f"{ASSUMED}; ara_brazier_2010"
        common = {"attribute": attribute, "level": level}
        utility.append(
            {
                "weight": "utility",
                **common,
                **bounded(value, max(worst, 0.05), best),
                "unit": "ratio",
                "year": "2000-2003",
                "standing": standing,
                "source": source,
                "note": f"1 - ({words}) / {own:.3f}, the population's mean at {age:.0f}, the mean age of those who "
                f"have it; range: "
                "0.6 to 1.5 of the loss or wider.",
            }
        )
        slope, flat, steep = effects.HEALTH_SLOPE
        health.append(
            {
                "weight": "good_health",
                **common,
                **bounded(float(np.exp(-slope * loss)), float(np.exp(-steep * high)), float(np.exp(-flat * low))),
                "unit": "odds ratio",
                "year": "",
                "standing": "assumed",
                "source": f"sullivan_2011; {ASSUMED}",
                "note": f"exp(-7 × {loss:.3f}), the loss of utility; slope as between frailty and good health (range 4 "
                f"to 10); no "
                "table of general health by condition was read.",
            }
        )
    return utility + health


def contact_rows() -> list[dict]:
    """Factors on contacts with GPs and community services."""
    rows = []
    for weight, slopes in (("gp_contacts", effects.GP_SLOPE), ("community_contacts", effects.COMMUNITY_SLOPE)):
        for (attribute, level), score, words in effects.scored():
            value, low, high = (float(np.exp(slope * score)) for slope in slopes)
            rows.append(
                {
                    "weight": weight,
                    "attribute": attribute,
                    "level": level,
                    **bounded(value, low, high),
                    "unit": "ratio",
                    "year": "",
                    "standing": "assumed",
                    "source": "payne_2020; bnssg_dpm",
                    "note": f"exp({slopes[0]:g} × {score:.2f}): general score, {words}; slope assumed so that contacts "
                    f"by need segment "
                    "are about met once age is held equal.",
                }
            )
    return rows


def main(folder: Path, out: Path) -> None:
    tables = Tables(folder)
    made = [Made(condition, tables) for condition in conditions(folder)]
    every = [one.condition for one in made]
    write(
        out / "attributes.csv",
        ("attribute", "level", "label", "meaning", "source"),
        replaced(out / "attributes.csv", level_rows(every)),
    )
    write(
        out / "events_conditions.csv",
        (
            "event",
            "label",
            "kind",
            "attribute",
            "from_levels",
            "to_level",
            "after_days",
            "pathway",
            "profile",
            "class_by",
            "smooth",
            "source",
            "note",
        ),
        [row for one in made for row in one.event_rows()],
    )
    write(
        out / "prevalence_conditions.csv",
        ("attribute", "level", "sex", "quintile", "age_from", "age_to", "value", *EVIDENCE),
        [row for one in made for row in one.prevalence()],
    )
    for one in made:
        write(
            out / f"rates_{one.condition.name}.csv",
            ("event", "sex", "quintile", "age_from", "age_to", "value", *EVIDENCE),
            one.rate_rows(),
        )
    marginal = {c.name: [value for value, *_ in c.mortality] for c in every}
    ratios = effects.death_ratios(marginal) + effects.pair_ratios(folder) + effects.other_ratios()
    for row in ratios:
        row.update({key: float(row[key]) for key in ("value", "low", "high")})
        row.update(bounded(row["value"], row["low"], row["high"]))
    write(
        out / "ratios_conditions.csv",
        ("event", "attribute", "level", "value", "distribution", "causal_share", "lag_years", "design", *EVIDENCE),
        ratios,
    )
    factors = factor_rows(made, tables) + contact_rows()
    write(out / "factors_conditions.csv", ("weight", "attribute", "level", "value", *EVIDENCE), factors)
    write(
        out / "norms_contacts.csv",
        ("weight", "sex", "quintile", "age_from", "age_to", "value", *EVIDENCE),
        contacts.norm_rows(folder),
    )
    write(
        check.OWN / "marginal_mortality.csv",
        ("attribute", "level", "value", "standing", "source", "note"),
        [
            {
                "attribute": c.name,
                "level": level[0],
                "value": float(value),
                "standing": standing,
                "source": source,
                "note": f"For the fit only: {note}.",
            }
            for c in every
            for level, (value, standing, source, note) in zip(c.levels[1:], c.mortality, strict=True)
        ],
    )
    write_sources(out, every)
    write(
        check.OWN / "misfit.csv",
        check.HEADER,
        [dict(zip(check.HEADER, row, strict=True)) for row in rounded(check.Rows(out).misfits())],
    )


def rounded(rows) -> list[tuple]:
    """Misfits to a thousandth of a point, so that the last digits of a computer do not show."""
    return [tuple(round(cell, 3) if isinstance(cell, float) else cell for cell in row) for row in rows]


def level_rows(every: list[Condition]) -> list[dict]:
    """Levels with their words."""
    return [
        {
            "attribute": c.name,
            "level": level,
            "label": label,
            "meaning": meaning,
            "source": "" if n == 0 else next((g[3] for g in c.groups if n in g[0]), ASSUMED),
        }
        for c in every
        for n, (level, label, meaning) in enumerate(c.levels)
    ]


def write_sources(out: Path, every: list[Condition]) -> None:
    """Those sources that the rows name; ons_deaths_imd, ara_brazier_2010 and icsim_assumption stand in sources.csv."""
    named: set[str] = set()
    names = [f"{table}_conditions.csv" for table in ("events", "prevalence", "ratios", "factors")]
    for name in (*names, "norms_contacts.csv", *(f"rates_{c.name}.csv" for c in every)):
        for row in check.records(out / name):
            named.update(part.strip() for part in row["source"].split(";"))
    named.update(part.strip() for row in level_rows(every) for part in row["source"].split(";"))
    write(
        out / "sources_conditions.csv",
        ("source", "title", "author", "year", "place", "url", "licence", "note"),
        [{"source": name, **words} for name, words in SOURCES.items() if name in named],
    )


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else TABLES)
