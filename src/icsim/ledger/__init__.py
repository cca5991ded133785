"""The budget ledger: money that moves between lines, month by month, and the servers and places that follow it."""

from icsim.ledger.book import ENTRY, Book
from icsim.ledger.ledger import Funded, Ledger

__all__ = ["ENTRY", "Book", "Funded", "Ledger"]
