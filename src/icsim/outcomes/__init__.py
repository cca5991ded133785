"""What is reported, with definitions and sources: levels, paired differences, and how well pairing worked."""

from icsim.outcomes.averted import per_averted
from icsim.outcomes.definitions import Words, words
from icsim.outcomes.pairing import pairing
from icsim.outcomes.summary import look, summary
from icsim.outcomes.values import ALL, ALL_YEARS, values

__all__ = ["ALL", "ALL_YEARS", "Words", "look", "pairing", "per_averted", "summary", "values", "words"]
