"""A baseline beside published figures: targets as rows, measures of what a run leaves, and how far they lie apart."""

from icsim.calibration.targets import Targets, load
from icsim.calibration.validation import Validation, validate

__all__ = ["Targets", "Validation", "load", "validate"]
