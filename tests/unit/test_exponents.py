"""Exponents: how much of a ratio counts where several attributes stand for the same harm."""

from dataclasses import replace

import numpy as np
import pytest

from icsim import areas, catalogue
from icsim.catalogue.rows import Exponent
from icsim.residents import anchor
from icsim.residents.layout import layout_of

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def tables():
    loaded = catalogue.load()
    area = areas.load("testshire")
    return loaded, layout_of(loaded, area), area


def with_exponents(loaded, **values):
    """The catalogue with these exponents of death alone, by attribute; `every` stands for all."""
    rows = (Exponent(event="death", attribute="*" if a == "every" else a, value=v) for a, v in values.items())
    return replace(loaded, exponents=tuple(rows))


def ratio(tables, loaded, event, attribute, level):
    _, layout, area = tables
    at = layout.attribute(attribute), layout.level(attribute, level), layout.number(event)
    return anchor.ratios(loaded, layout, area)[at]


def test_without_a_row_a_ratio_counts_in_full(tables):
    plain = with_exponents(tables[0])
    assert ratio(tables, plain, "death", "frailty", "severe") == plain.row("ratio.death.frailty.severe").value


def test_the_row_of_an_attribute_goes_before_that_of_all(tables):
    loaded = with_exponents(tables[0], every=0.5, frailty=0.25)
    severe = loaded.row("ratio.death.frailty.severe").value
    smokes = loaded.row("ratio.death.smoking.current").value
    assert ratio(tables, loaded, "death", "frailty", "severe") == pytest.approx(severe**0.25, rel=1e-8)
    assert ratio(tables, loaded, "death", "smoking", "current") == pytest.approx(smokes**0.5, rel=1e-8)
    assert ratio(tables, loaded, "fall", "frailty", "severe") == loaded.row("ratio.fall.frailty.severe").value


def test_what_rates_mean_has_no_exponent(tables):
    """An event's own attribute, and the gradient by quintile."""
    every = tuple(Exponent(event=event, attribute="*", value=0.5) for event in ("frailty_worsens", "crisis"))
    loaded = replace(tables[0], exponents=every)
    own = loaded.row("ratio.frailty_worsens.frailty.moderate").value
    poorest = loaded.row("ratio.crisis.quintile.1").value
    assert ratio(tables, loaded, "frailty_worsens", "frailty", "moderate") == own
    assert ratio(tables, loaded, "crisis", "quintile", "1") == poorest
    assert ratio(tables, loaded, "crisis", "isolation", "often") != loaded.row("ratio.crisis.isolation.often").value


def test_a_scenario_that_changes_a_ratio_or_an_exponent_is_heard(tables):
    loaded = tables[0]
    changed = loaded.with_value("ratio.death.smoking.current", 4.0)
    less = loaded.with_value("exponent.death.smoking", 0.25)
    before, after, weaker = (ratio(tables, each, "death", "smoking", "current") for each in (loaded, changed, less))
    assert weaker < before < after
    assert after == pytest.approx(np.sqrt(4.0), rel=1e-8)
