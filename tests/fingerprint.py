"""A hash of everything a small run puts into its frames; run as a program by the tests of order and machine.

`python fingerprint.py` prints it: one year of Testshire, two replications.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import icsim
from icsim.results import Results

FRAMES = ("cells", "waits", "pools", "population")


def fingerprint(results: Results) -> str:
    """Hex digest of the names, types and values of all frames."""
    digest = hashlib.sha256()
    for name in FRAMES:
        frame = getattr(results, name)
        for column in frame.columns:
            digest.update(f"{name}.{column}:{frame[column].dtype}:{frame[column].to_list()}".encode())
    return digest.hexdigest()


def small_run(**overrides) -> Results:
    """The run that is hashed, under the name that the baseline has."""
    results = icsim.run("testshire/baseline", **{"years": 1, "replications": 2, **overrides})
    return replace(results, name="baseline")


if __name__ == "__main__":
    print(fingerprint(small_run()))
