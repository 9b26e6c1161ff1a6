"""Which rule texts are accepted, what they mean, and what is said about the others."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.recurrence import InvalidRule, Rule, parse_rule
from tests.unit.recurrence.strategies import rule_texts

MONDAYS_32 = ",".join(["MO"] * 32)
MONTH_DAYS_31 = ",".join(str(day) for day in range(1, 32))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("FREQ=DAILY", "FREQ=DAILY"),
        ("freq=daily;interval=2", "FREQ=DAILY;INTERVAL=2"),
        ("INTERVAL=02;FREQ=DAILY", "FREQ=DAILY;INTERVAL=2"),
        ("FREQ=WEEKLY;BYDAY=fr,Mo,MO;WKST=su", "FREQ=WEEKLY;WKST=SU;BYDAY=MO,FR"),
        ("FREQ=WEEKLY;INTERVAL=1;WKST=MO", "FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYDAY=MO,+2TU,-1FR", "FREQ=MONTHLY;BYDAY=-1FR,MO,2TU"),
        ("FREQ=YEARLY;BYDAY=20MO,-53SU", "FREQ=YEARLY;BYDAY=-53SU,20MO"),
        ("FREQ=MONTHLY;BYMONTHDAY=01,-31,31", "FREQ=MONTHLY;BYMONTHDAY=-31,1,31"),
        (f"FREQ=MONTHLY;BYMONTHDAY={MONTH_DAYS_31}", f"FREQ=MONTHLY;BYMONTHDAY={MONTH_DAYS_31}"),
        ("FREQ=YEARLY;BYWEEKNO=53,-53;BYDAY=MO", "FREQ=YEARLY;BYWEEKNO=-53,53;BYDAY=MO"),
        ("FREQ=YEARLY;BYYEARDAY=366,-366", "FREQ=YEARLY;BYYEARDAY=-366,366"),
        ("FREQ=YEARLY;BYMONTH=12,1", "FREQ=YEARLY;BYMONTH=1,12"),
        ("FREQ=DAILY;BYDAY=MO;BYSETPOS=-366,366", "FREQ=DAILY;BYDAY=MO;BYSETPOS=-366,366"),
        ("FREQ=DAILY;COUNT=1000;INTERVAL=1000", "FREQ=DAILY;INTERVAL=1000;COUNT=1000"),
        ("FREQ=DAILY;UNTIL=22001231t235959z", "FREQ=DAILY;UNTIL=22001231T235959Z"),
        ("FREQ=DAILY;UNTIL=20260301", "FREQ=DAILY;UNTIL=20260301"),
        ("FREQ=DAILY;UNTIL=00010101T000000", "FREQ=DAILY;UNTIL=00010101T000000"),
    ],
)
def test_accepted_rules_are_read(text: str, canonical: str) -> None:
    assert parse_rule(text).canonical == canonical


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("RRULE:FREQ=DAILY", "FREQ=DAILY"),
        ("rrule:freq=Daily", "freq=Daily"),
        (" \tFREQ=DAILY \t", "FREQ=DAILY"),
        ("  RRULE:FREQ=DAILY;  ", "FREQ=DAILY;"),
        ("FREQ=DAILY;", "FREQ=DAILY;"),
        ("WKST=MO;FREQ=WEEKLY;BYDAY=FR,MO", "WKST=MO;FREQ=WEEKLY;BYDAY=FR,MO"),
    ],
)
def test_the_text_is_kept_as_given_less_its_prefix(text: str, kept: str) -> None:
    assert parse_rule(text).text == kept


def test_rules_that_mean_the_same_are_equal() -> None:
    assert parse_rule("FREQ=WEEKLY;BYDAY=MO,TU") == parse_rule("byday=tu,mo;freq=weekly;interval=1")
    assert parse_rule("FREQ=WEEKLY;BYDAY=MO") != parse_rule("FREQ=WEEKLY")


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("20261231", date(2026, 12, 31)),
        ("20261231T090000", datetime(2026, 12, 31, 9)),
        ("20261231T090000Z", datetime(2026, 12, 31, 9, tzinfo=UTC)),
    ],
)
def test_until_is_a_date_a_wall_time_or_an_instant(text: str, until: date) -> None:
    assert parse_rule(f"FREQ=DAILY;UNTIL={text}").until == until


def test_a_rule_without_by_parts_is_bare() -> None:
    assert parse_rule("FREQ=WEEKLY;INTERVAL=2;COUNT=3;WKST=SU").is_bare
    assert not parse_rule("FREQ=WEEKLY;BYDAY=MO").is_bare


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FREQ=HOURLY", "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY; got 'HOURLY'."),
        ("FREQ=SECONDLY", "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY; got 'SECONDLY'."),
        (
            "FREQ=DAILY;INTERVAL=0",
            "INTERVAL must be a whole number from 1 to 1000; got '0'.",
        ),
        (
            "FREQ=DAILY;INTERVAL=1001",
            "INTERVAL must be a whole number from 1 to 1000; got '1001'.",
        ),
        ("FREQ=DAILY;COUNT=0", "COUNT must be a whole number from 1 to 1000; got '0'."),
        ("FREQ=DAILY;COUNT=-1", "COUNT must be a whole number from 1 to 1000; got '-1'."),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260301", "Use COUNT or UNTIL, not both."),
        ("FREQ=DAILY;BYHOUR=9", "'BYHOUR' is not supported: the task's due time is used."),
        ("FREQ=DAILY;byminute=9", "'BYMINUTE' is not supported: the task's due time is used."),
        ("FREQ=DAILY;BYSECOND=9", "'BYSECOND' is not supported: the task's due time is used."),
        (
            "FREQ=MONTHLY;BYMONTHDAY=0",
            "BYMONTHDAY values must be 1 to 31 or -31 to -1; got '0'.",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,32",
            "BYMONTHDAY values must be 1 to 31 or -31 to -1; got '32'.",
        ),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH values must be 1 to 12; got '-1'."),
        ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO values must be 1 to 53 or -53 to -1; got '54'."),
        (
            "FREQ=YEARLY;BYYEARDAY=367",
            "BYYEARDAY values must be 1 to 366 or -366 to -1; got '367'.",
        ),
        (
            "FREQ=DAILY;BYDAY=MO;BYSETPOS=0",
            "BYSETPOS values must be 1 to 366 or -366 to -1; got '0'.",
        ),
        ("FREQ=WEEKLY;WKST=1MO", "WKST must be MO, TU, WE, TH, FR, SA or SU; got '1MO'."),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ must be given only once."),
        ("INTERVAL=2", "FREQ must be given: DAILY, WEEKLY, MONTHLY or YEARLY."),
        ("FREQ=DAILY;BYEASTER=1", "'BYEASTER' is not supported."),
        ("FREQ=DAILY;X-FOO=1", "'X-FOO' is not supported."),
        ("FREQ=DAILY;RSCALE=GREGORIAN", "'RSCALE' is not supported."),
        ("FREQ=DAILY;COUNT=", "COUNT must have a value."),
        ("FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY can be used with FREQ=YEARLY only."),
        ("FREQ=DAILY;BYWEEKNO=1", "BYWEEKNO can be used with FREQ=YEARLY only."),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY cannot be used with FREQ=WEEKLY."),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS needs another BY part beside it, such as BYDAY."),
        (
            "FREQ=WEEKLY;BYDAY=1MO",
            "Numbered BYDAY values can be used with FREQ=MONTHLY or FREQ=YEARLY only.",
        ),
        (
            "FREQ=DAILY;BYDAY=-1MO",
            "Numbered BYDAY values can be used with FREQ=MONTHLY or FREQ=YEARLY only.",
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO",
            "Numbered BYDAY values cannot be used with BYWEEKNO.",
        ),
        ("FREQ=WEEKLY;BYDAY=" + MONDAYS_32, "BYDAY takes at most 31 values; got 32."),
        (
            "FREQ=DAILY;BYDAY=MO;BYSETPOS=" + ",".join(["1"] * 13),
            "BYSETPOS takes at most 12 values; got 13.",
        ),
        ("FREQ=DAILY;UNTIL=22010101", "UNTIL must not be after the year 2200; got '22010101'."),
        ("FREQ=DAILY;UNTIL=20260230", "UNTIL must be a real date and time; got '20260230'."),
        (
            "FREQ=DAILY;UNTIL=20261231T235960Z",
            "UNTIL must be a real date and time; got '20261231T235960Z'.",
        ),
        ("", "A recurrence rule must not be empty; it begins like 'FREQ=WEEKLY'."),
        ("FREQ=DAILY\nFREQ=WEEKLY", "A recurrence rule is one line."),
        ("X" * 501, "A recurrence rule has at most 500 characters; got 501."),
    ],
)
def test_a_refusal_names_the_part_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        parse_rule(text)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "RRULE:",
        ";",
        "FREQ=DAILY;;",
        ";FREQ=DAILY",
        "FREQ=DAILY;;COUNT=2",
        "FREQ",
        "FREQ=",
        "FREQ=DAILY=DAILY",
        "RRULE:RRULE:FREQ=DAILY",
        "RRULE: FREQ=DAILY",
        "FREQ=DAILY; COUNT=2",
        "FREQ=WEEKLY;BYDAY=MO, TU",
        "FREQ=DAILY\u00a0",
        "FREQ=DAILY\x00",
        "FREQ=DAILY\n",
        "FREQ=DAILY;INTERVAL=\u0662",
        "FREQ=DAILY;INTERVAL=\uff12",
        "FREQ=DAILY;INTERVAL=+2",
        "FREQ=DAILY;INTERVAL=1.0",
        "FREQ=DAILY;INTERVAL=1_0",
        "FREQ=DAILY;INTERVAL=1e2",
        "FREQ=DAILY;INTERVAL=--1",
        "FREQ=DA\u0131LY",
        "FREQ=MONTHLY;BYMONTHDAY=+1",
        "FREQ=MONTHLY;BYMONTHDAY=1,",
        "FREQ=MONTHLY;BYMONTHDAY=,1",
        "FREQ=MONTHLY;BYDAY=+MO",
        "FREQ=MONTHLY;BYDAY=-MO",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=54MO",
        "FREQ=MONTHLY;BYDAY=1",
        "FREQ=MONTHLY;BYDAY=MO1",
        "FREQ=MONTHLY;BYDAY=MONDAY",
        "FREQ=DAILY;UNTIL=2026-03-01",
        "FREQ=DAILY;UNTIL=20260301T0900",
        "FREQ=DAILY;UNTIL=20260301Z",
        "FREQ=DAILY;UNTIL=20260301T090000+0100",
        "FREQ=DAILY;UNTIL=20260301T240000",
        "FREQ=DAILY;UNTIL=00000101",
        "DTSTART:20260301T090000\nRRULE:FREQ=DAILY",
        "DTSTART=20260301;FREQ=DAILY",
        "FREQ=DAILY;EXDATE=20260301",
        "FREQ=DAILY;RDATE=20260301",
        "FREQ=DAILY;EXRULE=1",
        "FREQ=DAILY;TZID=UTC",
        "EXRULE:FREQ=DAILY",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRule):
        parse_rule(text)


def test_a_refusal_echoes_forty_printable_characters_at_most() -> None:
    with pytest.raises(InvalidRule) as refusal:
        parse_rule("FREQ=DAILY;INTERVAL=" + "9" * 400)
    assert str(refusal.value).endswith("got '" + "9" * 39 + "…'.")
    with pytest.raises(InvalidRule) as refusal:
        parse_rule("FREQ=\x00\ud800")
    assert str(refusal.value).encode().isascii()


def test_a_rule_of_500_characters_is_read() -> None:
    text = "FREQ=DAILY;COUNT=" + "0" * 482 + "5"
    assert len(text) == 500
    assert parse_rule(text).count == 5


@settings(deadline=None, max_examples=200, derandomize=True, database=None)
@given(
    st.one_of(
        st.text(), st.text("FREQDAILY=;,:0123456789+-TZ \n", max_size=40).map("FREQ=".__add__)
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    answer = read_or_refused(text)
    assert isinstance(answer, Rule) or answer.encode()


def read_or_refused(text: str) -> Rule | str:
    try:
        return parse_rule(text)
    except InvalidRule as refusal:
        return str(refusal)


@settings(deadline=None, max_examples=120, derandomize=True, database=None)
@given(rule_texts(ends=True))
def test_the_canonical_text_reads_as_the_same_rule(text: str) -> None:
    rule = parse_rule(text)
    again = parse_rule(rule.canonical)
    assert again == rule
    assert again.canonical == rule.canonical
