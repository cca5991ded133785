"""icsim: what would shifting money to prevention change? A simulation engine for England's integrated care systems.

    >>> import icsim
    >>> pair = icsim.compare("baseline", "falls_vehicles", replications=2)      # doctest: +SKIP
    >>> print(icsim.page(pair))                                                # doctest: +SKIP

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icsim import catalogue
    from icsim.api import (
        check,
        compare,
        differing,
        estimate,
        explain,
        find,
        life,
        look_up,
        new,
        page,
        people,
        picture,
        read,
        resolve,
        run,
        save,
        summary,
        validate,
        write_people,
    )
    from icsim.calibration import Validation
    from icsim.errors import (
        CatalogueError,
        EngineError,
        IcsimError,
        InputError,
        NotEnoughMemoryError,
        Problem,
        ResultsError,
        ScenarioError,
    )
    from icsim.lives import Lives
    from icsim.memory_and_time import Estimate
    from icsim.results import Comparison, Results
    from icsim.scenario import Explanation, Resolved, Scenario

    __version__: str

_HOMES = {
    "icsim.api": ("check", "compare", "differing", "estimate", "explain", "find", "life", "look_up", "new", "page",
                  "people", "picture", "read", "resolve", "run", "save", "summary", "validate", "write_people"),
    "icsim.calibration": ("Validation",),
    "icsim.errors": ("CatalogueError", "EngineError", "IcsimError", "InputError", "NotEnoughMemoryError", "Problem",
                     "ResultsError", "ScenarioError"),
    "icsim.lives": ("Lives",),
    "icsim.memory_and_time": ("Estimate",),
    "icsim.results": ("Comparison", "Results"),
    "icsim.scenario": ("Explanation", "Resolved", "Scenario"),
}
"""Module → the public names that live in it."""
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = ["CatalogueError", "Comparison", "EngineError", "Estimate", "Explanation", "IcsimError", "InputError", "Lives",
           "NotEnoughMemoryError", "Problem", "Resolved", "Results", "ResultsError", "Scenario", "ScenarioError",
           "Validation", "__version__", "catalogue", "check", "compare", "differing", "estimate", "explain", "find", "life",
           "look_up", "new", "page", "people", "picture", "read", "resolve", "run", "save", "summary", "validate",
           "write_people"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("icsim")
    if name == "catalogue":
        return import_module("icsim.catalogue")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'icsim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
