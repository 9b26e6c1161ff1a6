"""Random rules, due dates and zones for the property tests."""

from datetime import date, datetime, time

from hypothesis import strategies as st

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = (
    "UTC",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
)


def dates(first_year: int = 1990, last_year: int = 2040) -> st.SearchStrategy[date]:
    ordinary = st.dates(date(first_year, 1, 1), date(last_year, 12, 31))
    month_ends = st.builds(
        lambda year, day: date(year, *day),
        st.integers(first_year, last_year),
        st.sampled_from([(1, 1), (1, 31), (2, 28), (3, 31), (12, 29), (12, 31)]),
    )
    leap_days = st.sampled_from(
        [date(year, 2, 29) for year in range(first_year, last_year) if year % 4 == 0 and year % 100]
    )
    return st.one_of(ordinary, month_ends, leap_days)


def wall_times() -> st.SearchStrategy[datetime]:
    hours = st.sampled_from([time(0), time(1, 30), time(2, 30), time(9), time(23, 59, 59)])
    return st.builds(datetime.combine, dates(), hours)


def due_dates() -> st.SearchStrategy[date | datetime]:
    return st.one_of(dates(), wall_times())


def signed(highest: int) -> st.SearchStrategy[int]:
    near_ends = st.sampled_from([1, 2, highest - 1, highest])
    number = st.one_of(st.integers(1, highest), near_ends)
    return st.one_of(number, number.map(lambda value: -value))


def listed(values: st.SearchStrategy[object], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most).map(
        lambda items: ",".join(str(item) for item in items)
    )


@st.composite
def by_parts(draw: st.DrawFn, frequency: str) -> dict[str, str]:
    """BY parts that may stand beside each other and beside that frequency."""
    numbered_days = st.builds("{}{}".format, signed(5), st.sampled_from(WEEKDAYS))
    year_numbered_days = st.builds("{}{}".format, signed(53), st.sampled_from(WEEKDAYS))
    plain = st.sampled_from(WEEKDAYS)
    choices = {"BYMONTH": listed(st.integers(1, 12)), "BYDAY": listed(plain, 7)}
    if frequency != "WEEKLY":
        choices["BYMONTHDAY"] = listed(signed(31))
    if frequency == "MONTHLY":
        choices["BYDAY"] = listed(st.one_of(plain, numbered_days))
    if frequency == "YEARLY":
        choices["BYYEARDAY"] = listed(signed(366), 12)
        choices["BYWEEKNO"] = listed(signed(53))
        choices["BYDAY"] = listed(st.one_of(plain, numbered_days, year_numbered_days))
    names = draw(
        st.sets(st.sampled_from(sorted(choices)), max_size=2 if draw(st.booleans()) else 3)
    )
    if "BYWEEKNO" in names:
        choices["BYDAY"] = listed(plain, 7)
    parts = {name: draw(choices[name]) for name in sorted(names)}
    if parts and draw(st.integers(0, 2)) == 0:
        parts["BYSETPOS"] = draw(listed(signed(6), 3))
    return parts


@st.composite
def rule_texts(draw: st.DrawFn, ends: bool = False, bare: bool = False) -> str:
    """The text of an accepted rule, with COUNT now and then where `ends` allows it."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency}
    if draw(st.booleans()):
        parts["INTERVAL"] = str(draw(st.sampled_from([1, 2, 3, 4, 5, 7, 10, 12, 13, 25])))
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(WEEKDAYS))
    if ends and draw(st.booleans()):
        parts["COUNT"] = str(draw(st.integers(1, 30)))
    if not bare:
        parts |= draw(by_parts(frequency))
    return ";".join(f"{name}={value}" for name, value in parts.items())
