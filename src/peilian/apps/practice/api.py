"""The door of the practice app: drills that are kept, from the choice of a scenario to the debrief.

In a room, what is sent becomes an event that is committed before anybody is told of it; ``say``, ``act`` and the like
return what is new. Only the trainee takes part; who leads, judges or guides sees what is over. Absent and forbidden
give the same answer.
"""

from __future__ import annotations

from peilian.apps.practice.catalogue import ScenarioEntry, catalogue, running_run, scenarios_for
from peilian.apps.practice.clock import showing
from peilian.apps.practice.enclosed import (
    DrillFace,
    NewEnclosed,
    Said,
    conversation_of,
    drill_faces,
    enclosed_debrief,
    end_enclosed,
    give_up_enclosed,
    move_end,
    percent_of,
    percent_of_points,
    shown_by,
    start_enclosed,
)
from peilian.apps.practice.live import forget
from peilian.apps.practice.models import GUARDED, DrillEvent, DrillRating, DrillRun, EventKind, RunMode, RunState
from peilian.apps.practice.offered import scenarios
from peilian.apps.practice.rating import Agreement, RatedItem, agreement, rate_run, rated_items, weighted_kappa
from peilian.apps.practice.recording import steps_of
from peilian.apps.practice.results import SOURCE_KIND
from peilian.apps.practice.rooms import (
    Room,
    ScriptPoint,
    events_after,
    is_stored,
    mood_of,
    open_room,
    require_trainee,
    script_of,
    told_of,
)
from peilian.apps.practice.rules import AlreadyRunningError, exam_note, is_exam, rest_until
from peilian.apps.practice.runs import Debriefing, Totals, debrief_of, my_runs, run, team_runs, totals
from peilian.apps.practice.starting import fork_run, start_drill
from peilian.apps.practice.turns import (
    CUT,
    LONGEST_LINE,
    Taken,
    Ticking,
    act,
    close_abandoned,
    end_drill,
    pause,
    resume,
    say,
    stop_drill,
    tick,
)
from peilian.apps.practice.warming import warm_up

__all__ = [
    "CUT",
    "GUARDED",
    "LONGEST_LINE",
    "SOURCE_KIND",
    "Agreement",
    "AlreadyRunningError",
    "Debriefing",
    "DrillEvent",
    "DrillFace",
    "DrillRating",
    "DrillRun",
    "EventKind",
    "NewEnclosed",
    "RatedItem",
    "Room",
    "RunMode",
    "RunState",
    "Said",
    "ScenarioEntry",
    "ScriptPoint",
    "Taken",
    "Ticking",
    "Totals",
    "act",
    "agreement",
    "catalogue",
    "close_abandoned",
    "conversation_of",
    "debrief_of",
    "drill_faces",
    "enclosed_debrief",
    "end_drill",
    "end_enclosed",
    "events_after",
    "exam_note",
    "forget",
    "fork_run",
    "give_up_enclosed",
    "is_exam",
    "is_stored",
    "mood_of",
    "move_end",
    "my_runs",
    "open_room",
    "pause",
    "percent_of",
    "percent_of_points",
    "rate_run",
    "rated_items",
    "require_trainee",
    "rest_until",
    "resume",
    "run",
    "running_run",
    "say",
    "scenarios",
    "scenarios_for",
    "script_of",
    "showing",
    "shown_by",
    "start_drill",
    "start_enclosed",
    "steps_of",
    "stop_drill",
    "team_runs",
    "tick",
    "told_of",
    "totals",
    "warm_up",
    "weighted_kappa",
]
