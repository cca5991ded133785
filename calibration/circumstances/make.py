# ruff: noqa: E501 (notes and tables of numbers are read as rows)
"""Rows on risk factors and social circumstances, from published tables.

    python calibration/circumstances/make.py FOLDER [TABLES]

FOLDER holds the published tables that README.md names; TABLES (the catalogue's own if not given) receives the rows, rows/
beside this file what is of the fit only.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import ratios as effects
from attributes import Circumstance, Life, Said
from cohort import AGES, GROUPS, SEXES, Attribute, Chain, by_age, in_bands, left_by_cohort, solve, survivors
from figures import Tables
from sources import SOURCES

from icsim.catalogue.load import TABLES

OWN = Path(__file__).parent / "rows"
LISTED = {"icsim_assumption", "sullivan_2011"}
"""Sources that other tables of the catalogue list."""
EVIDENCE = ["low", "high", "unit", "year", "standing", "source", "note"]
HEADERS = {
    "attributes": ["attribute", "level", "label", "meaning", "source"],
    "events": ["event", "label", "kind", "attribute", "from_levels", "to_level", "after_days", "pathway", "profile",
               "class_by", "smooth", "source", "note"],
    "prevalence": ["attribute", "level", "sex", "quintile", "age_from", "age_to", "value", *EVIDENCE],
    "rates": ["event", "sex", "quintile", "age_from", "age_to", "value", *EVIDENCE],
    "ratios": ["event", "attribute", "level", "value", "distribution", "causal_share", "lag_years", "design", *EVIDENCE],
    "factors": ["weight", "attribute", "level", "value", *EVIDENCE],
    "trends": ["event", "from_year", "value", *EVIDENCE],
    "sources": ["source", "title", "author", "year", "place", "url", "licence", "note"],
    "lags": ["attribute", "event", "lag_years", "source", "note"],
    "misfit": ["attribute", "level", "sex", "quintile", "age_from", "age_to", "published", "projected", "points"],
}


def number(value: float) -> str:
    """Four significant digits."""
    return f"{value:.4g}"


def ranged(value: float, said: Said, most: float = np.inf) -> list[str]:
    """value, low, high."""
    low, high = value / said.wide, min(value * said.wide, most)
    return [number(value), number(min(low, float(number(value)))), number(max(high, float(number(value))))]


def attribute_of(item: Circumstance, death: dict[str, float]) -> Attribute:
    """The circumstance as a chain of levels."""
    return Attribute(tuple(level[0] for level in item.levels), tuple(r.move for r in item.rates), item.timers, death)


def grouped(values: np.ndarray) -> np.ndarray:
    """float64[band], or [2, 5, band], as float64[10 groups, band]."""
    return np.broadcast_to(values, (2, 5, values.shape[-1])).reshape(10, -1).astype(float)


def fit(item: Circumstance, life: Life, death: dict[str, float]) -> tuple[list[np.ndarray], np.ndarray]:
    """Rates of every event float64[group, band], and projected shares float64[group, 91, level]."""
    chain = Chain(attribute_of(item, death))
    rates = [grouped(r.start) for r in item.rates]
    where = [(event, band) for event, r in enumerate(item.rates) for band in r.solved]
    start = np.zeros((10, chain.cells))
    start[:, 0] = 1.0
    mortality = life.mortality.reshape(10, AGES)
    people = survivors(mortality)
    levels = [level[0] for level in item.levels]
    fitted = item.fitted or tuple(item.shares)
    wanted = np.stack([item.shares[level].reshape(10, -1) for level in fitted], -1)
    left = left_by_cohort(item.bands, item.fall)[:, None]
    wanted = wanted * left

    def project(x: np.ndarray) -> np.ndarray:
        values = [np.broadcast_to(r, (*x.shape[:-1], r.shape[-1])).copy() for r in rates]
        for number_, (event, band) in enumerate(where):
            values[event][..., band] = np.exp(x[..., number_])
        ages = {r.move.event: by_age(r.bands, v) for r, v in zip(item.rates, values, strict=True)}
        return chain.shares(np.broadcast_to(start, (*x.shape[:-1], chain.cells)), ages, mortality)

    def residuals(x: np.ndarray) -> np.ndarray:
        found = in_bands(project(x), people, item.bands)[..., [levels.index(level) for level in fitted]]
        misfit = ((found - wanted) / left / 0.005).reshape(*x.shape[:-1], -1)
        return np.concatenate([misfit, *_smoothness(x, where, 3.0), 0.4 * (x - first)], -1)

    first = np.log(np.stack([rates[event][:, band] for event, band in where], -1)) if where else np.zeros((10, 0))
    x = solve(residuals, first) if where else first
    for number_, (event, band) in enumerate(where):
        rates[event][:, band] = np.exp(x[:, number_])
    return rates, project(x)


def _smoothness(x: np.ndarray, where: list[tuple[int, int]], weight: float) -> list[np.ndarray]:
    """Bends of the logarithm of the rates between three neighbouring bands (the first of an event left out: a ramp)."""
    bends = []
    for event in sorted({event for event, _ in where}):
        own = [at for at, (e, band) in enumerate(where) if e == event and band > 0]
        if len(own) > 2:
            values = x[..., own]
            bends.append(weight * (values[..., 2:] - 2 * values[..., 1:-1] + values[..., :-2]))
    return bends


def prevalence_rows(item: Circumstance) -> list[list[str]]:
    """Starting shares by level, band, sex and quintile."""
    rows = []
    for level, shares in item.shares.items():
        for band, (first, last) in enumerate(item.bands):
            said = item.said[level][band]
            for group, (sex, quintile) in enumerate(GROUPS):
                value = shares.reshape(10, -1)[group, band]
                rows.append([item.name, level, sex, quintile, first, last, *ranged(value, said, 1.0), "share", said.year,
                             said.standing, said.source, said.note])
    return rows


def rate_rows(item: Circumstance, rates: list[np.ndarray]) -> list[list[str]]:
    """Rates by event, band, sex and quintile; sexes or quintiles that do not differ share a row."""
    rows = []
    for found, values in zip(item.rates, rates, strict=True):
        for band, (first, last) in enumerate(found.bands):
            said = found.said
            if band not in found.solved and said.standing == "derived" and found.solved:
                said = Said("assumed", said.source, said.year, said.wide * 1.4, "Assumed, at an age at which the rate is not solved. " + said.note)
            if band in found.solved and said.standing == "assumed" and found.move.event == "weight_loss":
                said = Said("derived", said.source, said.year, said.wide, said.note)
            for sex, quintile, value in _merged(values[:, band].reshape(2, 5)):
                rows.append([found.move.event, sex, quintile, first, last, *ranged(value, said), "per person-year", said.year,
                             said.standing, said.source, said.note])
    return rows


def _merged(values: np.ndarray) -> list[tuple[str, str, float]]:
    if np.ptp(values) == 0:
        return [("*", "*", values[0, 0])]
    if np.ptp(values, 1).max() == 0:
        return [(sex, "*", values[at, 0]) for at, sex in enumerate(SEXES)]
    if np.ptp(values, 0).max() == 0:
        return [("*", str(q + 1), values[0, q]) for q in range(5)]
    return [(sex, quintile, values.reshape(10)[at]) for at, (sex, quintile) in enumerate(GROUPS)]


def event_rows(item: Circumstance) -> list[list[str]]:
    """Moves and timers of one attribute."""
    rows = [[r.move.event, r.label, "move", item.name, r.from_levels, r.move.to, "", "", "", "", "",
             r.said.source.split(";")[0], r.note] for r in item.rates]
    for level, (days, to) in item.timers.items():
        label = next(words[1] for words in item.levels if words[0] == level)
        rows.append([f"{item.name}_{level}_over", f"{label}: over", "timer", item.name, level, to, number(days), "", "", "", "",
                     "icsim_assumption", "Years since stopping lead on by themselves: the excess risk leaves by steps."])
    return rows


def own_ratio_rows(item: Circumstance) -> list[list[str]]:
    """How often an event happens at the other levels from which it can, relative to the level its rates are of."""
    rows = []
    for found in item.rates:
        for level, value in found.move.ratios.items():
            if value != 1.0:
                note = effects.OWN.get(found.move.event, "Relative to the level that the rates are of; chosen so that the shares by level and age can be met.")
                standing, source = ("derived", "hawkins_2010") if found.move.event == "smoking_relapse" else ("assumed", "icsim_assumption")
                rows.append([found.move.event, item.name, level, number(value), "lognormal", "1", "0", "solved", number(value / 1.6),
                             number(value * 1.6), "ratio", "", standing, source, note])
    return rows


def misfit_rows(item: Circumstance, life: Life, shares: np.ndarray) -> list[list[str]]:
    """Published and projected share, in percentage points."""
    levels, rows = [level[0] for level in item.levels], []
    found = in_bands(shares, survivors(life.mortality.reshape(10, AGES)), item.bands) / left_by_cohort(item.bands, item.fall)[:, None]
    for level, wanted in item.shares.items():
        for band, (first, last) in enumerate(item.bands):
            for group, (sex, quintile) in enumerate(GROUPS):
                if item.fitted and level not in item.fitted:
                    continue
                published, projected = wanted.reshape(10, -1)[group, band], found[group, band, levels.index(level)]
                rows.append([item.name, level, sex, quintile, first, last, number(published), number(projected),
                             f"{100 * (projected - published):.2f}"])
    return rows


def with_ex_smokers(item: Circumstance, life: Life, shares: np.ndarray) -> None:
    """Ex-smokers by years since stopping: recent ones, and all below 45, as the moves give them for each smoker of today;
    the rest stopped earlier.
    """
    recent = in_bands(shares, survivors(life.mortality.reshape(10, AGES)), item.bands).reshape(2, 5, len(item.bands), -1)
    current = item.shares["current"]
    recent = recent * (current / recent[..., 1])[..., None]
    share = life.quit_share(current, item.bands)
    quitters = current * share / (1 - share)
    said = Said("derived", "ons_quit_2023; ons_smoking_imd_2012; hawkins_2010", "2012-2023", 1.3,
                "Those who stopped in the last ten years: as many as the moves produce at this age.")
    rest = Said("assumed", "ons_quit_2023; ons_smoking_imd_2012", "2012-2023", 1.5,
                "Share of ever smokers who have stopped: 70.9 in 100 in all (2023), 48 to 75 from most to least deprived (2012); its course with age is assumed. Less those who stopped in the last ten years.")
    for at, level in enumerate(("ex_first_year", "ex_1_to_4", "ex_5_to_9"), 2):
        item.shares[level] = recent[..., at]
        item.said[level] = [said] * len(item.bands)
    long_ago = quitters - recent[..., 2:5].sum(-1)
    long_ago[..., :5] = recent[..., :5, 5]
    if (long_ago < 0).any():
        raise ValueError(f"More recent ex-smokers than ex-smokers: {np.argwhere(long_ago < 0).tolist()}")
    item.shares["ex_10_plus"] = long_ago
    item.said["ex_10_plus"] = [said] * 5 + [rest] * 4
    people = np.stack([life.people[..., first:last + 1].sum(-1) for first, last in item.bands], -1)[..., 2:]
    stopped = sum((item.shares[level][..., 2:] * people).sum() for level in item.timers) + (long_ago[..., 2:] * people).sum()
    print(f"smoking: {100 * stopped / (stopped + (current[..., 2:] * people).sum()):.1f} in 100 ever smokers have stopped (published 70.9)")


def replaced(path: Path, own: list[list[str]]) -> list[list[str]]:
    """The rows of attributes.csv with these in the place of those of the same attributes: the order is set by hand there."""
    with path.open(encoding="utf-8", newline="") as file:
        standing = list(csv.reader(file))[1:]
    mine, rows = {row[0] for row in own}, []
    for name in dict.fromkeys(row[0] for row in standing):
        rows += [row for row in (own if name in mine else standing) if row[0] == name]
    if missing := mine - {row[0] for row in rows}:
        raise LookupError(f"attributes.csv has no place for {sorted(missing)}")
    return rows


def write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """One table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{path.name}: {len(rows)} rows")


