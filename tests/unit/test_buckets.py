"""The buckets in which waits are counted."""

import numpy as np
import pytest

from icsim.buckets import BUCKETS, EDGES_MS, bucket_of, quantile

pytestmark = pytest.mark.unit


def test_edges_double_every_second_bucket_from_thirty_seconds():
    assert EDGES_MS[0] == 0
    assert EDGES_MS[1] == 30_000
    assert EDGES_MS[2] == 42_426
    assert all(EDGES_MS[3::2] == 30_000 * 2 ** np.arange(1, 32))
    assert EDGES_MS.dtype == np.int64


@pytest.mark.parametrize(
    ("ms", "bucket"), [(0, 0), (1, 1), (29_999, 1), (42_425, 1), (42_426, 2), (59_999, 2), (60_000, 3), (2**62, 63)]
)
def test_a_wait_falls_into_the_bucket_that_covers_it(ms, bucket):
    assert bucket_of(ms) == bucket


def test_every_edge_opens_its_own_bucket():
    for bucket in range(2, BUCKETS):
        assert bucket_of(int(EDGES_MS[bucket])) == bucket
        assert bucket_of(int(EDGES_MS[bucket]) - 1) == bucket - 1


def test_no_cases_have_no_quantile():
    assert quantile(np.zeros(BUCKETS, np.int64), 0.5) is None


def test_a_quantile_lies_on_the_log_scale_within_its_bucket():
    counts = np.zeros(BUCKETS, np.int64)
    counts[0], counts[3] = 50, 50
    assert quantile(counts, 0.4) == 0.0
    assert quantile(counts, 0.75) == pytest.approx(60_000 * (84_852 / 60_000) ** 0.5)
    assert quantile(counts, 1.0) == pytest.approx(84_852)


def test_quantiles_of_a_sample_are_within_one_bucket_of_the_exact_ones():
    waits = np.random.default_rng(7).lognormal(14, 1, 20_000).astype(np.int64)
    counts = np.bincount([bucket_of(int(ms)) for ms in waits], minlength=BUCKETS)
    for q in (0.1, 0.5, 0.9, 0.99):
        assert 2**-0.5 < quantile(counts, q) / np.quantile(waits, q) < 2**0.5


def test_a_kernel_can_use_the_same_function():
    from icsim._compile import equation, kernel

    compiled = equation(bucket_of)

    @kernel
    def fill(waits, out):
        for i in range(waits.size):
            out[i] = compiled(waits[i])

    waits = np.concatenate([EDGES_MS, EDGES_MS - 1, EDGES_MS + 1])
    out = np.empty(waits.size, np.int64)
    fill(waits, out)
    assert out.tolist() == [bucket_of(int(ms)) for ms in waits]
