"""What one row of each table says. A table is a CSV file of the same name; its columns are these fields in this order.

Empty cells take the field's default. `sex`, `quintile`: a name or `*` (all). Ages are whole years, both ends included;
age 90 stands for 90 and over. `when` narrows a row to classes of demand ("severity=fracture|hip_fracture; care=own_home;
age=65+"); empty means all; where several rows match, the last in the file holds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The columns that every number carries. `id` is made on reading and names the row for scenarios and reports."""

    id: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    year: str = ""
    standing: str = ""
    """measured · derived · fitted · assumed (then `low`, `high` and a reason in `note` are needed)"""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a number was seen. `sources.csv`."""

    source: str
    title: str
    author: str = ""
    year: str = ""
    place: str = ""
    """table or page, or the file in which the figure was read"""
    url: str = ""
    licence: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One level of an attribute; the first in the file is the level of a newborn. `attributes.csv`."""

    attribute: str
    level: str
    label: str
    meaning: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happens to residents; each has a clock. `events*.csv`."""

    event: str
    label: str
    kind: str
    """death · move · timer · demand · birth · leave · stream (cases of people who are no residents; areas say how many)"""
    attribute: str = ""
    """move, timer: the attribute that changes; demand: the one that changes in a run without services"""
    from_levels: str = ""
    """levels from which it can happen, as "mild|moderate"; empty: any but the target"""
    to_level: str = ""
    """a level, or "+1" (next level), or "-1" (previous level)"""
    after_days: float | None = None
    """timer: days after the level was set"""
    pathway: str = ""
    """demand, stream: the pathway it enters"""
    profile: str = ""
    """demand, stream: season, weekday and hour profile; empty: even"""
    class_by: str = ""
    """demand: what its classes are made of, as "severity; care; age 65 80" (ages at which a new class begins)"""
    smooth: bool = False
    """rates are joined log-linearly between the middles of their age bands, instead of stepping"""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Rate(Evidence):
    """How often an event happens to the reference population (England) at these ages. `rates*.csv`."""

    event: str
    sex: str
    quintile: str
    age_from: int
    age_to: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Ratio(Evidence):
    """While `attribute` is at `level`, `event` happens × `value`. `ratios*.csv`."""

    event: str
    attribute: str
    level: str
    value: float
    distribution: str = ""
    causal_share: float = 1.0
    """share of the excess that moving the level would take away: trial 1, observational 0.5"""
    lag_years: float = 0.0
    """0: a lag is said by levels that timers lead through, so another value is refused"""
    design: str = ""


@dataclass(frozen=True, kw_only=True)
class Exponent(Evidence):
    """Ratios of `event` by `attribute` act as ratio ** `value`. `exponents.csv`.

    `*`: all events, or all attributes, of which no other row speaks; that of an event goes before that of an attribute.

    Below 1 where several attributes stand for partly the same harm, so that it is not counted in full several times. An
    event's ratios by sex, by quintile and by the attribute that it moves say what its rates mean, and have no exponent.
    """

    event: str
    attribute: str
    value: float


STATIONARY = "stationary"


@dataclass(frozen=True, kw_only=True)
class Correction(Evidence):
    """× on the rates of an event, or on a weight's norm (of a weight by odds: on the odds). `corrections.csv`.

    Published figures of different sources do not fit together to the last digit; what calibration finds is laid over them
    here instead of changing them. `age`: a year of age; several of one event, sex and quintile are joined log-linearly and
    stay level beyond the first and the last. Empty: all ages. Rows with `*` and rows by sex or quintile multiply. `world`:
    stationary where it holds only in a world without trends: rates published while shares change are what they are, and
    would not keep any.
    """

    value: float
    event: str = ""
    weight: str = ""
    sex: str = "*"
    quintile: str = "*"
    age: int | None = None
    world: str = ""


@dataclass(frozen=True, kw_only=True)
class Trend(Evidence):
    """From 1 January of `from_year`, `event` happens × `value` compared with its rate table. `trends*.csv`."""

    event: str
    from_year: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Discount(Evidence):
    """From year `from_year` of a run on, counted from 1, a `flow` (health · money) counts for `value` less each year.

    `discounting.csv`. `year` is that of the guidance.
    """

    scheme: str
    label: str
    flow: str
    from_year: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Weight:
    """Something that accrues with time lived. `weights.csv`. rule: multiply (a level in 0–1 × factors) or odds."""

    weight: str
    label: str
    rule: str
    meaning: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Norm(Evidence):
    """Population mean of a weight by age, sex and quintile. `norms*.csv`."""

    weight: str
    sex: str
    quintile: str
    age_from: int
    age_to: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Factor(Evidence):
    """While `attribute` is at `level`, the weight × `value` (rule multiply) or its odds × `value`. `factors*.csv`."""

    weight: str
    attribute: str
    level: str
    value: float
    causal_share: float = 1.0
    """as of a ratio: share of the difference that moving the level would make"""


@dataclass(frozen=True, kw_only=True)
class Prevalence(Evidence):
    """Share of residents at `level`; what is left over is at the first level. `prevalence*.csv`."""

    attribute: str
    level: str
    sex: str
    quintile: str
    age_from: int
    age_to: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Severity:
    """How bad a demand is, mildest first; `sets`: levels taken at once ("hip_fracture=first_month"). `severities.csv`."""

    event: str
    severity: str
    label: str
    sets: str = ""
    meaning: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class SeverityShare(Evidence):
    """Share of demands with this severity; the mildest takes what is left over. `severity_shares.csv`."""

    event: str
    severity: str
    sex: str
    age_from: int
    age_to: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Profile(Evidence):
    """Relative frequency by month (1–12), weekday (0 = Monday) or hour (0–23). `profiles.csv`."""

    profile: str
    part: str
    index: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Service:
    """A pool of servers, of which areas have some number in some places. `services.csv`."""

    service: str
    label: str
    server: str
    """what one server is: vehicle, crew, cubicle, bed"""
    shift_end: str = "finish"
    """finish · wait · pre-empt"""
    queue_limit: int | None = None
    held_by: str = ""
    """a long hold, as "care=home_care": who has been granted a server keeps it while their level is this one"""
    payer: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a pathway; the first in the file is where demands enter. `steps.csv`."""

    pathway: str
    step: str
    label: str
    service: str = ""
    hold: bool = False
    """the server is kept until the next one is granted"""
    yields: bool = False
    """planned care: goes last, and takes a server only while more than the pool's reserve are free"""
    refuse: str = ""
    """closed, full, or "closed|full": then the case goes to `otherwise` instead of waiting"""
    otherwise: str = ""
    """step (or outcome) for the refused and for those whose patience ends; empty: the case ends"""
    counts_as: str = ""
    """measures that one start of this step adds to, as emergency_admissions|fall_admissions"""
    time_as: str = ""
    """measures that the time spent in this step adds to, as in bed_days"""
    wait_as: str = ""
    """measures that the time waited for this step adds to, as in delayed_bed_days"""
    response: str = ""
    """measure of the time from call to the end of this step, when help has arrived, as in ambulance_response_c1"""
    mark: bool = False
    """asking for this step starts the A&E clock"""
    interval: str = ""
    """measure of the time from that to the start of this step, as in time_in_ae"""
    luck: str = ""
    """step of the same pathway whose branch luck this step shares, so that a case which one of them would convey in one
    scenario does not roll again at the other in the next; both must list their branches in one order"""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a pathway can end; `sets` gives a level taken, as "care=care_home". `outcomes.csv`."""

    pathway: str
    outcome: str
    label: str
    sets: str = ""
    counts_as: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Branch(Evidence):
    """Share of cases from `step` to `to` (a step or an outcome); a step's last row takes the rest. `branches.csv`."""

    pathway: str
    step: str
    to: str
    when: str = ""
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Quantity(Evidence):
    """A duration, patience or priority of a step. `quantities.csv`.

    constant a · exponential mean a · lognormal mean a, standard deviation b · uniform a–b · triangular a, mode b, c ·
    normal mean a, standard deviation b, at least c. Priority: constant a, 0 (first) to 6.
    """

    pathway: str
    step: str
    quantity: str
    distribution: str
    a: float
    b: float = 0.0
    c: float = 0.0
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Congestion(Evidence):
    """What services do under pressure. `congestion.csv`.

    The pressure of a pool is (servers busy + urgent cases waiting) / planned servers, taken every day at 08:00. From
    `above` on, until the next review: kind escalate, `service` has `value` × its planned servers more; divert, a share
    `value` of the cases that would go from `step` to `to` goes to `instead`; shorten, `step` takes `value` × its time.
    """

    response: str
    kind: str
    service: str
    above: float
    value: float
    pathway: str = ""
    step: str = ""
    to: str = ""
    instead: str = ""


