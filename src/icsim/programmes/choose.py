"""Who may take part, wants to, and comes first: loops over the residents, and over those who are to begin a stage."""

from __future__ import annotations

import numpy as np

from icsim import rng
from icsim._compile import inlined, kernel
from icsim.programmes.model import BY_PLACE, BY_SCORE, DEPRIVED_FIRST, RANDOM
from icsim.state import LIVING, OLDEST, PLACE, QUINTILE, QUINTILES, SEX, WAITING, cell_of

_ONE = np.uint64(1)


@inlined
def _meets(model, people, i, c):
    """Whether resident i meets condition c."""
    age = min(people.person[i].age, OLDEST)
    if age < model.first_age[c] or age > model.last_age[c]:
        return False
    for n in range(model.clause_from[c], model.clause_from[c + 1]):
        level = np.uint64(people.level[i, model.clause_attribute[n]])
        if (model.clause_levels[n] >> level) & _ONE == 0:
            return False
    return True


@inlined
def _uptake(model, people, i, p):
    """Share of people like resident i who take part in programme p if they are asked: the last row that holds."""
    share = 1.0
    for n in range(model.uptake_from[p], model.uptake_from[p + 1]):
        if _meets(model, people, i, model.uptake_when[n]):
            share = model.uptake[n]
    return share


@inlined
def _turn(model, people, i, p, before):
    """Who comes first: a number from 0 to 1, and 1 more for those who took part before. It is the resident's own, whatever
    the number of places, so that whoever is reached with few is reached with more.
    """
    u = rng.draw(model.order_stream[p], people.person[i].key, 0)
    if model.priority[p] == DEPRIVED_FIRST:
        u = (np.float64(people.level[i, QUINTILE]) + u) / QUINTILES
    elif model.priority[p] == BY_PLACE:
        u = model.rank[p, people.level[i, PLACE]] + u / model.rank.shape[1]
    elif model.priority[p] == BY_SCORE:
        u = _by_score(model, people, i, p)
    return u + np.float64(before)


@inlined
def _points(model, people, i, p):
    """Points of the score of programme p that resident i has."""
    points = 0.0
    for n in range(model.score_from[p], model.score_from[p + 1]):
        if _meets(model, people, i, model.score_when[n]):
            points += model.score_points[n]
    return points


@inlined
def _by_score(model, people, i, p):
    """0 to 1, falling with the score, which is points and chance; chance is the resident's own for good."""
    chance = rng.normal(rng.draw(model.score_stream[p], people.person[i].key, 0))
    x = (_points(model, people, i, p) + model.score[p, 2] * chance - model.score[p, 0]) / model.score[p, 1]
    return 0.5 - 0.5 * x / (1.0 + abs(x))


@kernel
def points(model, people, rows, p, found):
    """Points of everybody alive in rows [0, rows) for whom programme p is: float64[rows]; NaN for all others."""
    for i in range(rows):
        found[i] = np.nan
        if people.person[i].status == LIVING and _meets(model, people, i, model.eligible[p]):
            found[i] = _points(model, people, i, p)


@inlined
def _has(mask, p):
    return (mask >> np.uint64(p)) & _ONE == _ONE


@inlined
def _open(model, people, i, word):
    """What is left of these programmes by the age and levels of resident i."""
    word &= model.open_at_age[min(people.person[i].age, OLDEST)]
    for n in range(model.open_by.shape[0]):
        if word == 0:
            break
        word &= model.open_at_level[n, people.level[i, model.open_by[n]]]
    return word


@inlined
def _for_good(model, p):
    """Whether a resident's turn in programme p never changes."""
    return model.priority[p] == RANDOM or model.priority[p] == DEPRIVED_FIRST


@kernel
def look_ahead(model, people, rows, horizon, seen, near):
    """Mark in `near` (uint64[resident]) each programme that residents in rows [seen[p], rows) might want, and in which their
    turn might come up to `horizon` (float64[P]), at any age and level. seen: int64[P], becomes `rows`.
    """
    for p in range(horizon.shape[0]):
        for i in range(seen[p], rows):  # both draws for everybody: to skip the second costs more than it spares
            u = rng.draw(model.uptake_stream[p], people.person[i].key, 0)
            early = not _for_good(model, p) or _turn(model, people, i, p, False) <= horizon[p]
            might = early & (u < model.most_uptake[p])
            near[i] |= np.uint64(might) << np.uint64(p)
        seen[p] = rows


