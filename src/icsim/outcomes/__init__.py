"""What is reported, with definitions and sources: levels, paired differences, and how well pairing worked."""

from icsim.outcomes.averted import per_averted
from icsim.outcomes.definitions import Words, words
from icsim.outcomes.overload import keeping_up, overloaded
from icsim.outcomes.pairing import pairing
from icsim.outcomes.spans import ALL_YEARS, HEADLINE_YEARS
from icsim.outcomes.summary import look, summary
from icsim.outcomes.tidy import ALL
from icsim.outcomes.values import values

__all__ = ["ALL", "ALL_YEARS", "HEADLINE_YEARS", "Words", "keeping_up", "look", "overloaded", "pairing", "per_averted",
           "summary", "values", "words"]
