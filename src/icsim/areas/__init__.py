"""Areas: places, their residents, who moves in and out, and the services that stand there."""

from icsim.areas.load import Area, load, names
from icsim.areas.moves import arrival_factors, arrivals, leaving_factor, leaving_rates

__all__ = ["Area", "arrival_factors", "arrivals", "leaving_factor", "leaving_rates", "load", "names"]
