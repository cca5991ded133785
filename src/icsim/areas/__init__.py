"""Areas: places, their residents, who moves in and out, and the services that stand there."""

from icsim.areas.load import Area, load, names
from icsim.areas.moves import arrivals, leaving_rates

__all__ = ["Area", "arrivals", "leaving_rates", "load", "names"]
