"""Demands: their severities, classes and profiles of season, weekday and hour, from rows to arrays."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from icsim.catalogue import expand, when
from icsim.catalogue.load import Catalogue
from icsim.catalogue.profiles import cumulative_hours, relative
from icsim.residents import model as m
from icsim.residents.layout import Layout, settings
from icsim.state import AGES, SEXES


def demand_kinds(layout: Layout) -> np.ndarray:
    demand = np.full(layout.numbers, -1, np.int32)
    for d, event in enumerate(layout.demands):
        demand[layout.number(event)] = d
    return demand


def severities(catalogue: Catalogue, layout: Layout) -> dict[str, np.ndarray]:
    """Cumulative shares (mildest first), and what each severity sets at once."""
    kinds = max(len(layout.demands), 1)
    most = max((len(catalogue.severities_of(event)) for event in layout.demands), default=1)
    cumulative = np.ones((kinds, SEXES, AGES, most), np.float32)
    attribute, level = np.full((kinds, most, 2), -1, np.int16), np.zeros((kinds, most, 2), np.int16)
    for d, event in enumerate(layout.demands):
        names = catalogue.severities_of(event)
        if not names:
            continue
        shares = [
            expand.expand_ages([r for r in catalogue.severity_shares if (r.event, r.severity) == (event, name)])[:, 0]
            for name in names
        ]
        shares[0] = 1.0 - np.sum([np.zeros((SEXES, AGES)), *shares[1:]], axis=0)
        cumulative[d, :, :, : len(names) - 1] = np.cumsum(shares, axis=0)[:-1].transpose(1, 2, 0)
        for v, row in enumerate(r for r in catalogue.severities if r.event == event):
            for n, (name, value) in enumerate(settings(row.sets)):
                attribute[d, v, n], level[d, v, n] = layout.attribute(name), layout.level(name, value)
    return {"severity_cumulative": cumulative, "severity_attribute": attribute, "severity_level": level}


def classes(catalogue: Catalogue, layout: Layout) -> dict[str, np.ndarray]:
    kinds = max(len(layout.demands), 1)
    class_bys = [layout.events[layout.number(event) - 1].class_by for event in layout.demands]
    most = max((len(when.parts_of(class_by)) for class_by in class_bys), default=1)
    part, size = np.full((kinds, most), m.CLASS_NONE, np.int16), np.ones((kinds, most), np.int16)
    age = np.zeros((kinds, AGES), np.uint8)
    for d, (event, class_by) in enumerate(zip(layout.demands, class_bys, strict=True)):
        for n, name in enumerate(when.parts_of(class_by)):
            if name == "severity":
                part[d, n], size[d, n] = m.CLASS_SEVERITY, len(catalogue.severities_of(event))
            elif name == "age":
                groups = when.age_groups(class_by)
                part[d, n], size[d, n] = m.CLASS_AGE, len(groups)
                age[d] = np.searchsorted([group.first for group in groups], np.arange(AGES), side="right") - 1
            else:
                part[d, n], size[d, n] = layout.attribute(name), len(layout.levels[name])
    return {"class_part": part, "class_size": size, "class_age": age}


def profiles(catalogue: Catalogue, layout: Layout, start: date, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Acceptance float32[D, day], peak of season × weekday by event float64[K], hours float64[D, 25]."""
    kinds = max(len(layout.demands), 1)
    accept, hours = np.ones((kinds, days + 1), np.float32), np.tile(np.arange(25) / 24, (kinds, 1))
    peaks = np.ones(layout.numbers)
    dates = [start + timedelta(n) for n in range(days + 1)]
    month, weekday = np.array([d.month - 1 for d in dates]), np.array([d.weekday() for d in dates])
    for d, event in enumerate(layout.demands):
        profile = layout.events[layout.number(event) - 1].profile
        by_month, by_weekday = (relative(catalogue, profile, part) for part in ("month", "weekday"))
        peak = by_month.max() * by_weekday.max()
        peaks[layout.number(event)] = peak
        accept[d] = by_month[month] * by_weekday[weekday] / peak
        hours[d] = cumulative_hours(catalogue, profile)
    return accept, peaks, hours
