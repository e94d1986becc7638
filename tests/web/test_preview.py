from __future__ import annotations

from sqlalchemy import text as sql

from tests.web.newsstand import Newsstand


def preview(newsstand: Newsstand, **fields: object) -> str:
    data = {"scope": "everything", "do": "preview"} | fields
    response = newsstand.client.post(newsstand.choose_path(), data=data)
    assert response.status_code == 200
    return response.text


def test_a_preview_shows_the_last_issue_by_these_choices_and_stores_nothing(
    newsstand: Newsstand,
) -> None:
    before = newsstand.dump()
    page = preview(newsstand, scope="chosen", follow="proofs", only_topics="yes")
    assert "1 of the 8 papers of 2026-W06" in page
    assert "<li>Agents that finish proofs in Lean</li>" in page
    assert "Listed: spectra of melts" not in page
    assert 'value="proofs" checked' in page, "the form keeps what is not saved yet"
    assert newsstand.dump() == before


def test_a_preview_is_in_the_language_that_was_chosen(newsstand: Newsstand) -> None:
    assert "面向大分子的长程力场" in preview(newsstand, languages="zh")


def test_who_ticks_nothing_sees_an_empty_preview(newsstand: Newsstand) -> None:
    assert "0 of the 8 papers" in preview(newsstand, scope="chosen")


def test_without_a_public_issue_there_is_none_to_show(newsstand: Newsstand) -> None:
    with newsstand.database.engine.begin() as connection:
        connection.execute(sql("UPDATE issues SET state = 'draft'"))
    page = preview(newsstand)
    assert "papers of" not in page
    assert "Your choices" in page


def test_a_new_topic_reaches_who_wants_everything_and_not_who_chose() -> None:
    from newsletter.content.planning import plan
    from newsletter.content.preferences import Preferences
    from newsletter.content.topics import Topic, TopicTree
    from tests.builders import TOPICS, make_digest

    new = Topic(name="melts", titles={"en": "Melts"}, keywords=("melts",))
    digest = make_digest(topics=TopicTree((*TOPICS.topics, new)))
    at = next(i for i, e in enumerate(digest.entries) if "melts" in e.topics)
    assert plan(digest, Preferences()).verdicts[at].chosen
    chose = Preferences(follows=frozenset({"operators"}))
    assert not plan(digest, chose).verdicts[at].chosen
