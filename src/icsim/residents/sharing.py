"""How several threads share the work on residents: each takes the next piece of the rows when it is free.

Birthdays of one month lie together in memory, so equal shares of the rows would not be equal shares of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np

Work = Callable[[int, int, int], None]
"""Called with the number of a worker, and the rows from and up to which it is to work."""
Pieces = Iterator[tuple[int, int]]
T = TypeVar("T")


class Crew:
    """This thread, which is worker 0, and as many others as make up `workers`."""

    def __init__(self, workers: int):
        self.workers = workers
        self._others = ThreadPoolExecutor(workers - 1) if workers > 1 else None

    def share(self, first: int, last: int, size: int, work: Work) -> None:
        """All of first … last, in pieces of about `size` rows; at once where there is nothing to share.

        A piece costs 50 µs, which is what it takes to hand a kernel the arrays of the model.
        """
        if self.workers == 1 or last - first < size:
            return work(0, first, last)
        return self.begin(first, last, size, work)()

    def begin(self, first: int, last: int, size: int, work: Work) -> Callable[[], None]:
        """The others begin, while this thread does something else; what is returned lets it join them until all is done."""
        pieces = _pieces(first, last, size)
        begun = [self._others.submit(_take, pieces, work, n) for n in range(1, self.workers)] if self._others else []

        def join() -> None:
            _take(pieces, work, 0)
            for other in begun:
                if not other.cancel():  # whoever is still at something else has nothing left to do here
                    other.result()

        return join

    def meanwhile(self, task: Callable[[], T]) -> Callable[[], T]:
        """One of the others does this, while this thread does something else; what is returned waits for what comes of it.
        Where there are no others, this thread does it then.
        """
        return self._others.submit(task).result if self._others else task

    def close(self) -> None:
        """The other threads end."""
        if self._others:
            self._others.shutdown()


def _pieces(first: int, last: int, size: int) -> Pieces:
    """Whoever asks for the next piece gets one that nobody else has."""
    cuts = np.linspace(first, last, max((last - first) // size, 1) + 1).astype(int).tolist()
    return iter(list(pairwise(cuts)))


def _take(pieces: Pieces, work: Work, n: int) -> None:
    """Worker n works on piece after piece until none is left."""
    for first, last in pieces:
        work(n, first, last)
