"""Working time by hand: midnight, holidays, make-up days, clocks that change."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.adapters.packs.calendar import load_calendars
from peilian.engine.kpi.calendar import Calendar
from peilian.engine.kpi.zones import instant_ms, moment, offsets_between

MINUTE = 60 * 1000
HOUR = 60 * MINUTE
SHIPPED = load_calendars()
NIGHTS = Calendar("nights", "Asia/Shanghai", hours=dict.fromkeys(range(5), ((22 * 60, 30 * 60),)))
BERLIN_ROUND = Calendar("berlin", "Europe/Berlin", hours=dict.fromkeys(range(7), ((0, 24 * 60),)))
BERLIN_NIGHT = Calendar("berlin-night", "Europe/Berlin", hours=dict.fromkeys(range(7), ((22 * 60, 30 * 60),)))
BERLIN_GAP = Calendar("berlin-gap", "Europe/Berlin", hours=dict.fromkeys(range(7), ((2 * 60, 3 * 60),)))
TWICE = Calendar("twice", "Asia/Shanghai", hours={0: ((9 * 60, 12 * 60), (10 * 60, 18 * 60))})
LUNCH = Calendar("lunch", "Asia/Shanghai", hours={0: ((9 * 60, 12 * 60), (13 * 60, 18 * 60))})


def ms(clock: str, tz: str) -> int:
    return int(datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(tz)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "minutes"),
    [
        pytest.param(SHIPPED["always"], "2026-11-02T22:50", "2026-11-03T08:10", 560, id="always: every minute"),
        pytest.param(SHIPPED["service-8-23"], "2026-11-02T22:50", "2026-11-03T08:10", 20, id="the night is no wait"),
        pytest.param(SHIPPED["service-8-23"], "2026-11-02T23:30", "2026-11-03T07:30", 0, id="all of it at night"),
        pytest.param(SHIPPED["service-8-23"], "2026-11-02T09:00", "2026-11-02T09:03", 3, id="within the day"),
        pytest.param(SHIPPED["service-8-23"], "2026-11-02T09:00", "2026-11-05T09:00", 3 * 15 * 60, id="three days"),
        pytest.param(SHIPPED["cn-workdays"], "2026-11-06T17:50", "2026-11-09T09:10", 20, id="over a weekend"),
        pytest.param(SHIPPED["cn-workdays"], "2026-02-14T00:00", "2026-02-15T00:00", 540, id="a Saturday made up"),
        pytest.param(SHIPPED["cn-workdays"], "2026-02-15T00:00", "2026-02-24T00:00", 0, id="Spring Festival 2026"),
        pytest.param(
            SHIPPED["cn-workdays"], "2026-01-01T00:00", "2026-01-05T00:00", 540, id="New Year, Sunday made up"
        ),
        pytest.param(
            SHIPPED["cn-workdays"], "2025-01-26T00:00", "2025-02-09T00:00", 540 * 6, id="Spring Festival 2025"
        ),
        pytest.param(SHIPPED["cn-workdays"], "2026-10-01T00:00", "2026-10-12T00:00", 540 * 3, id="National Day 2026"),
        pytest.param(SHIPPED["cn-workdays"], "2027-01-01T00:00", "2027-01-02T00:00", 540, id="years not yet announced"),
        pytest.param(NIGHTS, "2026-11-02T23:00", "2026-11-03T05:00", 360, id="a shift over midnight"),
        pytest.param(NIGHTS, "2026-11-03T05:00", "2026-11-03T23:00", 120, id="end of one night, start of the next"),
        pytest.param(NIGHTS, "2026-11-07T00:00", "2026-11-09T00:00", 360, id="Friday's shift ends on Saturday"),
        pytest.param(BERLIN_ROUND, "2026-03-29T00:00", "2026-03-30T00:00", 23 * 60, id="a day of 23 hours"),
        pytest.param(BERLIN_ROUND, "2026-10-25T00:00", "2026-10-26T00:00", 25 * 60, id="a day of 25 hours"),
        pytest.param(BERLIN_NIGHT, "2026-03-28T20:00", "2026-03-29T12:00", 7 * 60, id="a night that loses an hour"),
        pytest.param(BERLIN_NIGHT, "2026-10-24T20:00", "2026-10-25T12:00", 9 * 60, id="a night that gains an hour"),
        pytest.param(BERLIN_GAP, "2026-03-29T00:00", "2026-03-29T12:00", 0, id="an hour that does not exist"),
        pytest.param(TWICE, "2026-11-02T00:00", "2026-11-03T00:00", 540, id="overlapping spans count once"),
        pytest.param(LUNCH, "2026-11-02T11:50", "2026-11-02T13:10", 20, id="lunch is no wait"),
        pytest.param(SHIPPED["always"], "2026-11-02T09:00", "2026-11-02T09:00", 0, id="no time at all"),
        pytest.param(SHIPPED["service-8-23"], "2026-11-02T10:00", "2026-11-02T09:00", 0, id="an end before the start"),
    ],
)
def test_working_time(calendar, start, end, minutes):
    assert calendar.working_ms(ms(start, calendar.tz), ms(end, calendar.tz)) == minutes * MINUTE


OFFICIAL = {
    2025: (
        ["01-01", "01-28 02-04", "04-04 04-06", "05-01 05-05", "05-31 06-02", "10-01 10-08"],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    2026: (
        ["01-01 01-03", "02-15 02-23", "04-04 04-06", "05-01 05-05", "06-19 06-21", "09-25 09-27", "10-01 10-07"],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}


@pytest.mark.parametrize("year", OFFICIAL)
def test_chinese_working_days_follow_the_official_arrangement(year):
    off, work = OFFICIAL[year]
    holidays = set()
    for span in off:
        first, *last = (datetime.fromisoformat(f"{year}-{day}").date() for day in span.split())
        holidays |= {first + timedelta(days=n) for n in range(((last or [first])[0] - first).days + 1)}
    calendar = SHIPPED["cn-workdays"]
    day = datetime(year, 1, 1).date()  # noqa: DTZ001
    while day.year == year:
        is_working = f"{day:%m-%d}" in work or (day.weekday() < 5 and day not in holidays)
        assert bool(calendar.hours_of(day)) is is_working, day
        day += timedelta(days=1)


moments = st.integers(ms("2026-03-01T00:00", "UTC") // MINUTE, ms("2026-11-30T00:00", "UTC") // MINUTE)


@given(
    st.sampled_from([NIGHTS, BERLIN_NIGHT, BERLIN_GAP, LUNCH, *SHIPPED.values()]),
    moments,
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_working_time_of_two_halves_is_that_of_the_whole(calendar, start, first, second):
    a, b, c = start * MINUTE, (start + first) * MINUTE, (start + first + second) * MINUTE
    assert calendar.working_ms(a, b) + calendar.working_ms(b, c) == calendar.working_ms(a, c)
    assert 0 <= calendar.working_ms(a, c) <= c - a


@given(st.sampled_from([NIGHTS, LUNCH, SHIPPED["cn-workdays"], SHIPPED["service-8-23"]]), moments, st.integers(0, 400))
def test_working_time_is_the_number_of_working_minutes(calendar, start, length):
    zone = ZoneInfo(calendar.tz)

    def is_working(minute):
        wall = moment(minute * MINUTE, zone)
        today = wall.hour * 60 + wall.minute
        before = wall.date() - timedelta(days=1)
        return any(first <= today < last for first, last in calendar.hours_of(wall.date())) or any(
            first <= today + 1440 < last for first, last in calendar.hours_of(before)
        )

    counted = sum(is_working(start + n) for n in range(length))
    assert calendar.working_ms(start * MINUTE, (start + length) * MINUTE) == counted * MINUTE


def test_a_time_that_the_clock_skips_is_the_moment_of_the_skip():
    zone = ZoneInfo("Europe/Berlin")
    assert instant_ms(datetime(2026, 3, 29, 2, 30), zone) == ms("2026-03-29T01:00", "UTC")  # noqa: DTZ001


def test_a_time_that_comes_twice_is_the_first():
    zone = ZoneInfo("Europe/Berlin")
    assert instant_ms(datetime(2026, 10, 25, 2, 30), zone) == ms("2026-10-25T00:30", "UTC")  # noqa: DTZ001


def test_offsets_change_at_the_moment_the_clock_changes():
    zone = ZoneInfo("Europe/Berlin")
    first, last = ms("2026-01-01T00:00", "UTC"), ms("2026-12-31T00:00", "UTC")
    assert offsets_between(first, last, zone) == [
        (first, HOUR),
        (ms("2026-03-29T01:00", "UTC"), 2 * HOUR),
        (ms("2026-10-25T01:00", "UTC"), HOUR),
    ]
