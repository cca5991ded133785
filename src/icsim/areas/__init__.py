"""Areas: places, their residents, who moves in and out, and the services that stand there."""

from icsim.areas.load import Area, load, names

__all__ = ["Area", "load", "names"]
