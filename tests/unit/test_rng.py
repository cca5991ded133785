"""Random numbers: arithmetic to its stated accuracy, addresses without pattern, and bits that nobody changes unnoticed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from icsim import rng
from icsim._compile import kernel

pytestmark = pytest.mark.unit

MASK = 2**64 - 1
ALPHA = 0.001


@kernel
def _logs(x, out):
    for n in range(x.shape[0]):
        out[n] = rng.log(x[n])


@kernel
def _exps(x, out):
    for n in range(x.shape[0]):
        out[n] = rng.exp(x[n])


@kernel
def _exponentials(x, out):
    for n in range(x.shape[0]):
        out[n] = rng.exponential(x[n])


@kernel
def _normals(x, out):
    for n in range(x.shape[0]):
        out[n] = rng.normal(x[n])


@kernel
def _addresses(stream, keys, counts, out):
    for n in range(keys.shape[0]):
        out[n] = rng.address(stream, keys[n], counts[n])


@kernel
def _draws(stream, keys, counts, out):
    for n in range(keys.shape[0]):
        out[n] = rng.draw(stream, keys[n], counts[n])


def of(loop, x: np.ndarray) -> np.ndarray:
    out = np.empty(len(x))
    loop(x, out)
    return out


def addresses(keys, counts=None, name: str = "test", seed: int = 1) -> np.ndarray:
    keys = np.asarray(keys, np.uint64)
    counts = np.zeros(len(keys), np.uint64) if counts is None else np.asarray(counts, np.uint64)
    out = np.empty(len(keys), np.uint64)
    _addresses(rng.stream(seed, name), keys, counts, out)
    return out


def draws(keys, counts=None, name: str = "test", seed: int = 1) -> np.ndarray:
    return np.array((addresses(keys, counts, name, seed) >> np.uint64(12)).astype(float) + 0.5) / 2.0**52


SHARES = np.unique(np.concatenate([
    np.linspace(1e-6, 1 - 1e-6, 200_001), np.logspace(-15.5, -1, 20_001), 1 - np.logspace(-15.5, -1, 20_001)]))
"""From 3e-16 to 1 − 3e-16, close together at both ends."""
POSITIVE = np.concatenate([np.logspace(-307, 307, 100_001), np.linspace(0.5, 2, 100_001), 1 + np.logspace(-15, -1, 999)])


# Arithmetic -----------------------------------------------------------------------------------------------------------


def test_log_is_right_to_the_last_bits():
    truth = np.array([math.log(x) for x in POSITIVE])
    error = np.abs(of(_logs, POSITIVE) - truth)
    assert (error <= 4e-16 * np.abs(truth)).all()


def test_log_at_its_turning_points():
    assert rng.log(1.0) == 0.0
    for x in (2.0, 0.5, 2**0.5, math.nextafter(2**0.5, 2), 0.5**0.5, 2.0**1023, 2.0**-1022):
        assert rng.log(x) == pytest.approx(math.log(x), rel=4e-16)


def test_exp_is_right_to_the_last_bits_and_stays_finite():
    x = np.linspace(-700, 700, 200_001)
    truth = np.array([math.exp(value) for value in x])
    assert (np.abs(of(_exps, x) - truth) <= 4e-16 * truth).all()
    assert rng.exp(0.0) == 1.0
    assert rng.exp(1e6) == rng.exp(700.0) < math.inf
    assert rng.exp(-1e6) == rng.exp(-700.0) > 0.0


def test_exponential_is_minus_the_logarithm_of_what_is_left():
    truth = np.array([-math.log(1.0 - u) for u in SHARES])
    assert (np.abs(of(_exponentials, SHARES) - truth) <= 1e-10 * truth).all()
    assert abs(rng.exponential(0.5) - math.log(2)) < 1e-10


def test_normal_agrees_with_scipy():
    assert np.abs(of(_normals, SHARES) / stats.norm.ppf(SHARES) - 1)[np.abs(SHARES - 0.5) > 1e-5].max() < 1e-13
    assert rng.normal(0.5) == 0.0
    assert rng.normal(0.975) == pytest.approx(1.959963984540054, rel=1e-15)


def test_normal_is_odd():
    u = np.arange(1, 2**12) / 2.0**13  # 1 − u is exact
    assert (of(_normals, u) == -of(_normals, 1 - u)).all()


@pytest.mark.parametrize("loop", [_exponentials, _normals, _logs])
def test_inverse_distribution_functions_never_fall(loop):
    assert (np.diff(of(loop, SHARES)) >= 0).all()
    seams = np.concatenate([_around(x) for x in (0.075, 0.925, 0.5, 0.25, 2**-0.5, 1 - 2**-0.5, math.exp(-25))])
    values = of(loop, seams).reshape(-1, 2001)
    scale = np.abs(values).max(axis=1, keepdims=True)
    assert (np.diff(values, axis=1) >= -1e-15 * scale - 1e-15).all()


def _around(x: float) -> np.ndarray:
    """2001 neighbouring numbers."""
    return x + np.arange(-1000, 1001) * np.spacing(x)


# Uniform numbers ------------------------------------------------------------------------------------------------------


def test_uniform_numbers_lie_strictly_inside_zero_and_one():
    low, high = rng.uniform(np.uint64(0)), rng.uniform(np.uint64(MASK))
    assert 0.0 < low == 2.0**-53
    assert 1.0 > high == 1.0 - 2.0**-53
    assert math.isfinite(rng.exponential(high))
    assert rng.exponential(low) > 0.0
    assert -9 < rng.normal(low) < rng.normal(high) < 9


def test_draws_are_even_and_read_the_address():
    keys = np.arange(200_000)
    found = np.empty(len(keys))
    _draws(rng.stream(1, "test"), keys.astype(np.uint64), np.zeros(len(keys), np.uint64), found)
    assert (found == draws(keys)).all()
    assert stats.kstest(found, "uniform").pvalue > ALPHA
    assert stats.kstest(draws(np.zeros(200_000), keys), "uniform").pvalue > ALPHA


# Addresses ------------------------------------------------------------------------------------------------------------


def _bytes_chi_square(bits: np.ndarray) -> float:
    """Smallest p of the eight bytes being even, times eight."""
    table = bits.view(np.uint8).reshape(-1, 8)
    return 8 * min(stats.chisquare(np.bincount(table[:, b], minlength=256)).pvalue for b in range(8))


@pytest.mark.parametrize("counting", ["keys", "counts", "both", "high bits"])
def test_bits_of_neighbouring_addresses_are_even(counting):
    n = np.arange(2**17, dtype=np.uint64)
    keys = {"keys": n, "counts": np.full_like(n, 77), "both": n // np.uint64(64), "high bits": n << np.uint64(47)}[counting]
    counts = {"keys": None, "counts": n, "both": n % np.uint64(64), "high bits": None}[counting]
    found = addresses(keys, counts)
    assert len(np.unique(found)) == len(n)
    assert _bytes_chi_square(found) > ALPHA
    ones = ((found[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)).sum(axis=0)
    assert (abs(ones - len(n) / 2) < 5 * (len(n) / 4) ** 0.5).all()


def test_every_bit_of_the_address_flips_half_of_the_result():
    keys = np.arange(4096, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    plain = addresses(keys)
    for bit in range(64):
        flipped = addresses(keys ^ np.uint64(1 << bit)) ^ plain
        share = ((flipped[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)).mean(axis=0)
        assert abs(share - 0.5).max() < 6 * 0.5 / 4096**0.5, bit


def test_names_and_seeds_share_nothing():
    keys, names = np.arange(50_000), [(1, "clock.fall"), (1, "clock.death"), (1, "clock.falls"), (2, "clock.fall"),
                                      (0, "clock.fall"), (2**40, "clock.fall")]
    found = np.array([draws(keys, name=name, seed=seed) for seed, name in names])
    correlation = np.corrcoef(found) - np.eye(len(names))
    assert abs(correlation).max() < 5 / len(keys) ** 0.5
    shifted = [np.corrcoef(found[0, :-lag], found[0, lag:])[0, 1] for lag in (1, 2, 3, 64, 1000)]
    assert max(map(abs, shifted)) < 5 / len(keys) ** 0.5


def test_the_name_and_the_seed_of_a_stream_do_not_run_together():
    assert rng.stream(1, "2x") != rng.stream(12, "x")
    assert len({int(rng.stream(seed, "a")) for seed in (*range(1000), 65_536, 2**32, 2**64, 2**100)}) == 1004
    with pytest.raises(ValueError, match="-1"):
        rng.stream(-1, "a")


# Golden bits ----------------------------------------------------------------------------------------------------------


def _mix(x: int) -> int:
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def _address(stream: int, key: int, n: int) -> int:
    first = _mix((stream + (key ^ (key >> 31)) * 0xD1342543DE82EF95) & MASK)
    return _mix((first + (n + 1) * 0x9E3779B97F4A7C15) & MASK)


def test_the_mixer_is_that_of_splitmix64():
    """First outputs of SplitMix64 from seed 0 (Vigna 2015, splitmix64.c): the mixer at multiples of the golden gamma."""
    gamma = 0x9E3779B97F4A7C15
    found = [int(rng.mix(np.uint64(n * gamma & MASK))) for n in (1, 2, 3)]
    assert found == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@pytest.mark.parametrize("address", [(0, 0, 0), (1, 2, 3), (MASK, MASK, 65_535), (2**63, 12_345_678_901, 7)])
def test_addresses_are_those_of_whole_number_arithmetic(address):
    stream, key, n = address
    assert int(rng.address(np.uint64(stream), np.uint64(key), np.uint64(n))) == _address(stream, key, n)


GOLDEN = {
    "stream": 0x15b241bd55f8d11b,
    "address": 0x5d1daa38d7d4bafa,
    "draw": "0x1.7476a8e35f52ep-2",
    "exponential as a clock": "0x1.cefd5e0000000p-2",
    "normal": "-0x1.64dc1b1de6191p-2",
    "log": "-0x1.02e6b37e6b691p+0",
    "exp": "0x1.704e132e10602p+0",
}
"""Written down once: results of any earlier version can only be repeated while these stand."""


def test_golden_bits():
    assert int(rng.stream(1, "clock.death")) == GOLDEN["stream"]
    assert int(rng.address(rng.stream(1, "clock.death"), np.uint64(42), np.uint64(0))) == GOLDEN["address"]
    u = rng.draw(rng.stream(1, "clock.death"), np.uint64(42), 0)
    assert u.hex() == GOLDEN["draw"]
    assert np.float32(rng.exponential(u)).item().hex() == GOLDEN["exponential as a clock"]
    assert rng.normal(u).hex() == GOLDEN["normal"]
    assert rng.log(u).hex() == GOLDEN["log"]
    assert rng.exp(u).hex() == GOLDEN["exp"]