@dataclass(frozen=True, kw_only=True)
class Programme:
    """Prevention that enrols residents. `programmes.csv`.

    Who takes part goes through its stages, each of which lasts as long as `programme_stages.csv` says. A stage is a level of
    an attribute that has the programme's name; what it does is said in `effects.csv`.
    """

    programme: str
    label: str
    payer: str = ""
    eligible: str = ""
    """who may take part, as "age=65+; frailty=mild|moderate"; all clauses must hold; empty: everybody"""
    priority: str = "random"
    """who comes first of those who may and want to: random · most deprived first · by score (`score`) · by place (in the
    order in which an area or a scenario names the places where it is offered)"""
    again: bool = False
    """whether somebody may take part again, after those who never did"""
    meaning: str = ""
    evidence: str = ""
    """what is known of its effect, in plain words; never empty where there are no effects"""
    source: str = ""
    note: str = ""
    score: str = ""
    """priority by score: which of `scores.csv`"""
    kind: str = "programme"
    """programme (people enrol) · measure (whoever it is for takes part, from its first day to its last)"""


@dataclass(frozen=True, kw_only=True)
class Score(Evidence):
    """Part of a score by which those most at risk are found, from what can be seen of people. `scores.csv`.

    what: points, which everybody has for whom `when` holds (unit: log odds) · auc, how well the score tells those who come
    to harm from those who do not (unit: share); what the points alone would do better is taken away by chance.
    """

    score: str
    what: str
    value: float
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Stage(Evidence):
    """How long a stage of a programme lasts; the first begins with enrolment. `programme_stages.csv`. unit: days."""

    programme: str
    stage: str
    label: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Take(Evidence):
    """Shares of those to whom a programme is offered. `programme_shares.csv`. unit: share or %.

    what: uptake, of those who are asked, for whom `when` holds (the last that does counts) · drop_out, of those who begin
    the stage that `when` names ("stage=taking_part"), spread evenly over it.
    """

    programme: str
    what: str
    value: float
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Effect(Evidence):
    """What taking part does: while somebody is at `stage`, what `acts_on` names is × `value`. `effects.csv`. unit: ratio.

    Of several programmes that act on the same thing by one mechanism the strongest counts; by different ones they multiply.
    """

    programme: str
    stage: str
    acts_on: str
    """"event fall" · "weight gp_contacts" · "branch PATHWAY.STEP.TO": the share of their cases that go that way; the step's
    last row takes the rest · "stay PATHWAY.STEP": how long the step lasts · "uptake PROGRAMME": whether they take that up"""
    value: float
    mechanism: str
    """in a few words, without ; and ="""
    estimand: str = ""
    """as assigned (who was offered it, whether or not they came: not diluted again by uptake) · as treated"""
    population: str = ""
    comparator: str = ""
    distribution: str = ""
    design: str = ""
    strength: str = ""
    """how good the evidence is: high · moderate · low · very low · none"""


