"""What taking part does to branches, stays and uptake is told in plain words wherever effects are told."""

from dataclasses import replace

import pytest

import icsim
from icsim.areas.rows import Offer
from icsim.catalogue.load import ID
from icsim.report.entries import entry, entry_page
from icsim.report.systems import system, system_page
from icsim.scenario import explain

pytestmark = pytest.mark.contract

SAID = {"branch acute.on_scene.to_hospital":
        'share that goes from "Ambulance crew with the patient" to "Ambulance to hospital" (acute)',
        "branch falls.in_ae.bed": 'share that goes from "In an A&E cubicle" to "Hospital bed" (falls)',
        "stay acute.virtual_ward": 'time of "Virtual ward instead of a bed" (acute)',
        "uptake home_hazards": 'uptake of "Home hazards put right"'}


@pytest.fixture(scope="module")
def resolved():
    """Testshire, where exercise against falls does all of that."""
    found = icsim.resolve("testshire/baseline")
    known = next(row for row in found.catalogue.effects if row.programme == "falls_exercise")
    rows = [replace(known, acts_on=acts_on, value=0.9) for acts_on in SAID]
    catalogue = replace(found.catalogue, effects=tuple(replace(row, id=ID["effects"](row)) for row in rows))
    offer = Offer(programme="falls_exercise", value=10, unit="people a month", standing="derived", source="x")
    return replace(found, catalogue=catalogue, area=found.area.with_programme(offer))


def squeezed(text):
    return " ".join(text.split())


@pytest.mark.parametrize("words", SAID.values())
def test_an_effect_is_told_in_plain_words(resolved, words):
    catalogue = resolved.catalogue
    assert f"{words} × 0.9" in squeezed("\n".join(explain(resolved).lines()))
    assert f"({words}) = 0.9 ratio" in squeezed(entry_page(entry(catalogue, resolved.area, "falls_exercise")))
    row = next(row for row in catalogue.systems if "programme falls_exercise" in row.means)
    assert f"falls_exercise: {words} × 0.9" in squeezed(system_page(system(catalogue, row)))
