"""What the drill room and the server say to each other: JSON texts over ``/ws/drills/<run id>/``.

Every text is an object with ``type``. Times are whole milliseconds of the drill: since the customer's opening line,
pauses left out. The server owns the clock. The texts of one run bear rising numbers (``seq``, the number of the stored
event that caused them); a page keeps the largest ``seq`` it has seen and passes over whatever is not newer, except
``ack``, ``clock``, ``fault`` and ``room``. Texts for people are in the language of the user, the customer's words in that of
the run.

The server closes with code 4404 when there is no such run or the user may not take part, at any time: do not
reconnect. On any other close the page reconnects and sends again, under the same ids, every line without an ``ack``.

From the server
---------------

``room``: everything, once after connecting and again after ``sync``. Replaces what the page shows. ::

    {"type": "room", "run": "<uuid>", "seq": 7, "state": "running" | "paused" | "over",
     "scenario": {"key", "title", "brief", "customer": "name", "difficulty": 1..5, "language": "zh" | "en",
                  "panels": [{"title", "rows": [{"label", "text"}]}], "policies": ["..."], "phrases": ["..."],
                  "tools": [{"name", "label", "arguments": [
                      {"name", "label", "kind": "text" | "number", "choices": ["..."], "least": 0 | null, "most": 9 | null}]}]},
     "mode": {"name": "easy" | "normal" | "hard", "shows_reasons": true, "hints": false, "can_pause": true,
              "is_abuse": false, "is_exam": false, "is_fork": false},
     "lines": [LINE], "gauges": [GAUGE], "used": [USED],
     "clock": CLOCK, "notes": ["what the trainee should know about this run"], "over": OVER | null}

    LINE  {"id": "7.0", "seq": 7, "at_ms": 41200, "role": "customer" | "agent" | "system", "text", "client_id": "..." | null}
    GAUGE {"seq", "at_ms", "satisfaction": 0..100, "efficiency": 0..100, "mood": "words",
           "level": 0..4, "reasons": [{"text": "承诺了时间", "delta": 4.2, "quote": "..." | null}]}
    USED  {"seq", "at_ms", "tool", "label", "args": {...}, "text", "is_done": true, "client_id": "..." | null}
    CLOCK {"now_ms", "limit_ms", "is_paused", "pauses_left": 3, "resumes_in_ms": 300000 | null}
    OVER  {"seq", "outcome": "resolved" | ... | "stopped", "label": "words", "note": "words" | "",
           "debrief_url": "/practise/drills/<uuid>/debrief/" | null}

A LINE whose ``at_ms`` lies ahead of the clock is shown when its time has come; until then a customer is typing. A line of
the trainee is echoed with the ``client_id`` it was sent under, to every tab. ``reasons`` is left out of GAUGE where
``shows_reasons`` is false; ``delta`` is in points of the mood, -100 to 100. ``level`` is how far the customer is stirred up
(0 calm, 4 gone). ``debrief_url`` is null after a stop: a stopped drill has no score and no debrief.

``ack``      {"type", "id", "seq", "at_ms"}: what was sent under ``id`` is stored. Comes after the commit, never before.
             Sent again for what is sent again.
``lines``    {"type", "seq", "lines": [LINE]}
``gauge``    {"type", GAUGE}
``used``     {"type", USED}: what a tool answered; ``is_done`` false when the rules refused it.
``hints``    {"type", "seq", "hints": ["what is still missing"]}: easy mode, when the talk stands still.
``clock``    {"type", CLOCK}: after a pause, a resume, and now and then; the page sets its own clock by it.
``over``     {"type", OVER}: the contact has ended; nothing more can be sent.
``fault``    {"type", "code", "id": "..." | null, "message"}: what was sent was not taken, and why. What the trainee
             typed stays in the box. Codes: ``bad_message``, ``empty``, ``too_long``, ``too_fast``, ``tool``,
             ``paused``, ``no_pause``, ``over``, ``busy``, ``changed``.

From the page
-------------

``id`` is a UUID made by the page for each thing sent; it makes sending twice harmless. It is needed with ``say`` and
``act`` and may be left out elsewhere.

``say``      {"type", "id", "text"}: at most 2,000 characters.
``act``      {"type", "id", "tool", "args": {name: text or number}}
``pause``    {"type", "id"?}; ``resume`` {"type", "id"?}: a pause ends by itself when its time is over.
``end``      {"type", "id"?}: the trainee ends the contact; it is scored.
``stop``     {"type", "id"?}: out at once, always; no score.
``sync``     {"type"}: send ``room`` again, for example when the page comes back to the front.
"""