def main(folder: Path, out: Path) -> None:
    """Write every table."""
    life = Life(Tables(folder))
    rows: dict[str, list[list[str]]] = {name: [] for name in HEADERS}
    rows["ratios"], rows["lags"] = effects.ratio_rows(life)
    rows["factors"] = effects.factor_rows()
    death: dict[str, dict[str, float]] = {}
    for row in rows["ratios"]:
        if row[0] == "death":
            death.setdefault(row[1], {})[row[2]] = float(row[3])
    for item in life.all():
        rates, shares = fit(item, life, death.get(item.name, {}))
        if item.name == "smoking":
            with_ex_smokers(item, life, shares)
        if item.name == "body_mass":
            rows["trends"] += effects.weight_trends(item, rates, life, death["body_mass"])
        rows["attributes"] += [[item.name, *level] for level in item.levels]
        rows["events"] += event_rows(item)
        rows["prevalence"] += prevalence_rows(item)
        own = rate_rows(item, rates)
        rows["rates"] += own
        write(out / f"rates_{item.name}.csv", HEADERS["rates"], own)
        rows["ratios"] += own_ratio_rows(item)
        rows["misfit"] += misfit_rows(item, life, shares)
        points = np.array([abs(float(r[8])) for r in rows["misfit"] if r[0] == item.name])
        print(f"{item.name}: mean misfit {points.mean():.2f}, largest {points.max():.2f} percentage points")
    susceptibility = effects.susceptibility()
    for name, more in susceptibility.items():
        rows[name] += more
    used = {name.strip() for table in ("attributes", "events", "prevalence", "rates", "ratios", "factors", "trends", "lags")
            for row in rows[table] for name in str(row[HEADERS[table].index("source")]).split(";") if name.strip()}
    rows["sources"] = [row for row in SOURCES if row[0] in used]
    if missing := used - {row[0] for row in SOURCES} - LISTED:
        raise LookupError(f"Sources without a row: {sorted(missing)}")
    write(out / "attributes.csv", HEADERS["attributes"], replaced(out / "attributes.csv", rows["attributes"]))
    for name in ("events", "prevalence", "ratios", "factors", "trends", "sources"):
        write(out / f"{name}_circumstances.csv", HEADERS[name], rows[name])
    for name in ("lags", "misfit"):
        write(OWN / f"{name}.csv", HEADERS[name], rows[name])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else TABLES)
