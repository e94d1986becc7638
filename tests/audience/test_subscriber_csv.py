from __future__ import annotations

import csv
import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.audience.subscriber_csv import Problem, export_rows
from newsletter.content.entry import Tier
from newsletter.content.preferences import Preferences
from newsletter.errors import ImportFileError
from newsletter.store.admission import Member
from newsletter.store.values import SubscriptionState
from tests.audience.reading import people_and_problems
from tests.builders import TOPICS, make_list
from tests.content.strategies import preferences

LIST = make_list()
NAMES = tuple(TOPICS.by_name)


def read(
    text: str | bytes, topics: str = "", mapping: dict[str, str] | None = None
) -> tuple[list[Member], list[Problem]]:
    data = text.encode() if isinstance(text, str) else text
    return people_and_problems(data, "people.csv", LIST, topics, mapping)


def addresses(text: str | bytes) -> list[str]:
    return [member.address for member in read(text)[0]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "\x1f"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_delimiter_and_encoding_is_read(delimiter: str, end: str, encoding: str) -> None:
    lines = ["Name;E-Mail;Tier", "Zoë;zoe@example.test;notable", "Ada;ada@example.test;"]
    text = end.join(lines).replace(";", delimiter)
    people, problems = read(text.encode(encoding))
    assert [(p.address, p.preferences.lowest_tier) for p in people] == [
        ("zoe@example.test", Tier.NOTABLE),
        ("ada@example.test", Tier.LISTED),
    ]
    assert problems == []


def test_what_spreadsheets_do_is_undone() -> None:
    text = (
        "sep=;\r\nemail;note;most;;\r\n\r\n"
        '="ada@example.test";"two\r\nlines; and a ""quote""";5.0;;\r\n'
        "\N{NO-BREAK SPACE}mailto:bela@example.test ;;;;\r\nChen Wei <chen@example.test>;;;;\r\n"
    )
    people, problems = read(text)
    assert [(p.address, p.line) for p in people] == [
        ("ada@example.test", 4),
        ("bela@example.test", 6),
        ("chen@example.test", 7),
    ]
    assert people[0].preferences.most == 5
    assert problems == []


def test_a_chinese_spreadsheet_is_read() -> None:
    assert addresses("姓名,邮箱\n李雷,lilei@example.test\n".encode("gb18030")) == [
        "lilei@example.test"
    ]


def test_a_bare_list_of_addresses_needs_no_header() -> None:
    assert addresses("ada@example.test\nbela@example.test\n") == [
        "ada@example.test",
        "bela@example.test",
    ]


def test_every_choice_has_its_column() -> None:
    (member,), problems = read(
        "address,topics,muted,only_topics,tier,language,format,most,paused_until,state,consent_at\n"
        "a@example.test,proofs; Neural operators,general,yes,mention,zh+en,text,7,2026-03-01,"
        "pending,2025-01-02T03:04:05\n"
    )
    assert problems == []
    assert member.preferences == Preferences(
        follows=frozenset({"proofs", "operators"}),
        mutes=frozenset({"general"}),
        only_topics=True,
        lowest_tier=Tier.MENTION,
        languages=("zh", "en"),
        html=False,
        most=7,
    )
    assert (member.paused_until, member.state) == (dt.date(2026, 3, 1), SubscriptionState.PENDING)
    assert member.consent_at == dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def test_without_a_choice_people_follow_everything() -> None:
    people, _ = read("email,topics\na@example.test,\nb@example.test,none\nc@example.test,*\n")
    assert [p.preferences.follows for p in people] == [None, frozenset(), None]
    (person,), _ = read("email\na@example.test\n")
    assert person.preferences == Preferences()


def test_the_topics_column_is_what_the_command_says() -> None:
    text = "email,topics,Interests\na@example.test,proofs,operators\n"
    assert read(text)[0][0].preferences.follows == frozenset({"proofs"})
    assert read(text, "interests")[0][0].preferences.follows == frozenset({"operators"})
    assert read(text, "all")[0][0].preferences.follows is None
    with pytest.raises(ImportFileError, match="no column 'topic list': there are email, topics"):
        read(text, "topic list")


def test_columns_can_be_given_their_names() -> None:
    text = "Contact,Reads\na@example.test,zh\n"
    people, _ = read(text, mapping={"Contact": "address", "reads": "language"})
    assert people[0].preferences.languages == ("zh",)
    with pytest.raises(ImportFileError, match="Reads cannot be 'tongue'"):
        read(text, mapping={"Reads": "tongue"})


def test_each_bad_row_is_told_and_the_rest_kept() -> None:
    people, problems = read(
        "email,topics,tier,language,most,state\n"
        "good@example.test,,,,,\n"
        "nobody,,,,,\n"
        "a@example.test,prooofs,,,,\n"
        "b@example.test,,great,,,\n"
        "c@example.test,,,fr,,\n"
        "d@example.test,,,,-1,\n"
        "e@example.test,,,,,asleep\n"
        "GOOD@example.test,,,,,\n"
        "f@example.test,,,,,,surplus\n"
        "also.good@example.test\n"
    )
    assert [p.address for p in people] == ["good@example.test", "also.good@example.test"]
    reasons = {problem.line: problem.reason for problem in problems}
    assert list(reasons) == list(range(3, 11))
    assert "'nobody' is not an email address" in reasons[3]
    assert reasons[4] == "the list has no topic 'prooofs': did you mean 'proofs'?"
    assert reasons[9] == "GOOD@example.test stands on line 2 already"
    assert reasons[10] == "it has 7 cells, the header 6"


@pytest.mark.parametrize("rows", [3, 20_000])
def test_a_quote_that_is_never_closed_takes_no_other_row_with_it(rows: int) -> None:
    rest = [f"reader{number}@example.test" for number in range(rows)]
    text = "\n".join(["email,note", "ann@example.test,", '"bo@example.test,oh', *rest])
    people, problems = read(text)
    assert [member.address for member in people] == ["ann@example.test", *rest]
    assert people[-1].line == 3 + rows
    assert [(problem.line, problem.reason) for problem in problems] == [
        (3, "a quote is opened here and never closed")
    ]


def test_a_cell_beyond_all_measure_is_told_and_the_rest_kept() -> None:
    people, problems = read(f"email\n{'a' * 200_000}@example.test\nbo@example.test\n")
    assert [member.address for member in people] == ["bo@example.test"]
    assert [problem.line for problem in problems] == [2]


def test_a_topic_that_is_like_none_is_told_with_those_that_there_are() -> None:
    _, problems = read("email,topics\na@example.test,astrology\nb@example.test,\n")
    (reason,) = (problem.reason for problem in problems)
    assert reason.startswith("the list has no topic 'astrology'; it has ")
    assert "proofs" in reason


def test_a_misspelt_column_is_told() -> None:
    _, problems = read("email,langauge\na@example.test,zh\n")
    assert problems == [
        Problem(1, "the column 'langauge' is passed over: did you mean 'language'?")
    ]


def test_those_who_left_elsewhere_are_read_as_such() -> None:
    people, _ = read("email,status\na@example.test,unsubscribed\nb@example.test,cleaned\n")
    assert [p.state for p in people] == [SubscriptionState.LEFT] * 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        (" \n \n", "the file is empty"),
        ("email,topics\n", "a header and no row under it"),
        ("name;town\nAda;Berlin\n", "people.csv:1: no column holds addresses in 'name;town'"),
        ("email\nada\nbela\n", "people.csv:2: 'ada' is not .* none of the 2 rows could be read"),
    ],
)
def test_an_import_of_nobody_says_why(text: str, reason: str) -> None:
    with pytest.raises(ImportFileError, match=reason):
        read(text)


