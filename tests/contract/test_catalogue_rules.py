"""Each rule of the tables, broken once in a catalogue of one demand, one service and one pathway."""

import pytest

from icsim.catalogue import load
from icsim.errors import CatalogueError

pytestmark = pytest.mark.contract

_EVIDENCE = "low,high,unit,standing,source,note"
_RANGE = "assumed,made_up,invented"

GOOD = {
    "attributes.csv": "attribute,level,label\nmood,well,Well\nmood,low,Low\nmood,worst,Worst\n",
    "events.csv": "event,label,kind,attribute,from_levels,to_level,after_days,pathway,profile,class_by\n"
    "crisis,Crises,demand,,,,,help,daily,severity; mood; age 65\n"
    "sink,Sinks,move,mood,well|low,+1,,,,\n"
    "lift,Lifts,timer,mood,low,well,30,,,\n",
    "rates.csv": f"event,sex,quintile,age_from,age_to,value,{_EVIDENCE}\n"
    f"crisis,*,*,0,90,2,1,3,per person-year,{_RANGE}\n"
    f'sink,female,1,18,64,5,1,9,"per 1,000 person-years",{_RANGE}\n',
    "ratios.csv": f"event,attribute,level,value,lag_years,{_EVIDENCE}\ncrisis,mood,low,2,0,1,3,ratio,{_RANGE}\n",
    "trends.csv": f"event,from_year,value,{_EVIDENCE}\n",
    "weights.csv": "weight,label,rule\nutility,Utility,multiply\n",
    "norms.csv": f"weight,sex,quintile,age_from,age_to,value,{_EVIDENCE}\n"
    f"utility,*,*,0,90,0.9,0.8,1,utility,{_RANGE}\n",
    "factors.csv": f"weight,attribute,level,value,{_EVIDENCE}\nutility,mood,low,0.8,0.7,0.9,ratio,{_RANGE}\n",
    "prevalence.csv": f"attribute,level,sex,quintile,age_from,age_to,value,{_EVIDENCE}\n"
    f"mood,low,*,*,0,90,0.3,0.1,0.6,share,{_RANGE}\nmood,worst,*,*,65,90,40,1,50,%,{_RANGE}\n",
    "severities.csv": "event,severity,label,sets\ncrisis,mild,Mild,\ncrisis,bad,Bad,mood=low\n",
    "severity_shares.csv": f"event,severity,sex,age_from,age_to,value,{_EVIDENCE}\n"
    f"crisis,bad,*,0,90,0.2,0.1,0.9,share,{_RANGE}\n",
    "profiles.csv": f"profile,part,index,value,{_EVIDENCE}\n"
    + "".join(f"daily,weekday,{day},1,0.5,2,relative,{_RANGE}\n" for day in range(7)),
    "services.csv": "service,label,server,queue_limit\nvan,Vans,van,5\nroom,Rooms,room,\n",
    "steps.csv": "pathway,step,label,service,hold,refuse,otherwise,counts_as,time_as,response,luck\n"
    "help,ask,Ask,,,,,,,,\nhelp,drive,Drive,van,yes,,talk,drives,,,stay\nhelp,stay,Stay,room,,,home,,stay_days,,\n"
    "help,talk,Talk,,,,,,,,\n",
    "outcomes.csv": "pathway,outcome,label,sets,counts_as\nhelp,home,Home,mood=well,\n",
    "branches.csv": f"pathway,step,to,when,value,{_EVIDENCE}\n"
    f"help,ask,drive,severity=bad; age=65+,0.7,0.1,1,share,{_RANGE}\n"
    f"help,ask,home,mood=low|worst,0.2,0,1,share,{_RANGE}\n"
    f"help,ask,talk,,,0,1,share,{_RANGE}\nhelp,drive,stay,,0.5,0,1,share,{_RANGE}\n"
    f"help,drive,home,,,0,1,share,{_RANGE}\nhelp,stay,home,,,0,1,share,{_RANGE}\n"
    f"help,talk,home,,,0,1,share,{_RANGE}\n",
    "quantities.csv": f"pathway,step,quantity,distribution,a,b,c,when,{_EVIDENCE}\n"
    f"help,drive,duration,lognormal,20,5,,,10,30,minutes,{_RANGE}\n"
    f"help,drive,patience,exponential,2,,,,1,3,hours,{_RANGE}\n"
    f"help,drive,priority,constant,3,,,severity=bad,3,3,rank,{_RANGE}\n"
    f"help,stay,patience,constant,9,,,,1,10,days,{_RANGE}\n",
    "measures.csv": "measure,label,kind,unit\ndrives,Drives,count,drives\nstay_days,Days,time,days\n",
    "sources.csv": "source,title\nmade_up,Invented for this test\n",
}


