"""A baseline beside published figures: targets as rows, measures of a run, how far they lie apart, and the fit to some."""

from icsim.calibration.calibrate import Calibration, Settings, calibrate
from icsim.calibration.targets import Targets, load
from icsim.calibration.validation import Validation, validate

__all__ = ["Calibration", "Settings", "Targets", "Validation", "calibrate", "load", "validate"]
