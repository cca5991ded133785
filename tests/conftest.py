"""Shared by all tests. Lying here, it also lets them import the helpers beside it (`pathways`)."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("icsim", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("icsim")
