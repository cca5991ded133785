"""Memory that is freed is kept for the next beat.

Every beat fills tables of some megabytes and forgets them. By default the C library gives such memory back to the system,
which hands it out again page by page, zeroed: measured, a fifteenth of the time of a replication.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Names of the settings in malloc.h of the GNU C library; other libraries do not know them, and are left as they are."""
_KEPT_BYTES, _LARGEST_BYTES = 128 << 20, 32 << 20


def keep_freed() -> None:
    """Up to _KEPT_BYTES that lie free together stay with the process; so do arrays of up to _LARGEST_BYTES."""
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST_BYTES)
