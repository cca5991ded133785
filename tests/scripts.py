"""Scripts of `calibration/` as modules, so that tests can call them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

CALIBRATION = Path(__file__).parents[1] / "calibration"


def script(folder: str, name: str) -> ModuleType:
    """calibration/FOLDER/NAME.py under a name of its own: other folders have scripts of the same name."""
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", CALIBRATION / folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(CALIBRATION / folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(CALIBRATION / folder))
    return module
