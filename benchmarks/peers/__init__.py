"""The same work as peers would do it. Nothing of icsim is imported here."""
