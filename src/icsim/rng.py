"""Luck is addressed, not consumed: every random number is a pure function of what it decides and for whom.

`draw(stream, key, n)` hashes the name of a decision (with the seed already mixed in), the key of the resident or case,
and a count. Nothing is remembered, so nothing depends on order, on threads, or on who else exists.

The mixer is the 64-bit finaliser of David Stafford's variant 13 (used by SplitMix64; Steele, Lea & Flood 2014), applied
once to each part of the address. Inverse distribution functions are our own arithmetic (+ − × ÷ √ only, all exact under
IEEE 754): the standard library's log and exp differ in their last bits between processors.
"""

from __future__ import annotations

import hashlib

import numpy as np

from icsim._compile import equation

U64 = np.uint64
_GOLDEN = U64(0x9E3779B97F4A7C15)
_ODD = U64(0xD1342543DE82EF95)
_M1, _M2 = U64(0xBF58476D1CE4E5B9), U64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = U64(30), U64(27), U64(31), U64(12)
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10


def stream(seed: int, name: str) -> np.uint64:
    """The address of a decision: a 64-bit hash of the seed and the decision's name.

    Any non-negative seed works, as large as you like; two seeds, or two names, share nothing.
    """
    if seed < 0:
        raise ValueError(f"a seed must be 0 or more, not {seed}")
    digest = hashlib.blake2b(f"{seed}\x1f{name}".encode(), digest_size=8).digest()
    return U64(int.from_bytes(digest, "little"))


@equation
def mix(x):
    """Scramble 64 bits so that every input bit flips each output bit with probability one half."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@equation
def address(stream, key, n):
    """64 random bits for decision `stream` (uint64), entity `key` (uint64) and count `n` (uint64)."""
    return mix(mix(stream + (key ^ (key >> _S31)) * _ODD) + (n + U64(1)) * _GOLDEN)


@equation
def uniform(bits):
    """64 bits → a float64 strictly between 0 and 1: multiples of 2⁻⁵², shifted by half a step.

    With 53 bits the half step would not fit beside the largest, and it would be rounded to 1.
    """
    return (np.float64(np.int64(bits >> _S12)) + 0.5) * 2.220446049250313e-16


@equation
def draw(stream, key, n):
    """The uniform number in (0, 1) at this address."""
    return uniform(address(stream, key, U64(n)))


@equation
def log(x):
    """Natural logarithm of a positive normal float64, to 4e-16 relative, from + − × ÷ alone.

    Reduces x to m·2ᵉ with m in [√½, √2), then sums the series of atanh((m−1)/(m+1)).
    """
    bits = np.float64(x).view(np.int64)
    exponent = (bits >> 52) - 1023
    m = np.int64((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    if m > 1.4142135623730951:
        m = m * 0.5
        exponent += 1
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    series = 1 / 19 + z * (1 / 21 + z * (1 / 23))
    series = 1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17 + z * series)))
    series = z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * series))))
    return exponent * _LN2_HIGH + (2.0 * s + (2.0 * s * series + exponent * _LN2_LOW))


@equation
def exp(x):
    """e to the power x for |x| ≤ 700 (clamped beyond), to 4e-16 relative, from + − × alone."""
    x = min(max(x, -700.0), 700.0)
    k = np.floor(x * 1.4426950408889634 + 0.5)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    rr = r * r
    rrrr = rr * rr
    low = (1.0 + r) + rr * (1 / 2 + r * (1 / 6))
    middle = (1 / 24 + r * (1 / 120)) + rr * (1 / 720 + r * (1 / 5040))
    high = (1 / 40320 + r * (1 / 362880)) + rr * (1 / 3628800 + r * (1 / 39916800))
    series = low + rrrr * (middle + rrrr * (high + rrrr * (1 / 479001600 + r * (1 / 6227020800))))
    return series * np.int64((np.int64(k) + 1023) << 52).view(np.float64)


@equation
def exponential(u):
    """Inverse of the Exp(1) distribution function, −log(1−u), to 1e-10 relative: clocks keep 24 bits of it.

    The series of `log`, cut to what a clock can hold and summed in pairs, in half the time.
    """
    bits = np.float64(1.0 - u).view(np.int64)
    exponent = (bits >> 52) - 1023
    m = np.int64((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    if m > 1.4142135623730951:
        m = m * 0.5
        exponent += 1
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    zz = z * z
    series = (1.0 + z * (1 / 3)) + zz * ((1 / 5 + z * (1 / 7)) + zz * (1 / 9 + z * (1 / 11)))
    return -(exponent * 0.6931471805599453 + 2.0 * s * series)


@equation
def normal(u):
    """Inverse of the standard normal distribution function (Wichura 1988, AS 241, PPND16: 1e-16)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
                  + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
                + 133.14166789178437745) * r + 3.387132872796366608)
        low = (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
                  + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r
                + 42.313330701600911252) * r + 1.0)
        return q * top / low
    r = np.sqrt(-log(min(u, 1.0 - u)))
    if r <= 5.0:
        r -= 1.6
        top = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                  + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
                + 4.6303378461565452959) * r + 1.42343711074968357734)
        low = (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r
                  + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r
                + 2.05319162663775882187) * r + 1.0)
    else:
        r -= 5.0
        top = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r
                  + 0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r
                + 5.4637849111641143699) * r + 6.6579046435011037772)
        low = (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r
                  + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
                + 0.59983220655588793769) * r + 1.0)
    return top / low if q > 0.0 else -top / low
