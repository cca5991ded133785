"""Single residents: one life under two scenarios, whose lives differ, and a sample of everybody."""

from icsim.lives.crowd import END, START, differing, population
from icsim.lives.follow import follow, follow_all, key_of
from icsim.lives.pair import Both, Lives
from icsim.lives.timeline import Entry, Life, Move, Stretch

__all__ = ["END", "START", "Both", "Entry", "Life", "Lives", "Move", "Stretch", "differing", "follow", "follow_all",
           "key_of", "population"]