@kernel
def candidates(model, people, rows, near, inside, before, wanted, again, cutoff, found, turn, count):
    """Residents in rows [0, rows) who may take part in each of the programmes `wanted` (a word), want to, and whose turn is
    not after `cutoff` (float64[P]). All programmes of a resident are looked at together, as bits of a word, and each fact
    takes away those it rules out, until mostly none is left; luck is drawn for the others alone.

    near, inside, before: uint64[resident], programmes that `look_ahead` marked, in which somebody has or waits for a place,
    or once had one. Rows go to `found` (int32[P, N]), turns to `turn` (float64[P, N]); count: int64[P], how many there are,
    though they be more than N.
    """
    for i in range(rows):
        word = wanted & near[i] & ~inside[i] & ~(before[i] & ~again)
        if word == 0 or people.person[i].status != LIVING:
            continue
        word, p = _open(model, people, i, word), 0
        while word != 0:
            if word & _ONE != 0:
                own = _turn(model, people, i, p, (before[i] >> np.uint64(p)) & _ONE)
                luck = rng.draw(model.uptake_stream[p], people.person[i].key, 0)
                if own <= cutoff[p] and luck < _uptake(model, people, i, p):
                    if count[p] < found.shape[1]:
                        found[p, count[p]] = i
                        turn[p, count[p]] = own
                    count[p] += 1
            word, p = word >> _ONE, p + 1


@kernel
def everybody(model, people, rows, p, inside, found):
    """Rows of all in [0, rows) whom measure p is for and reaches, and who are not yet in it, to found (int32[rows]);
    how many.

    inside: uint64[resident], programmes that somebody is in.
    """
    count = 0
    for i in range(rows):
        if people.person[i].status != LIVING or _has(inside[i], p) or not _meets(model, people, i, model.eligible[p]):
            continue
        if rng.draw(model.uptake_stream[p], people.person[i].key, 0) < _uptake(model, people, i, p):
            found[count] = i
            count += 1
    return count


@kernel
def still_may(model, people, rows, p, may):
    """may: uint8[n], 1 for whoever of these residents is eligible for programme p, or is being looked after by a service
    just now; 0 for the others, the dead, and those who moved away.
    """
    for n in range(rows.shape[0]):
        status = people.person[rows[n]].status
        eligible = status == LIVING and _meets(model, people, rows[n], model.eligible[p])
        may[n] = np.uint8(eligible or status == WAITING)


@kernel
def tally_each(people, rows, tally, period, column):
    """Add one for each of these residents (int32[n]) to a column of their cell; tally: int64[period, cell, column]."""
    for n in range(rows.shape[0]):
        level = people.level[rows[n]]
        tally[period, cell_of(np.int64(level[PLACE]), np.int64(level[QUINTILE]), np.int64(level[SEX]),
                              np.int64(people.person[rows[n]].age)), column] += 1


@kernel
def begin_stage(model, people, rows, p, s, day, until, leaves):
    """Each of these residents begins stage s of programme p on `day`: until when they are in it (float64[n]), and whether
    they leave the programme then (bool[n]). Somebody who takes part again has the same luck again.
    """
    days, share = model.days[p, s], model.drop_out[p, s]
    for n in range(rows.shape[0]):
        u = rng.draw(model.drop_out_stream[p], people.person[rows[n]].key, np.uint64(s))
        leaves[n] = u < share
        until[n] = day + (days * u / share if u < share else days)


@kernel
def moved(model, people, rows, m, turn, to):
    """Where move m takes each of these residents (int32[n]): a level, or −1, in to (int16[n]). `turn`: which of their lucks;
    the higher the share, the more move, and none the less.
    """
    attribute = model.move_of[m, 2]
    for n in range(rows.shape[0]):
        level = people.level[rows[n], attribute]
        u = rng.draw(model.move_stream[m], people.person[rows[n]].key, np.uint64(turn))
        to[n] = model.move_to[m, level] if u < model.move_share[m] else np.int16(-1)