MEMBERS = st.builds(
    Member,
    address=st.integers(1, 10**6).map(lambda number: f"reader+{number}@例え.test"),
    preferences=preferences(NAMES, most=99),
    state=st.sampled_from(SubscriptionState),
    paused_until=st.none() | st.dates(),
    zone=st.sampled_from(["", "Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"]),
    consent_at=st.none() | st.datetimes(timezones=st.just(dt.UTC)),
    consent_source=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"])),
)


@settings(max_examples=30)
@given(st.lists(MEMBERS, min_size=1, max_size=8, unique_by=lambda member: member.address))
def test_what_is_exported_is_imported_the_same(members: list[Member]) -> None:
    people, problems = read("".join(export_rows(members)))
    assert problems == []
    assert [replace(person, line=0) for person in people] == members


@given(st.binary(max_size=300), st.sampled_from([b"", b"email;topics\n", b"\xff\xfe", b'email\n"']))
def test_whatever_the_bytes_it_is_people_or_a_reason(data: bytes, before: bytes) -> None:
    try:
        people, _ = read(before + data)
    except ImportFileError as error:
        people, told = [], str(error)
    else:
        told = ""
    assert bool(people) != bool(told)
    assert "\n" not in told


def test_all_passes_over_the_column_of_topics_and_has_nothing_to_say() -> None:
    (member,), problems = read("email,topics\na@example.test,proofs\n", topics="all")
    assert (member.preferences.follows, problems) == (None, [])


def test_a_column_that_only_the_map_has_is_refused() -> None:
    with pytest.raises(ImportFileError, match="no column 'Intrests', which the map names"):
        read("email,Interests\na@example.test,proofs\n", mapping={"Intrests": "topics"})


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("31.12.2026", "2.1.2020 9:05"),
        ("2026/12/31", "2020/1/2 09:05:00"),
        ("2026年12月31日", "2020-01-02T09:05"),
    ],
)
def test_days_are_read_as_spreadsheets_write_them_anew(day: str, moment: str) -> None:
    (member,), problems = read(f"email;paused_until;consent_at\na@example.test;{day};{moment}\n")
    assert problems == []
    assert member.paused_until == dt.date(2026, 12, 31)
    assert member.consent_at == dt.datetime(2020, 1, 2, 9, 5, tzinfo=dt.UTC)


def test_a_day_that_may_be_another_is_not_guessed() -> None:
    people, (problem,) = read("email,paused_until\na@example.test,01/02/2026\nb@example.test,\n")
    assert [person.address for person in people] == ["b@example.test"]
    assert "'01/02/2026' is not a day" in problem.reason


@pytest.mark.parametrize("address", ["=cmd|'/calc'!a0@example.test", "+1@example.test"])
def test_no_address_becomes_a_formula_in_a_spreadsheet(address: str) -> None:
    member = Member(address=address, preferences=Preferences(), consent_source="-1+1")
    exported = "".join(export_rows([member]))
    for line in csv.reader(exported.splitlines()):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)
    (again,), _ = read(exported)
    assert (again.address, again.consent_source) == (address, "-1+1")
