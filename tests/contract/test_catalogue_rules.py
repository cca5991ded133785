"""Each rule of the tables, broken once in a catalogue of one demand, one stream, three services and two pathways."""

import pytest

from icsim.catalogue import load
from icsim.errors import CatalogueError

pytestmark = pytest.mark.contract

_EVIDENCE = "low,high,unit,standing,source,note"
_RANGE = "assumed,made_up,invented"

GOOD = {
    "attributes.csv": "attribute,level,label\nmood,well,Well\nmood,low,Low\nmood,worst,Worst\n"
    "living,own,Own home\nliving,kept,In a home\nhobby,none,None\nhobby,chess,Chess\nhobby,song,Song\n",
    "events.csv": "event,label,kind,attribute,from_levels,to_level,after_days,pathway,profile,class_by\n"
    "crisis,Crises,demand,,,,,help,daily,severity; mood; age 65\n"
    "sink,Sinks,move,mood,well|low,+1,,,,\n"
    "lift,Lifts,timer,mood,low,well,30,,,\n"
    "passers,Passers-by,stream,,,,,passing,daily,\n"
    "learn,Learn,move,hobby,none,chess,,,,\n",
    "rates.csv": f"event,sex,quintile,age_from,age_to,value,{_EVIDENCE}\n"
    f"crisis,*,*,0,90,2,1,3,per person-year,{_RANGE}\n"
    f'sink,female,1,18,64,5,1,9,"per 1,000 person-years",{_RANGE}\n',
    "ratios.csv": f"event,attribute,level,value,lag_years,{_EVIDENCE}\ncrisis,mood,low,2,0,1,3,ratio,{_RANGE}\n",
    "exponents.csv": f"event,attribute,value,{_EVIDENCE}\ncrisis,*,0.5,0.2,1,exponent,{_RANGE}\n",
    "corrections.csv": f"event,weight,sex,age,value,{_EVIDENCE}\ncrisis,,*,40,1.2,1,2,ratio,{_RANGE}\n"
    f",utility,male,,0.9,0.5,1,ratio,{_RANGE}\n",
    "trends.csv": f"event,from_year,value,{_EVIDENCE}\n",
    "weights.csv": "weight,label,rule\nutility,Utility,multiply\n",
    "norms.csv": f"weight,sex,quintile,age_from,age_to,value,{_EVIDENCE}\n"
    f"utility,*,*,0,90,0.9,0.8,1,utility,{_RANGE}\n",
    "factors.csv": f"weight,attribute,level,value,{_EVIDENCE},causal_share\n"
    f"utility,mood,low,0.8,0.7,0.9,ratio,{_RANGE},0.5\n",
    "prevalence.csv": f"attribute,level,sex,quintile,age_from,age_to,value,{_EVIDENCE}\n"
    f"mood,low,*,*,0,90,0.3,0.1,0.6,share,{_RANGE}\nmood,worst,*,*,65,90,40,1,50,%,{_RANGE}\n",
    "severities.csv": "event,severity,label,sets\ncrisis,mild,Mild,\ncrisis,bad,Bad,mood=low\n",
    "severity_shares.csv": f"event,severity,sex,age_from,age_to,value,{_EVIDENCE}\n"
    f"crisis,bad,*,0,90,0.2,0.1,0.9,share,{_RANGE}\n",
    "profiles.csv": f"profile,part,index,value,{_EVIDENCE}\n"
    + "".join(f"daily,weekday,{day},1,0.5,2,relative,{_RANGE}\n" for day in range(7)),
    "services.csv": "service,label,server,queue_limit,held_by\nvan,Vans,van,5,\nroom,Rooms,room,,\n"
    "homes,Homes,place,,living=kept\n",
    "steps.csv": "pathway,step,label,service,hold,refuse,otherwise,counts_as,time_as,response,luck,yields,wait_as\n"
    "help,ask,Ask,,,,,,,,,,\nhelp,drive,Drive,van,yes,,talk,drives,,,stay,,\n"
    "help,stay,Stay,room,,,home,,stay_days,,,,\nhelp,talk,Talk,,,,,,,,,,\n"
    "help,settle,Settle,homes,,,home,,,,,,stay_days\npassing,visit,Visit,room,,,gone,,,,,yes,\n",
    "outcomes.csv": "pathway,outcome,label,sets,counts_as\nhelp,home,Home,mood=well,\nhelp,kept,Kept,living=kept,\n"
    "passing,gone,Gone,,\n",
    "branches.csv": f"pathway,step,to,when,value,{_EVIDENCE}\n"
    f"help,ask,drive,severity=bad; age=65+,0.7,0.1,1,share,{_RANGE}\n"
    f"help,ask,home,mood=low|worst,0.2,0,1,share,{_RANGE}\n"
    f"help,ask,talk,,,0,1,share,{_RANGE}\nhelp,drive,stay,,0.5,0,1,share,{_RANGE}\n"
    f"help,drive,home,,,0,1,share,{_RANGE}\nhelp,stay,settle,,0.1,0,1,share,{_RANGE}\n"
    f"help,stay,home,,,0,1,share,{_RANGE}\nhelp,talk,home,,,0,1,share,{_RANGE}\n"
    f"help,settle,kept,,,0,1,share,{_RANGE}\npassing,visit,gone,,,0,1,share,{_RANGE}\n",
    "quantities.csv": f"pathway,step,quantity,distribution,a,b,c,when,{_EVIDENCE}\n"
    f"help,drive,duration,lognormal,20,5,,,10,30,minutes,{_RANGE}\n"
    f"help,drive,patience,exponential,2,,,,1,3,hours,{_RANGE}\n"
    f"help,drive,priority,constant,3,,,severity=bad,3,3,rank,{_RANGE}\n"
    f"help,stay,patience,constant,9,,,,1,10,days,{_RANGE}\n"
    f"help,settle,patience,constant,90,,,,1,100,days,{_RANGE}\n"
    f"passing,visit,patience,constant,30,,,,1,100,days,{_RANGE}\n",
    "congestion.csv": f"response,kind,service,above,value,pathway,step,to,instead,{_EVIDENCE}\n"
    f"more_rooms,escalate,room,1,10,,,,,0,20,%,{_RANGE}\n"
    f"send_home,divert,room,1.1,0.2,help,drive,stay,home,0,1,share,{_RANGE}\n"
    f"hurry,shorten,room,1.2,0.9,help,stay,,,0.5,1,ratio,{_RANGE}\n",
    "programmes.csv": "programme,label,payer,eligible,priority,again,evidence,score,kind\n"
    "walks,Walks,,age=50+; mood=well|low,by score,yes,,low_mood,\n"
    "chats,Chats,,,most deprived first,,Nothing is known.,,measure\n",
    "scores.csv": f"score,what,value,when,{_EVIDENCE}\n"
    f"low_mood,auc,0.7,,0.6,0.8,share,{_RANGE}\nlow_mood,points,1.2,mood=low,0.5,2,log odds,{_RANGE}\n",
    "programme_stages.csv": f"programme,stage,label,value,{_EVIDENCE}\n"
    f"walks,new,New,90,30,120,days,{_RANGE}\nwalks,used,Used to it,300,90,900,days,{_RANGE}\n"
    f"chats,talks,Talks,30,10,90,days,{_RANGE}\n",
    "programme_shares.csv": f"programme,what,value,when,{_EVIDENCE}\n"
    f"walks,uptake,0.5,,0.1,0.9,share,{_RANGE}\nwalks,drop_out,20,stage=new,0,50,%,{_RANGE}\n",
    "programme_moves.csv": f"programme,stage,attribute,level,to,value,{_EVIDENCE},estimand,strength\n"
    f"walks,new,hobby,none,song,10,5,15,%,{_RANGE},as treated,low\n"
    f"walks,used,hobby,song,origin,0.5,0.2,0.8,share,{_RANGE},as treated,low\n",
    "effects.csv": f"programme,stage,acts_on,value,mechanism,estimand,strength,{_EVIDENCE}\n"
    f"walks,used,event crisis,0.8,air,as treated,low,0.6,1.1,ratio,{_RANGE}\n"
    f"walks,used,weight utility,1.02,air,as treated,low,1,1.1,ratio,{_RANGE}\n",
    "unit_costs.csv": f"cost,label,per,payer,value,year,{_EVIDENCE}\n"
    f"drive,Drive,measure drives,ambulance,300,2024/25,200,400,GBP,{_RANGE}\n"
    f"stay,Day in a room,measure stay_days,acute,400,2023/24,200,600,GBP a day,{_RANGE}\n"
    f"home,Week in a home,busy homes,council adult care,900,2024,700,1200,GBP a week,{_RANGE}\n"
    f"walk,Walk,programme walks,public health,25,2024/25,5,60,GBP,{_RANGE}\n",
    "capacity_costs.csv": f"service,value,step,notice_months,fixed,variable,year,{_EVIDENCE}\n"
    f"van,500000,1,3,0.2,0.1,2024/25,400000,600000,GBP a year,{_RANGE}\n",
    "staff.csv": "staff,label,training_years\nnurses,Nurses,3\n",
    "staff_needs.csv": f"per,staff,value,{_EVIDENCE}\nservice van,nurses,2.5,2,3,WTE,{_RANGE}\n"
    f"programme walks,nurses,0.01,0,0.1,WTE,{_RANGE}\n",
    "price_index.csv": f"from_year,value,year,{_EVIDENCE}\n2023,0.95,2023/24,0.9,0.99,ratio,{_RANGE}\n"
    f"2024,1,2024/25,1,1,ratio,{_RANGE}\n",
    "systems.csv": "number,system,label,kind,means,scenario,missing\n1,walking,Walking,P,programme walks|service van,,\n"
    "2,air,Air,M,,,Air is not in it.\n3,years,Years,O,,,\n",
    "measures.csv": "measure,label,kind,unit,limits\ndrives,Drives,count,drives,\nstay_days,Days,time,days,\n"
    "wait:stay,Wait for a room,response,minutes,30|60\n",
    "discounting.csv": f"scheme,label,flow,from_year,value,{_EVIDENCE}\nours,Ours,health,1,2,0,5,%,{_RANGE}\n",
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
    return told_of(folder)


def told_of(folder):
    """What is wrong with the tables of a folder: "file: column | line | message" of each mistake."""
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
    "an exponent above 1": (
        {"exponents": (",0.5,0.2,1,", ",1.5,0.2,2,")}, "exponents.csv: value | 2", "between 1e-06 and 1"),
    "an exponent for an attribute that is not there": (
        {"exponents": ("crisis,*", "crisis,mod")}, "exponents.csv: attribute | 2", "Did you mean mood?"),
    "an exponent for what the event moves": (
        {"exponents": ("crisis,*", "sink,mood")}, "exponents.csv: attribute | 2", "moves mood itself"),
    "a correction of both an event and a weight": (
        {"corrections": ("crisis,,*", "crisis,utility,*")}, "corrections.csv: event | 2", "one of the two"),
    "a correction of nothing": ({"corrections": ("crisis,,*", ",,*")}, "corrections.csv: event | 2", "one of the two"),
    "a correction beyond all ages": (
        {"corrections": ("*,40,1.2", "*,95,1.2")}, "corrections.csv: age | 2", "between 0 and 90"),
    "a correction of a weight that is not there": (
        {"corrections": (",utility,male", ",utilty,male")}, "corrections.csv: weight | 3", "Did you mean utility?"),
    "more contacts a year than days": (
        {"norms": (",0.9,0.8,1,utility,", ",400,0.8,900,contacts a year,")}, "norms.csv: value | 2", "365"),
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
    "a year of two digits": (
        {"trends": f"crisis,26,1.1,1,2,ratio,{_RANGE}\n"}, "trends.csv: from_year | 2", "in full, 1900 to 2200"),
    "discounting that does not begin": (
        {"discounting": ("health,1,", "health,2,")}, "discounting.csv: from_year | 2", "from year 1"),
    "discounting of something else": (
        {"discounting": ("health", "wealth")}, "discounting.csv: flow | 2", "money"),
    "an unknown sex": ({"rates": ("sink,female", "sink,woman")}, "rates.csv: sex | 3", "female"),
    "an unknown quintile": ({"rates": ("female,1", "female,6")}, "rates.csv: quintile | 3", "5"),
    "a number that stands twice": (
        {"ratios": f"crisis,mood,low,2,0,1,3,ratio,{_RANGE}\n"},
        "ratios.csv: value | 3",
        "second time",
    ),
    "a name that stands twice": ({"services": "van,Vans,van,,\n"}, "services.csv: service | 5", "second time"),
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
    "the priority of planned care": (
        {"quantities": ("constant,3,,,severity=bad,3,3", "constant,7,,,severity=bad,7,7")},
        "quantities.csv: a | 4",
        "from 0 (first) to 6",
    ),
    "half a priority": (
        {"quantities": ("constant,3,,,severity=bad,3,3", "constant,2.5,,,severity=bad,2,3")},
        "quantities.csv: a | 4",
        "whole number",
    ),
    "a priority where planned care goes last": (
        {"quantities": f"passing,visit,priority,constant,3,,,,3,3,rank,{_RANGE}\n"},
        "quantities.csv: quantity | 8",
        "goes last",
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
        "branches.csv: value | 9",
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
        {"steps": "help,lost,Lost,,,,,,,,,,\n", "branches": f"help,lost,home,,,0,1,share,{_RANGE}\n"},
        "steps.csv: step | 8",
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
    "a pathway without demand": ({"steps": "other,wait,Wait,,,,,,,,,,\n"}, "steps.csv: pathway | 8", "No demand enters"),
    "planned care without patience": (
        {"quantities": (f"passing,visit,patience,constant,30,,,,1,100,days,{_RANGE}\n", "")},
        "steps.csv: step | 7",
        "unbounded",
    ),
    "a server held on a step without a service": ({"steps": ("Talk,,,", "Talk,,yes,")}, "steps.csv: hold | 5", "no server"),
    "a step without a service that yields": (
        {"steps": ("help,talk,Talk,,,,,,,,,,", "help,talk,Talk,,,,,,,,,yes,")},
        "steps.csv: yields | 5",
        "yields to nobody",
    ),
    "a wait for a step without a service": (
        {"steps": ("help,talk,Talk,,,,,,,,,,", "help,talk,Talk,,,,,,,,,,stay_days")},
        "steps.csv: wait_as | 5",
        "nobody waiting",
    ),
    "one measure of several that is unknown": (
        {"steps": ("talk,drives", "talk,drives|rides")},
        "steps.csv: counts_as | 3",
        "measures.csv has no such measure",
    ),
    "a wait that is counted": (
        {"steps": (",,stay_days\npassing", ",,drives\npassing")},
        "steps.csv: wait_as | 6",
        "time is needed",
    ),
    "limits that are no minutes": ({"measures": ("30|60", "30|soon")}, "measures.csv: limits | 4", "whole minutes"),
    "a limit left out between two": ({"measures": ("30|60", "30||60")}, "measures.csv: limits | 4", "whole minutes"),
    "a limit in half minutes": ({"measures": ("30|60", "7.5")}, "measures.csv: limits | 4", "whole minutes"),
    "four limits": ({"measures": ("30|60", "15|30|45|60")}, "measures.csv: limits | 4", "at most 3"),
    "limits that fall": ({"measures": ("30|60", "60|30")}, "measures.csv: limits | 4", "must rise"),
    "a limit that stands twice": ({"measures": ("30|60", "30|30")}, "measures.csv: limits | 4", "must rise"),
    "limits of a count": ({"measures": (",drives,", ",drives,30")}, "measures.csv: limits | 2", "kind response"),
    "a stream without pathway": ({"events": ("passing,daily", ",daily")}, "events.csv: pathway | 5", "needs"),
    "a stream with classes": (
        {"events": ("passing,daily,", "passing,daily,age 65")},
        "events.csv: class_by | 5",
        "no residents",
    ),
    "a stream in an unknown season": ({"events": ("passing,daily", "passing,dayly")}, "events.csv: profile | 5", "daily"),
    "an unknown way to answer pressure": (
        {"congestion": ("escalate", "escalte")},
        "congestion.csv: kind | 2",
        "escalate, divert, shorten",
    ),
    "pressure on an unknown service": (
        {"congestion": ("divert,room", "divert,rom")},
        "congestion.csv: service | 3",
        "Did you mean room?",
    ),
    "pressure on no service": ({"congestion": ("divert,room", "divert,")}, "congestion.csv: service | 3", "not be empty"),
    "a pressure of nothing": ({"congestion": (",1.1,", ",0,")}, "congestion.csv: above | 3", "above 0"),
    "a diversion to nowhere": ({"congestion": ("stay,home", "stay,")}, "congestion.csv: instead | 3", "needs instead"),
    "a diversion of no branch": ({"congestion": ("stay,home", ",home")}, "congestion.csv: to | 3", "needs to"),
    "a diversion in no pathway": ({"congestion": ("help,drive", ",drive")}, "congestion.csv: pathway | 3", "needs pathway"),
    "a diversion from no step": ({"congestion": ("help,drive", "help,")}, "congestion.csv: step | 3", "needs step"),
    "escalation of a step": (
        {"congestion": ("room,1,10,,,", "room,1,10,help,stay,")},
        "congestion.csv: step | 2",
        "has no step",
    ),
    "a shorter step that leads somewhere": (
        {"congestion": ("stay,,,0.5", "stay,home,,0.5")},
        "congestion.csv: to | 4",
        "has no to",
    ),
    "pressure in an unknown pathway": (
        {"congestion": ("0.9,help", "0.9,halp")},
        "congestion.csv: pathway | 4",
        "Did you mean help?",
    ),
    "a diversion from an unknown step": (
        {"congestion": ("help,drive", "help,driver")},
        "congestion.csv: step | 3",
        "Did you mean drive?",
    ),
    "a diversion to an unknown step": (
        {"congestion": ("stay,home", "stay,hone")},
        "congestion.csv: instead | 3",
        "Did you mean home?",
    ),
    "a diversion of a branch that is not there": (
        {"congestion": ("drive,stay,home", "drive,talk,home")},
        "congestion.csv: to | 3",
        "No branch of drive leads there. Known: home, stay.",
    ),
    "a shorter step without a service": (
        {"congestion": ("help,stay,,,0.5", "help,talk,,,0.5")},
        "congestion.csv: step | 4",
        "with a service",
    ),
    "a step made longer under pressure": (
        {"congestion": ("1.2,0.9,help,stay,,,0.5,1,", "1.2,1.1,help,stay,,,0.5,2,")},
        "congestion.csv: value | 4",
        "between 0 and 1",
    ),
    "more servers than there are": (
        {"congestion": ("1,10,,,,,0,20", "1,110,,,,,0,120")},
        "congestion.csv: value | 2",
        "between 0 and 100",
    ),
    "a diversion by a ratio": ({"congestion": ("0,1,share", "0,1,ratio")}, "congestion.csv: unit | 3", "share or %"),
    "a stay shorter by a share": ({"congestion": ("ratio", "share")}, "congestion.csv: unit | 4", "must be ratio"),
    "a response that stands twice": (
        {"congestion": f"hurry,escalate,van,1,0.1,,,,,0,1,share,{_RANGE}\n"},
        "congestion.csv: response | 5",
        "second time",
    ),
    "a programme without a stage": (
        {"programme_stages": ("chats,talks", "walks,talks")}, "programmes.csv: programme | 3", "no stage"),
    "a programme that is called like an attribute": (
        {"programmes": ("chats,Chats", "mood,Chats"), "programme_stages": ("chats,talks", "mood,talks")},
        "programmes.csv: programme | 3", "attribute has the same name"),
    "a programme of which nothing is said": (
        {"programmes": ("Nothing is known.", "")}, "programmes.csv: evidence | 3", "words on what is known"),
    "a programme for an unknown level": (
        {"programmes": ("well|low", "wel|low")}, "programmes.csv: eligible | 2", "Did you mean well?"),
    "a programme for an unknown attribute": (
        {"programmes": ("mood=well", "mod=well")}, "programmes.csv: eligible | 2", "Did you mean mood?"),
    "a programme for ages that cannot be read": (
        {"programmes": ("age=50+", "age=fifty")}, "programmes.csv: eligible | 2", "not an age"),
    "an unknown priority": ({"programmes": ("by score", "randm")}, "programmes.csv: priority | 2", "most deprived first"),
    "a stage that lasts no time": (
        {"programme_stages": ("New,90,30", "New,0,0")}, "programme_stages.csv: value | 2", "between 1 and"),
    "a stage that is called like none": (
        {"programme_stages": ("chats,talks", "chats,out")}, "programme_stages.csv: stage | 4", "do not take part"),
    "a stage of an unknown programme": (
        {"programme_stages": ("walks,new", "walk,new")}, "programme_stages.csv: programme | 2", "Did you mean walks?"),
    "a drop-out of no stage": (
        {"programme_shares": ("stage=new", "stage=old")}, "programme_shares.csv: when | 3", "stage=new|used"),
    "an uptake among nobody known": (
        {"programme_shares": ("0.5,,", "0.5,mood=up,")}, "programme_shares.csv: when | 2", "no such level"),
    "a share of something else": (
        {"programme_shares": ("uptake", "intake")}, "programme_shares.csv: what | 2", "uptake, drop_out"),
    "an effect at an unknown stage": (
        {"effects": ("used,event", "usd,event")}, "effects.csv: stage | 2", "Did you mean used?"),
    "an effect on an unknown event": (
        {"effects": ("event crisis", "event crises")}, "effects.csv: acts_on | 2", "Did you mean crisis?"),
    "an effect on who is no resident": (
        {"effects": ("event crisis", "event passers")}, "effects.csv: acts_on | 2", "could act on"),
    "an effect on a way that is not": (
        {"effects": ("event crisis", "branch help.ask.drve")}, "effects.csv: acts_on | 2", "Did you mean help.ask.drive?"),
    "an effect on what is left over": (
        {"effects": ("event crisis", "branch help.ask.talk")}, "effects.csv: acts_on | 2", "a share of its own"),
    "an effect on the way of who is no resident": (
        {"branches": ("passing,visit,gone,", f"passing,visit,away,,0.2,0,1,share,{_RANGE}\npassing,visit,gone,"),
         "outcomes": "passing,away,Away,,\n", "effects": ("event crisis", "branch passing.visit.away")},
        "effects.csv: acts_on | 2", "residents"),
    "an effect on a stay that takes no time": (
        {"effects": ("event crisis", "stay help.stay")}, "effects.csv: acts_on | 2", "Known: help.drive."),
    "an effect on the uptake of nothing": (
        {"effects": ("event crisis", "uptake walk")}, "effects.csv: acts_on | 2", "no uptake for everybody"),
    "an effect on one's own uptake": (
        {"effects": ("event crisis", "uptake walks")}, "effects.csv: acts_on | 2", "another programme"),
    "an effect on an uptake that some never said": (
        {"effects": "chats,talks,uptake walks,0.8,air,as treated,low,0.6,1.1,ratio,assumed,made_up,invented\n",
         "programme_shares": ("0.5,,", "0.5,mood=low,")}, "effects.csv: acts_on | 4", "for everybody"),
    "an effect that leads more than all somewhere": (
        {"effects": ("event crisis,0.8,air,as treated,low,0.6,1.1", "branch help.ask.drive,1.3,air,as treated,low,1,2")},
        "effects.csv: value | 2", "add up to 1.11 for walks=used"),
    "an effect by which more than all take part": (
        {"effects": "chats,talks,uptake walks,2.1,air,as treated,low,0.6,3,ratio,assumed,made_up,invented\n"},
        "effects.csv: value | 4", "would be 1.05 where chats=talks"),
    "an effect after which nobody leaves a loop": (
        {"branches": ("help,talk,home", f"help,talk,talk,,0.5,0,1,share,{_RANGE}\nhelp,talk,home"),
         "effects": ("event crisis,0.8,air,as treated,low,0.6,1.1", "branch help.talk.talk,2,air,as treated,low,1,2")},
        "effects.csv: value | 2", "Not for those who take part. steps.csv: From here no outcome can be reached"),
    "a mechanism that no condition can name": (
        {"effects": ("0.8,air", "0.8,air=food")}, "effects.csv: mechanism | 2", "neither ; nor ="),
    "an effect on nothing": ({"effects": ("event crisis", "crisis")}, "effects.csv: acts_on | 2", "event NAME"),
    "a move at a stage that is not": (
        {"programme_moves": ("walks,new", "walks,nw")}, "programme_moves.csv: stage | 2", "Did you mean new?"),
    "a move to a level that is not": (
        {"programme_moves": ("none,song", "none,sing")}, "programme_moves.csv: to | 2", "Did you mean song?"),
    "a move from a level that is not": (
        {"programme_moves": ("hobby,none", "hobby,non")}, "programme_moves.csv: level | 2", "Did you mean none?"),
    "a move of nothing": (
        {"programme_moves": ("hobby,none", "hoby,none")}, "programme_moves.csv: attribute | 2", "Did you mean hobby?"),
    "a move to where they are": (
        {"programme_moves": ("none,song", "none,none")}, "programme_moves.csv: to | 2", "level they are at"),
    "a way back for nobody": (
        {"programme_moves": ("song,origin", "chess,origin")}, "programme_moves.csv: level | 3", "nobody there who could"),
    "a move of what services go by": (
        {"programme_moves": ("hobby,none,song", "mood,low,well")}, "programme_moves.csv: attribute | 2", "services go by"),
    "a move of more than all": (
        {"programme_moves": ("song,10,5", "song,110,5")}, "programme_moves.csv: value | 2", "100"),
    "a causal share of more than all": (
        {"factors": ("invented,0.5", "invented,1.5")},
        "factors.csv: causal_share | 2", "between 0 and 1"),
    "a cost of nothing": (
        {"unit_costs": ("measure drives", "measure drive")}, "unit_costs.csv: per | 2", "Did you mean drives?"),
    "a cost per what is not": ({"unit_costs": ("measure drives", "each drives")}, "unit_costs.csv: per | 2", "begin with"),
    "a cost that nobody pays": (
        {"unit_costs": (",ambulance,", ",ambulances,")}, "unit_costs.csv: payer | 2", "public health"),
    "a cost a day of what has no days": (
        {"unit_costs": ("200,400,GBP,", "200,400,GBP a day,")}, "unit_costs.csv: unit | 2", "must be one of: GBP."),
    "a cost each of what lasts": (
        {"unit_costs": ("GBP a week", "GBP")}, "unit_costs.csv: unit | 4", "GBP a week"),
    "prices of a year without an index": (
        {"unit_costs": ("300,2024/25", "300,2019/20")}, "unit_costs.csv: year | 2", "price_index.csv"),
    "a server that costs and is not there": (
        {"capacity_costs": ("van,500000", "vam,500000")}, "capacity_costs.csv: service | 2", "Did you mean van?"),
    "half a server that closes": ({"capacity_costs": (",1,3,", ",0,3,")}, "capacity_costs.csv: step | 2", "below 1 server"),
    "a notice that is over before it is given": (
        {"capacity_costs": (",1,3,", ",1,-3,")}, "capacity_costs.csv: notice_months | 2", "0 months"),
    "a server whose cost nobody could save": (
        {"capacity_costs": ("0.2,0.1,2024", "0.9,0.1,2024")}, "capacity_costs.csv: fixed | 2", "add up to less than 1"),
    "servers at prices of no year": (
        {"capacity_costs": ("0.1,2024/25", "0.1,1999/00")}, "capacity_costs.csv: year | 2", "price_index.csv"),
    "staff that there is not": ({"staff_needs": ("van,nurses", "van,nurse")}, "staff_needs.csv: staff | 2", "nurses"),
    "staff of what is not there": ({"staff_needs": ("service van", "service vam")}, "staff_needs.csv: per | 2", "van"),
    "a score that is not there": (
        {"programmes": ("low_mood", "low_mod")}, "programmes.csv: score | 2", "Did you mean low_mood?"),
    "a priority by no score": ({"programmes": (",low_mood,", ",,")}, "programmes.csv: score | 2", "no such score"),
    "a score worse than chance": ({"scores": ("auc,0.7", "auc,0.4")}, "scores.csv: value | 2", "better than chance"),
    "a score without points": (
        {"scores": (f"low_mood,points,1.2,mood=low,0.5,2,log odds,{_RANGE}\n", "")}, "scores.csv: score | 2", "and one AUC"),
    "points as a share": ({"scores": ("0.5,2,log odds", "0.5,2,share")}, "scores.csv: unit | 3", "log odds"),
    "points for what nobody has": (
        {"scores": ("mood=low", "mode=low")}, "scores.csv: when | 3", "no such attribute. Did you mean mood?"),
    "a kind of programme that there is not": (
        {"programmes": (",,measure", ",,rule")}, "programmes.csv: kind | 3", "programme, measure"),
    "prices of no year": ({"unit_costs": ("300,2024/25", "300,lately")}, "unit_costs.csv: year | 2", "price_index.csv"),
    "no year of all prices": ({"price_index": ("2024,1,", "2024,0.99,")}, "price_index.csv: value | 2", "must have 1"),
    "a system of no kind": ({"systems": (",P,", ",Q,")}, "systems.csv: kind | 2", "P, R, M, E, O"),
    "a system that means what is not": (
        {"systems": ("programme walks|", "programme walk|")}, "systems.csv: means | 2", "Did you mean walks?"),
    "a system that is nothing and says not why": (
        {"systems": ("Air is not in it.", "")}, "systems.csv: missing | 3", "what is missing"),
    "an effect by no mechanism": ({"effects": ("0.8,air", "0.8,")}, "effects.csv: mechanism | 2", "must not be empty"),
    "an effect of unknown strength": (
        {"effects": ("treated,low,0.6", "treated,good,0.6")}, "effects.csv: strength | 2", "very low"),
    "an estimand of its own": (
        {"effects": ("as treated", "as told")}, "effects.csv: estimand | 2", "as assigned, as treated"),
    "a hold by no level": ({"services": ("living=kept", "living=kpt")}, "services.csv: held_by | 4", "Did you mean kept?"),
    "a hold by the level of a newborn": (
        {"services": ("living=kept", "living=own")},
        "services.csv: held_by | 4",
        "not the attribute's first level",
    ),
    "a hold by no attribute": ({"services": ("living=kept", "kept")}, "services.csv: held_by | 4", "attribute=level"),
    "two services held by one level": (
        {"services": "hotel,Hotels,bed,,living=kept\n"},
        "services.csv: held_by | 5",
        "homes is held by the same level",
    ),
    "a long hold that holds": ({"steps": ("homes,,,home", "homes,yes,,home")}, "steps.csv: hold | 6", "long hold"),
    "a long hold that yields": (
        {"steps": ("homes,,,home,,,,,,stay_days", "homes,,,home,,,,,yes,stay_days")},
        "steps.csv: yields | 6",
        "long hold",
    ),
    "a severity that takes a place": (
        {"severities": ("mood=low", "mood=low; living=kept")},
        "severities.csv: sets | 3",
        "only an outcome can set it",
    ),
    "a move into a place": (
        {"events": "moves_in,Moves in,move,living,own,+1,,,,\n"},
        "events.csv: to_level | 7",
        "begins with a step of a pathway",
    ),
    "a timer into a place": (
        {"events": "moves_in,Moves in,timer,living,own,kept,9,,,\n"},
        "events.csv: to_level | 7",
        "begins with a step of a pathway",
    ),
    "an outcome that sets two levels": (
        {"outcomes": ("mood=well", "mood=well; mood=low")},
        "outcomes.csv: sets | 2",
        "one level at most",
    ),
    "a place for those who never asked for one": (
        {"branches": ("talk,home", "talk,kept")},
        "outcomes.csv: sets | 3",
        "talk leads here (severity=mild; mood=well; age=0-64) without a server of homes",
    ),
    "a place for those who were turned away": (
        {"steps": ("homes,,,home", "homes,,,kept")},
        "outcomes.csv: sets | 3",
        "settle leads here",
    ),
    "a place for those diverted from it": (
        {"congestion": ("stay,home", "stay,kept")},
        "outcomes.csv: sets | 3",
        "drive leads here",
    ),
    "a place that nobody gives back": (
        {
            "outcomes": "help,lost,Lost,,\n",
            "branches": ("settle,kept,,,", f"settle,lost,,0.1,0,1,share,{_RANGE}\nhelp,settle,kept,,,"),
        },
        "outcomes.csv: sets | 5",
        "must set living=kept",
    ),
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


BAD_PATHWAYS = {
    "events": "second,Second,demand,,,,,other,,\n",
    "steps": "help,lost,Lost,,,,,,,,,,\nhelp,shop,Shop,vann,,full,home,,,,,,\n"
    "help,round,Round,,,,,,,,,,\nother,keep,Keep,room,yes,,,,,,,,\nother,ride,Ride,van,yes,,,,,,,,\n",
    "outcomes": "other,done,Done,,\n",
    "branches": f"help,lost,home,,,0,1,share,{_RANGE}\nhelp,shop,home,,,0,1,share,{_RANGE}\n"
    f"help,round,round,,,0,1,share,{_RANGE}\nother,keep,ride,,,0,1,share,{_RANGE}\n"
    f"other,ride,done,,,0,1,share,{_RANGE}\n",
    "quantities": f"other,keep,patience,constant,9,,,,1,10,days,{_RANGE}\n"
    f"other,ride,patience,constant,9,,,,1,10,days,{_RANGE}\nother,ride,duration,constant,-5,,,,-9,0,days,{_RANGE}\n",
}
"""Two pathways with every mistake that a pathway can have; only `ask` leads to the steps `shop` and `round`."""
MORE_BRANCHES = (
    "help,ask,talk,,,",
    f"help,ask,shop,,0.4,0,1,share,{_RANGE}\nhelp,ask,round,,0.3,0,1,share,{_RANGE}\nhelp,ask,talk,,,",
)


def test_everything_wrong_with_pathways_is_told_at_once_by_file_and_row(tmp_path):
    """An unknown service and a negative duration hide nothing of what the graphs of the pathways have wrong."""
    problems(tmp_path, branches=MORE_BRANCHES)
    for name, text in BAD_PATHWAYS.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(path.read_text() + text)
    told = told_of(tmp_path)
    assert [line.rsplit(" | ", 1)[0] for line in told] == [
        "branches.csv: value | 2",
        "quantities.csv: a | 10",
        "steps.csv: hold | 3",
        "steps.csv: step | 8",
        "steps.csv: service | 9",
        "steps.csv: step | 10",
    ]
    for line, words in zip(told, ("Branches of ask add up to 1.4", "0 or more", "room and van", "No case can come",
                                  "Did you mean van?", "a loop without exit"), strict=True):
        assert words in line


def test_servers_of_one_pathway_may_wait_for_those_of_another_but_not_in_a_ring(tmp_path):
    """A van is held while a room is awaited, in one pathway; in another a room while a van is awaited, or not."""
    ring = {name: text for name, text in BAD_PATHWAYS.items() if name in ("events", "outcomes")} | {
        "steps": "other,keep,Keep,room,yes,,,,,,,,\nother,ride,Ride,van,,,,,,,,,\n",
        "branches": f"other,keep,ride,,,0,1,share,{_RANGE}\nother,ride,done,,,0,1,share,{_RANGE}\n",
        "quantities": "".join(f"other,{step},patience,constant,9,,,,1,10,days,{_RANGE}\n" for step in ("keep", "ride")),
    }
    (line,) = problems(tmp_path, **ring)
    assert line.startswith("steps.csv: hold | 3 | Servers of room and van may wait for one another in a ring")
    assert problems(tmp_path, **ring | {"steps": ring["steps"].replace("room,yes", "room,")}) == []


def test_each_of_several_diversions_of_one_branch_leads_somewhere(tmp_path):
    """The second step that relieves rooms does not hide that the first can be come to, nor what is held there."""
    own = f"{_RANGE}\n"
    edits = {
        "congestion": ("hurry,", f"send_off,divert,room,1.1,0.2,help,drive,stay,off,0,1,share,{own}"
                                 f"send_home_too,divert,room,1.3,0.2,help,drive,stay,home,0,1,share,{own}hurry,"),
        "steps": "help,off,Off,,,,,,,,,,\n",
        "branches": f"help,off,home,,,0,1,share,{own}",
    }
    assert problems(tmp_path, **edits) == []


def test_a_level_below_a_long_hold_may_be_moved_to_and_from(tmp_path):
    """Moves by steps of one level are looked at from the levels that they start from."""
    events = "moves_out,Moves out,move,living,kept,-1,,,,\nsinks_on,Sinks,move,mood,,+1,,,,\n"
    assert problems(tmp_path, events=events) == []
    assert "to_level | 7" in problems(tmp_path, events="moves,Moves,move,living,,+1,,,,\n")[0]


def test_a_hold_on_its_own_service_and_a_full_queue_need_no_patience(tmp_path):
    """The second step of the same service keeps its server; the first refuses when the queue of 5 is full."""
    steps = ("van,yes,,talk", "van,yes,full,talk")
    patience = (f"help,drive,patience,exponential,2,,,,1,3,hours,{_RANGE}\n", "")
    assert problems(tmp_path, steps=steps, quantities=patience) == []
    kept = f"help,drive,more,,0.2,0,1,share,{_RANGE}\nhelp,more,home,,,0,1,share,{_RANGE}\n"
    assert (
        problems(tmp_path, steps="help,more,More,van,,,,,,,,,\n", branches=("help,drive,home", kept + "help,drive,home"))
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