@dataclass(frozen=True, kw_only=True)
class ProgrammeMove(Evidence):
    """Of those at `level` who begin `stage`, so many move `to` another level. `programme_moves.csv`. unit: share or %.

    More than would have moved without the programme. What the new level does follows from the ratios that are known of it,
    as far as they are causal.
    """

    programme: str
    stage: str
    attribute: str
    level: str
    to: str
    """a level; origin: of those at `level` whom a programme moved there, so many go back to where they came from"""
    value: float
    estimand: str = ""
    """as in `Effect`"""
    population: str = ""
    comparator: str = ""
    design: str = ""
    strength: str = ""


@dataclass(frozen=True, kw_only=True)
class UnitCost(Evidence):
    """What one of something costs the payer, in prices of `year`. `unit_costs.csv`. unit: GBP, a day, a week or an hour.

    per: "measure conveyances" (each, or each day of it) · "weight gp_contacts" · "programme falls_exercise" (each who
    begins) · "busy care_homes" (time in which the service's servers are busy) · "open falls_vehicles" (in which they are
    there).
    """

    cost: str
    label: str
    per: str
    payer: str
    value: float
    line: str = ""
    """budget line that pays for it: a service or programme (empty: the one that `per` names), or one of the area's own"""


@dataclass(frozen=True, kw_only=True)
class CapacityCost(Evidence):
    """What one server of a service costs in a year, all told, in prices of `year`. `capacity_costs.csv`. unit: GBP a year.

    What is neither fixed nor variable is saved where servers close.
    """

    service: str
    value: float
    step: int = 1
    """servers that close together, as the beds of a ward do"""
    notice_months: int = 0
    """from the decision to close until they are closed, and paid for no longer"""
    fixed: float = 0.0
    """share of the cost that stays when servers close: buildings, management"""
    variable: float = 0.0
    """share that follows what is done, such as drugs and food: closing servers that nobody uses saves none of it"""


@dataclass(frozen=True, kw_only=True)
class StaffGroup:
    """People of one profession. `staff.csv`."""

    staff: str
    label: str
    training_years: float = 0.0
    """from the beginning of training to the first day at work"""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class StaffNeed(Evidence):
    """Whole-time posts for one server of a service, or for one place a month of a programme. `staff_needs.csv`. unit: WTE.

    per: "service falls_vehicles" · "programme social_prescribing". Leave and illness are in it.
    """

    per: str
    staff: str
    value: float


@dataclass(frozen=True, kw_only=True)
class PriceIndex(Evidence):
    """Prices of the financial year that begins in `from_year`, over those of the year of results. `price_index.csv`."""

    from_year: int
    value: float


@dataclass(frozen=True, kw_only=True)
class System:
    """One of the systems that the area's founding documents name. `systems.csv`.

    kind: P programme · R response · M measure · E enabler · O outcome. means: what it is in the model, as "programme
    falls_exercise|service falls_vehicles"; empty: nothing yet. scenario: the file that turns its dial. missing: what the
    model does not have of it.
    """

    number: int
    system: str
    label: str
    kind: str
    means: str = ""
    scenario: str = ""
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Something results report, with its words. `measures.csv`. kind: count · time · response · weight · event."""

    measure: str
    label: str
    kind: str
    unit: str
    population: str = ""
    better: str = ""
    """lower · higher · (neither)"""
    limits: str = ""
    """response: minutes, as in "30|60"; how many took longer than each is counted exactly"""
    meaning: str = ""
    source: str = ""
