"""What is true of people and services anywhere in England, as rows with their evidence."""

from icsim.catalogue.load import Catalogue, load

__all__ = ["Catalogue", "load"]
