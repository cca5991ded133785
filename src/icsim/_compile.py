"""The one place that decides how icsim's hot loops are compiled.

Numba's own cache notices an edit only in the file that holds the caller; after an edit in a helper file it runs stale
code. So the cache folder is named by a hash of all our sources, Numba, NumPy and the processor: any edit starts afresh.
Import this module before Numba, and write `@kernel` for whole loops, `@inlined` for equations they call.

ICSIM_CACHE_DIR chooses the parent folder; NUMBA_DISABLE_JIT=1 turns compilation off.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


def source_fingerprint(package: Path = _PACKAGE) -> str:
    """Hex digest of every .py file under `package`, with the versions and processor that shape machine code."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    for part in (version("numba"), version("llvmlite"), version("numpy"), sys.version, _processor()):
        digest.update(part.encode())
    return digest.hexdigest()[:20]


def _processor() -> str:
    """The processor with its features, because compiled code is tuned to them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        wanted = {line.split(":", 1)[0].strip(): line for line in lines if ":" in line}
        return "".join(wanted.get(name, "") for name in ("model name", "flags", "Features"))
    except OSError:
        return platform.processor() or platform.machine()


def _candidates() -> list[Path]:
    chosen = os.environ.get("ICSIM_CACHE_DIR")
    if chosen:
        return [Path(chosen)]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return [Path(home) / "icsim", Path(tempfile.gettempdir()) / f"icsim-{os.environ.get('USER', 'cache')}"]


def _writable(folder: Path) -> bool:
    """Whether a file can be made there; os.access is not enough for a read-only mount or a full disk."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as probe:
            probe.write(b"icsim")
            probe.flush()
    except OSError:
        return False
    return True


def _cache_folder() -> Path | None:
    """The first writable cache folder for exactly this code, or None: then nothing is cached and all still runs."""
    name = source_fingerprint()
    for parent in _candidates():
        if _writable(parent / name):
            return parent / name
    return None


CACHE_FOLDER = _cache_folder()
if CACHE_FOLDER is not None:
    os.environ["NUMBA_CACHE_DIR"] = str(CACHE_FOLDER)

import numba  # noqa: E402  (the cache folder must be set before Numba reads it)
import numpy  # noqa: E402

if CACHE_FOLDER is not None:
    setattr(numba.config, "CACHE_DIR", str(CACHE_FOLDER))

_njit: Any = numba.njit  # its annotations do not know the private option
_PLAIN = bool(getattr(numba.config, "DISABLE_JIT", 0))

if _PLAIN:
    warnings.filterwarnings("ignore", "overflow encountered in scalar", RuntimeWarning, r"icsim\.rng")  # hashes wrap

_OPTIONS: dict[str, Any] = {"nogil": True, "cache": CACHE_FOLDER is not None, "error_model": "numpy"}


def kernel(function):
    """Compile a loop: no interpreter lock, no reference counting, never fastmath (bits must not depend on the CPU).

    `_nrt=False` is a private Numba option (Numba is pinned): without it, 60–75 % of the event loop's time goes into
    counting references to its array arguments. Such a kernel cannot allocate; everything it fills is passed in.
    """
    return _njit(_nrt=False, **_OPTIONS)(function)


def equation(function):
    """Compile a small function that kernels call and Python may call too."""
    return _njit(_nrt=False, forceinline=True, **_OPTIONS)(function)


def inlined(function):
    """Compile a part of a kernel: LLVM puts it into its caller, so it costs no call. Python must not call it.

    Without that, each call copies every field of the arrays it is given: measured, the residents' sweep is 3 × slower.
    Leaving out the wrapper for Python halves the time it takes to compile.
    """
    options = dict(_nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)
    return _njit(**options)(function)


def compiled() -> bool:
    """Whether compiled code of exactly these sources lies in the cache, so that a run need not wait for it."""
    return _PLAIN or (CACHE_FOLDER is not None and any(CACHE_FOLDER.rglob("*.nbi")))


def records(shape, dtype: numpy.dtype) -> numpy.ndarray:
    """Zeroed record array; with compilation off it is one whose rows answer to `row.field`, as they do in kernels."""
    array = numpy.zeros(shape, dtype)
    return array.view(numpy.recarray) if _PLAIN else array


def bytes_of(table: numpy.ndarray) -> numpy.ndarray:
    """The rows of a record array as plain bytes, which NumPy moves at once instead of field by field."""
    return numpy.ascontiguousarray(table).view(numpy.ndarray).view(f"V{table.dtype.itemsize}")


def owned(table: numpy.ndarray) -> numpy.ndarray:
    """The table itself where it is of the kind for which kernels are compiled, else a copy that is."""
    flags = table.flags
    if not (flags.c_contiguous and flags.writeable and flags.aligned):
        return own_copy(table)
    return table.view(numpy.recarray) if _PLAIN else table.view(numpy.ndarray)


def own_copy(table: numpy.ndarray) -> numpy.ndarray:
    """A contiguous, writeable copy of a record array: the one kind of array for which kernels are compiled.

    Copied as plain bytes: NumPy copies records field by field, several times slower.
    """
    copy = bytes_of(table).copy().view(table.dtype)
    return copy.view(numpy.recarray) if _PLAIN else copy
