"""Rules on single rows: numbers with evidence within bounds, words from closed lists, names that resolve."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from icsim.catalogue.load import Catalogue
from icsim.catalogue.row_rules.common import (
    Tables,
    assignment,
)
from icsim.catalogue.row_rules.costs import costs_are_sound, staff_is_sound, systems_are_sound
from icsim.catalogue.row_rules.events import (
    PROFILE_PARTS,
    classes_are_sound,
    conditions_can_be_read,
    events_are_whole,
    profile_indices_are_known,
)
from icsim.catalogue.row_rules.names import (
    DISTRIBUTIONS,
    SHIFT_END,
    ids_are_unique,
    levels_resolve,
    names_resolve,
    sets_resolve,
    words_are_known,
)
from icsim.catalogue.row_rules.numbers import (
    UNITS,
    ages_run_upwards,
    bounds_of,
    corrections_are_sound,
    discounting_starts_at_once,
    exponents_are_sound,
    numbers_have_evidence,
    ratios_are_sound,
    sources_agree,
    values_lie_in_bounds,
    years_are_written_in_full,
)
from icsim.catalogue.row_rules.pressure_and_holds import (
    congestion_is_whole,
    long_holds_are_sound,
)
from icsim.catalogue.row_rules.programmes import (
    effects_are_sound,
    moves_are_sound,
    programmes_are_whole,
    scores_are_sound,
    shares_of_programmes_are_sound,
)
from icsim.catalogue.row_rules.services import (
    LAST_PRIORITY,
    MOST_LIMITS,
    limits_can_be_read,
    measures_fit,
    quantities_are_sound,
    queue_limits_are_sound,
    refusals_are_known,
    steps_and_outcomes_differ,
    steps_resolve,
)
from icsim.errors import Problem

__all__ = ["DISTRIBUTIONS", "LAST_PRIORITY", "MOST_LIMITS", "PROFILE_PARTS", "ROW_RULES", "SHIFT_END", "UNITS", "Tables",
           "assignment", "bounds_of"]

ROW_RULES: tuple[Callable[[Tables, Catalogue], Iterable[Problem]], ...] = (
    numbers_have_evidence,
    values_lie_in_bounds,
    ratios_are_sound,
    exponents_are_sound,
    corrections_are_sound,
    ages_run_upwards,
    ids_are_unique,
    words_are_known,
    names_resolve,
    measures_fit,
    limits_can_be_read,
    congestion_is_whole,
    years_are_written_in_full,
    discounting_starts_at_once,
    long_holds_are_sound,
    levels_resolve,
    events_are_whole,
    sets_resolve,
    steps_resolve,
    steps_and_outcomes_differ,
    refusals_are_known,
    profile_indices_are_known,
    quantities_are_sound,
    queue_limits_are_sound,
    classes_are_sound,
    conditions_can_be_read,
    programmes_are_whole,
    scores_are_sound,
    shares_of_programmes_are_sound,
    effects_are_sound,
    moves_are_sound,
    costs_are_sound,
    staff_is_sound,
    systems_are_sound,
    sources_agree,
)
"""Rules on single rows and names."""
