"""The worst times of the recurrence package over normal and hostile rules, and its memory.

Run it with `python -m bench.recurrence`. Each time is that of the slowest of several runs with
nothing kept between them, in milliseconds.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime

from app.recurrence import (
    InvalidRule,
    Mode,
    Position,
    Rule,
    parse_rule,
    start_series,
    successor,
    upcoming,
    zone_named,
)

RUNS = 5
LIMIT_MS = 50.0
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL_DAYS = "MO,TU,WE,TH,FR,SA,SU"
NUMBERED = ",".join(f"{number}{day}" for number in range(1, 6) for day in ALL_DAYS.split(","))

RULES = {
    "daily": "FREQ=DAILY",
    "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "second Tuesday": "FREQ=MONTHLY;BYDAY=2TU",
    "last workday": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "Thanksgiving": "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
    "daily with COUNT": "FREQ=DAILY;COUNT=1000",
    "30 February": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "the 31st of short months": "FREQ=DAILY;BYMONTH=2,4,6,9,11;BYMONTHDAY=31",
    "30 February, yearly": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "29 February on a Monday": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    "day 366 of every 1000th year": "FREQ=YEARLY;INTERVAL=1000;BYYEARDAY=366",
    "29 February of every 1000th day": "FREQ=DAILY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29",
    "every 999th day, Sundays": "FREQ=DAILY;INTERVAL=999;BYDAY=SU",
    "every 700th day, any other weekday": "FREQ=DAILY;INTERVAL=700;BYDAY=MO,TU,WE,TH,FR,SA",
    "every second day, weekdays": "FREQ=DAILY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR",
    "January of every 1000th week": "FREQ=WEEKLY;INTERVAL=1000;BYMONTH=1",
    "8th day of a week": f"FREQ=WEEKLY;BYDAY={ALL_DAYS};BYSETPOS=8",
    "8th day of a January week": f"FREQ=WEEKLY;BYMONTH=1;BYDAY={ALL_DAYS};BYSETPOS=8",
    "31 numbered days": f"FREQ=MONTHLY;BYDAY={','.join(NUMBERED.split(',')[:31])};BYSETPOS=-12",
    "the 2nd Sunday on the 1st": "FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2SU",
    "the 60th of 53 Mondays": "FREQ=YEARLY;BYDAY=MO;BYSETPOS=60",
    "week 53, Mondays of July": "FREQ=YEARLY;BYWEEKNO=53,-53;BYMONTH=7;BYDAY=MO",
    "31 weeks": f"FREQ=YEARLY;BYWEEKNO={','.join(map(str, range(-31, 0)))};BYMONTHDAY=31",
    "all parts": "FREQ=YEARLY;BYMONTH=1,2;BYWEEKNO=-53,9;BYYEARDAY=60;BYMONTHDAY=29,-1;BYDAY=SA",
    "every 1000th month": "FREQ=MONTHLY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29,30",
    "500 characters": "FREQ=DAILY;" + "X" * 489,
    "100 KB": "FREQ=DAILY;BYDAY=" + "MO," * 34_000,
    "100 KB of blanks": " " * 100_000 + "FREQ=DAILY",
    "490 semicolons": "FREQ=DAILY" + ";" * 490,
    "490 commas": "FREQ=DAILY;BYDAY=" + "," * 480,
    "480 digits": "FREQ=DAILY;COUNT=" + "9" * 480,
    "digits of another script": "FREQ=DAILY;INTERVAL=\u0661\u0662",
}
DUE_DATES = [
    datetime.fromisoformat("1950-01-31T02:30:00"),
    date(1976, 2, 29),
    datetime.fromisoformat("2000-02-29T09:00:00"),
    date(2026, 3, 2),
]
ZONE = zone_named("America/New_York")


def slowest(work: Callable[[], object]) -> float:
    """The time of the slowest run in milliseconds; a refusal is an answer too."""
    worst = 0.0
    for _ in range(RUNS):
        begin = time.perf_counter()
        with suppress(InvalidRule):
            work()
        worst = max(worst, time.perf_counter() - begin)
    return worst * 1000


def measure(text: str) -> list[float]:
    """The worst times for a rule text: parse, start, next, future, and three previews."""
    times = [slowest(lambda: parse_rule(text))] + [0.0] * 6
    try:
        rule = parse_rule(text)
    except InvalidRule:
        return times
    for due in DUE_DATES:
        position = Position(due, due, 1)
        for column, work in enumerate(works(rule, position), start=1):
            times[column] = max(times[column], slowest(work))
    return times


def works(rule: Rule, position: Position) -> list[Callable[[], object]]:
    due = position.slot

    def preview(start: date | None, limit: int) -> object:
        return upcoming(rule, position, due, ZONE, Mode.NEXT, start=start, end=None, limit=limit)

    return [
        lambda: start_series(rule, due, ZONE, Mode.NEXT),
        lambda: successor(rule, position, due, ZONE, Mode.NEXT, NOW),
        lambda: successor(rule, position, due, ZONE, Mode.FUTURE, NOW),
        lambda: preview(date(2060, 1, 1), 10),
        lambda: preview(None, 100),
        lambda: preview(date(9000, 1, 1), 10),
    ]


def main() -> int:
    columns = ["parse", "start", "next", "future", "from 2060", "100 items", "from 9000"]
    print(f"{'worst of ' + str(RUNS) + ' runs, ms':<36}" + "".join(f"{c:>11}" for c in columns))
    worst = [0.0] * len(columns)
    for name, text in RULES.items():
        times = measure(text)
        worst = [max(pair) for pair in zip(worst, times, strict=True)]
        print(f"{name:<36}" + "".join(f"{value:>11.3f}" for value in times))
    print(f"{'worst':<36}" + "".join(f"{value:>11.3f}" for value in worst))
    tracemalloc.start()
    for text in RULES.values():
        measure(text)
    kept, peak = tracemalloc.get_traced_memory()
    print(f"memory: peak {peak / 1024:.0f} KiB, kept {kept / 1024:.0f} KiB")
    return int(max(worst[:6]) > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
