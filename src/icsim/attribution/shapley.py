"""Who gets how much of what several do together: Shapley values, in whole numbers.

Let the groups be added one after the other, in each of the n! orders, and note what each adds when its turn comes. A group's
Shapley value is the mean of that over all orders (Shapley 1953). The values of all groups add up to what they do together.
So that this holds to the last digit, sums over orders are kept, and divided by n! only where people read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import Any

Set = frozenset[str]


def subsets(groups: Sequence[str]) -> Iterator[Set]:
    """Every set of groups: none, then one, then two …, all of them last."""
    for size in range(len(groups) + 1):
        yield from map(frozenset, combinations(groups, size))


def over_orders(worth: Mapping[Set, Any], groups: Sequence[str]) -> dict[str, Any]:
    """n! × the Shapley value of each group: what it adds, summed over all orders.

    worth: of every set of groups, a whole number or an array of them (of any size: dtype object). A set S comes just before
    a group in |S|! × (n − |S| − 1)! of the orders.
    """
    n = len(groups)
    return {group: sum(factorial(len(before)) * factorial(n - len(before) - 1) * (worth[before | {group}] - worth[before])
                       for before in worth if group not in before)
            for group in groups}


def alone(worth: Mapping[Set, Any], groups: Sequence[str]) -> dict[str, Any]:
    """What each group does alone."""
    return {group: worth[frozenset({group})] - worth[frozenset()] for group in groups}