def problems(folder, **edits):
    """What is wrong once each file's text has been edited: file=(old, new) replaces once, file=text appends."""
    for name, text in GOOD.items():
        edit = edits.get(name.removesuffix(".csv"))
        if isinstance(edit, tuple):
            assert edit[0] in text, edit
            text = text.replace(*edit, 1)
        (folder / name).write_text(text + (edit if isinstance(edit, str) else ""))
    try:
        load(folder)
    except CatalogueError as error:
        return [f"{problem.where} | {problem.line} | {problem.message}" for problem in error.problems]
    return []


def test_the_small_catalogue_keeps_every_rule(tmp_path):
    assert problems(tmp_path) == []


BROKEN = {
    "a unit that does not exist": ({"ratios": (",ratio,", ",ratios,")}, "ratios.csv: unit | 2", "ratio"),
    "a unit that does not fit the table": (
        {"rates": ("per person-year", "minutes")},
        "rates.csv: unit | 2",
        "per person-year",
    ),
    "a value outside its own range": (
        {"ratios": (",2,0,1,3,", ",4,0,1,3,")},
        "ratios.csv: value | 2",
        "above its own high",
    ),
    "a lag that would do nothing": ({"ratios": (",2,0,1,3,", ",2,5,1,3,")}, "ratios.csv: lag_years | 2", "timers"),
    "a ratio of nothing": ({"ratios": (",2,0,1,3,", ",0,0,0,3,")}, "ratios.csv: value | 2", "1e-06"),
    "a share above 1": (
        {"severity_shares": (",0.2,0.1,0.9,", ",1.2,0.1,1.9,")},
        "severity_shares.csv: value | 2",
        "between 0 and 1",
    ),
    "a negative rate": ({"rates": (",2,1,3,", ",-2,-3,3,")}, "rates.csv: value | 2", "between 0"),
    "an assumption without a reason": ({"ratios": (",invented", ",")}, "ratios.csv: note | 2", "assumed"),
    "an unknown standing": ({"ratios": ("assumed", "guessed")}, "ratios.csv: standing | 2", "assumed"),
    "a number without a source": ({"ratios": ("made_up", "")}, "ratios.csv: source | 2", "source"),
    "a source that is not listed": ({"ratios": ("made_up", "made_ip")}, "ratios.csv: source | 2", "made_up"),
    "a source that nothing uses": ({"sources": "unused,Unused\n"}, "sources.csv: source | 3", "No row uses"),
    "an age that runs downwards": ({"rates": (",0,90,", ",90,0,")}, "rates.csv: age_from | 2", "upwards"),
    "an unknown sex": ({"rates": ("sink,female", "sink,woman")}, "rates.csv: sex | 3", "female"),
    "an unknown quintile": ({"rates": ("female,1", "female,6")}, "rates.csv: quintile | 3", "5"),
    "a number that stands twice": (
        {"ratios": f"crisis,mood,low,2,0,1,3,ratio,{_RANGE}\n"},
        "ratios.csv: value | 3",
        "second time",
    ),
    "a name that stands twice": ({"services": "van,Vans,van,\n"}, "services.csv: service | 4", "second time"),
    "an unknown event": ({"ratios": ("crisis,", "crises,")}, "ratios.csv: event | 2", "Did you mean crisis?"),
    "an unknown level": ({"ratios": ("mood,low", "mood,lo")}, "ratios.csv: level | 2", "Did you mean low?"),
    "an unknown kind": ({"events": ("timer", "timmer")}, "events.csv: kind | 4", "timer"),
    "a timer without days": ({"events": ("well,30", "well,")}, "events.csv: after_days | 4", "needs"),
    "a demand without pathway": ({"events": ("help,daily", ",daily")}, "events.csv: pathway | 2", "needs"),
    "an unknown level to come from": (
        {"events": ("well|low", "well|lw")},
        "events.csv: from_levels | 3",
        "Did you mean low?",
    ),
    "a severity that sets nothing known": ({"severities": ("mood=low", "mod=low")}, "severities.csv: sets | 3", "mood"),
    "a class by nothing known": ({"events": ("; mood;", "; mode;")}, "events.csv: class_by | 2", "Did you mean mood?"),
    "class ages that fall": ({"events": ("age 65", "age 65 40")}, "events.csv: class_by | 2", "rise"),
    "a condition that cannot be read": (
        {"branches": ("mood=low|worst", "mood")},
        "branches.csv: when | 3",
        "not of the form",
    ),
    "a condition on a level of no class": (
        {"branches": ("low|worst", "low|wurst")},
        "branches.csv: when | 3",
        "Did you mean worst?",
    ),
    "a condition that cuts through a class": (
        {"branches": ("age=65+", "age=70+")},
        "branches.csv: when | 2",
        "cut through",
    ),
    "an unknown service": ({"steps": ("Drive,van", "Drive,vann")}, "steps.csv: service | 3", "Did you mean van?"),
    "an unknown measure": (
        {"steps": ("drives", "drive_count")},
        "steps.csv: counts_as | 3",
        "measures.csv has no such",
    ),
    "a measure of the wrong kind": (
        {"measures": ("count,drives", "time,drives")},
        "steps.csv: counts_as | 3",
        "count is needed",
    ),
    "the luck of no step": ({"steps": ("drives,,,stay", "drives,,,stray")}, "steps.csv: luck | 3", "Did you mean stay?"),
    "a branch to nowhere": ({"branches": ("drive,stay", "drive,stray")}, "branches.csv: to | 5", "Did you mean stay?"),
    "an unknown reason to refuse": (
        {"steps": ("van,yes,,talk", "van,yes,late,talk")},
        "steps.csv: refuse | 3",
        "closed",
    ),
    "a refusal without a service": ({"steps": ("Talk,,,,", "Talk,,,full,")}, "steps.csv: refuse | 5", "refuses nobody"),
    "a negative duration": ({"quantities": (",20,5,", ",-20,5,")}, "quantities.csv: a | 2", "0 or more"),
    "a rank for a duration": ({"quantities": ("minutes", "rank")}, "quantities.csv: unit | 2", "unit of time"),
    "a priority of 8": (
        {"quantities": ("constant,3,,,severity=bad,3,3", "constant,8,,,severity=bad,8,8")},
        "quantities.csv: a | 4",
        "7",
    ),
    "an hour 24": ({"profiles": (",weekday,6,", ",hour,24,")}, "profiles.csv: index | 8", "between 0 and 23"),
    "a week of six days": (
        {"profiles": (f"daily,weekday,6,1,0.5,2,relative,{_RANGE}\n", "")},
        "profiles.csv: index | 2",
        "6 of 7",
    ),
    "prevalences that add up to more": (
        {"prevalence": (",0.3,0.1,0.6,", ",0.7,0.1,0.8,")},
        "prevalence.csv: value | 2",
        "1.1 at age 65",
    ),
    "a row for what is left over": (
        {"prevalence": f"mood,well,*,*,0,90,0,0,1,share,{_RANGE}\n"},
        "prevalence.csv: level | 4",
        "left over",
    ),
    "a gap in a norm": ({"norms": (",0,90,", ",16,90,")}, "weights.csv: weight | 2", "age 0"),
    "branches above 1": ({"branches": (",0.2,0,1", ",0.4,0,1")}, "branches.csv: value | 2", "add up to 1.1"),
    "a last branch with a value": (
        {"branches": ("talk,home,,,", "talk,home,,0.5,")},
        "branches.csv: value | 8",
        "takes the rest",
    ),
    "an earlier branch without a value": (
        {"branches": ("drive,stay,,0.5", "drive,stay,,")},
        "branches.csv: value | 5",
        "needs a value",
    ),
    "a step that leads nowhere": (
        {"branches": (f"help,talk,home,,,0,1,share,{_RANGE}\n", "")},
        "steps.csv: step | 5",
        "no row for this step",
    ),
    "a step nobody reaches": (
        {"steps": "help,lost,Lost,,,,,,,,\n", "branches": f"help,lost,home,,,0,1,share,{_RANGE}\n"},
        "steps.csv: step | 6",
        "No case can come",
    ),
    "a loop without exit": ({"branches": ("talk,home", "talk,talk")}, "steps.csv: step | 5", "without exit"),
    "a queue without bound": (
        {"quantities": (f"help,stay,patience,constant,9,,,,1,10,days,{_RANGE}\n", "")},
        "steps.csv: step | 4",
        "unbounded",
    ),
    "a patience for some classes only": (
        {"quantities": ("exponential,2,,,,", "exponential,2,,,severity=bad,")},
        "steps.csv: step | 3",
        "unbounded",
    ),
    "a ring of servers that wait": (
        {"steps": ("room,,,home", "room,yes,,home"), "branches": ("stay,home", "stay,drive")},
        "steps.csv",
        "ring",
    ),
    "a pathway without demand": ({"steps": "other,wait,Wait,,,,,,,,\n"}, "steps.csv: pathway | 6", "No demand enters"),
    "a column that does not exist": ({"services": ("server,queue", "server,que")}, "services.csv", "no such column"),
    "a cell that is no number": ({"ratios": (",2,0,1,3,", ",two,0,1,3,")}, "ratios.csv: value | 2", "number"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_rule_is_told_by_file_line_and_remedy(tmp_path, name):
    edits, where, words = BROKEN[name]
    told = problems(tmp_path, **edits)
    assert any(line.startswith(where) and words in line for line in told), told


def test_all_mistakes_are_told_at_once(tmp_path):
    told = problems(tmp_path, ratios=("mood,low", "mood,lo"), events=("timer", "timmer"), rates=(",0,90,", ",90,0,"))
    assert {line.split(":")[0] for line in told} == {"ratios.csv", "events.csv", "rates.csv"}


def test_a_hold_on_its_own_service_and_a_full_queue_need_no_patience(tmp_path):
    """The second step of the same service keeps its server; the first refuses when the queue of 5 is full."""
    steps = ("van,yes,,talk", "van,yes,full,talk")
    patience = (f"help,drive,patience,exponential,2,,,,1,3,hours,{_RANGE}\n", "")
    assert problems(tmp_path, steps=steps, quantities=patience) == []
    kept = f"help,drive,more,,0.2,0,1,share,{_RANGE}\nhelp,more,home,,,0,1,share,{_RANGE}\n"
    assert (
        problems(tmp_path, steps="help,more,More,van,,,,,,,\n", branches=("help,drive,home", kept + "help,drive,home"))
        == []
    )


def test_a_missing_table_and_a_stray_file_are_told(tmp_path):
    problems(tmp_path)
    (tmp_path / "ratios.csv").rename(tmp_path / "ratio.csv")
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path)
    told = [str(problem) for problem in caught.value.problems]
    assert any("ratios.csv" in line and "missing" in line for line in told)
    assert any("ratio.csv" in line and "Did you mean ratios.csv?" in line for line in told)
