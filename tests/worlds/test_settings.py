"""No setting of a run is a flag that changes nothing: each changes the results, or is declared not to."""

from datetime import date

import fingerprint
import pytest

from icsim.scenario.differences import NO_RESULT
from icsim.scenario.models import Run

pytestmark = pytest.mark.worlds

OTHER = {"start": date(2025, 5, 1), "years": 2, "replications": 1, "seed": 2, "heartbeat": "week", "services": False,
         "warm_up_months": 0, "growth": False}
"""Another value of each setting that changes results; growth begins in the second year."""
SAME = {"engine": "reference", "threads": 1, "staff": False, "staff_first": ["falls_vehicles"]}
"""Those that change none: decision records and the tests of threads and engines say why. Staff limit only what a scenario
adds (`test_staff_limits`)."""


def test_every_setting_is_one_or_the_other():
    assert set(OTHER) | set(SAME) == set(Run.model_fields)
    assert set(SAME) >= NO_RESULT


@pytest.mark.parametrize("setting", OTHER)
def test_a_setting_changes_the_results(setting):
    usual = {"years": 2, "replications": 2} if setting == "growth" else {"years": 1, "replications": 2}
    one, other = (fingerprint.fingerprint(fingerprint.small_run(**chosen)) for chosen in
                  (usual, usual | {setting: OTHER[setting]}))
    assert one != other


@pytest.mark.parametrize("setting", SAME)
def test_the_others_change_none(setting):
    one, other = (fingerprint.fingerprint(fingerprint.small_run(**chosen)) for chosen in ({}, {setting: SAME[setting]}))
    assert one == other
