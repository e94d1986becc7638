"""A small file of subscribers, read through."""

from __future__ import annotations

import io
from collections.abc import Mapping

from newsletter.audience.subscriber_csv import Problem, stream_subscribers
from newsletter.content.mailinglist import MailingList
from newsletter.store.admission import Member


def people_and_problems(
    data: bytes,
    name: str,
    mailing_list: MailingList,
    topics: str = "",
    mapping: Mapping[str, str] | None = None,
) -> tuple[list[Member], list[Problem]]:
    """The people of a file called `name`, and the rows that could not be read."""
    problems: list[Problem] = []
    people = stream_subscribers(
        lambda: io.BytesIO(data),
        name,
        mailing_list=mailing_list,
        topics=topics,
        mapping=mapping,
        problem=problems.append,
    )
    return list(people), problems
