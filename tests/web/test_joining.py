from __future__ import annotations

import datetime as dt
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from newsletter.content.preferences import Preferences
from newsletter.store import subscribers
from newsletter.store.confirmation_tables import ConfirmationRow
from newsletter.store.database import Database
from newsletter.store.values import SubscriptionState, Way
from newsletter.web.site import MOST_ASKED, MOST_MAILED
from tests.builders import make_digest
from tests.web.mailed import mails, paths
from tests.web.newsstand import NOW, Newsstand, furnish

ADA = "ada@mail.example.net"
NEW = "Zoë+papers@mail.example.net"
FORM = "/lists/ai-for-science/subscribe"
DAY = dt.timedelta(days=1)


def sign_up(newsstand: Newsstand, address: str = NEW, **fields: object) -> str:
    response = newsstand.client.post(FORM, data={"address": address} | fields)
    assert response.status_code == 200
    return response.text


def confirm_path(newsstand: Newsstand, address: str = NEW) -> str:
    (path,) = paths(mails(newsstand, address)[-1])
    return path


def rows(newsstand: Newsstand) -> list[ConfirmationRow]:
    with newsstand.database.read() as session:
        return list(session.exec(select(ConfirmationRow).order_by(col(ConfirmationRow.id))))


def test_who_confirms_by_mail_is_on_the_list_with_what_they_chose(database: Database) -> None:
    newsstand = furnish(database, make_digest())
    sign_up(newsstand, follow=["operators", "no-such-topic"], languages="zh+en")
    with newsstand.database.read() as session, pytest.raises(Exception, match="nobody has"):
        subscribers.show(session, NEW)
    path = confirm_path(newsstand)
    assert "Nothing has changed yet" in newsstand.client.get(path).text
    page = newsstand.client.post(path)
    assert "You are on the list" in page.text
    found = newsstand.subscription(NEW)
    assert found.state is SubscriptionState.ACTIVE
    assert found.preferences == Preferences(
        follows=frozenset({"operators"}), languages=("zh", "en")
    )
    assert (found.consent_at, found.consent_source) == (
        NOW,
        "the subscribe page, confirmed by mail",
    )


def test_scanners_that_open_the_link_confirm_nothing(newsstand: Newsstand) -> None:
    sign_up(newsstand)
    before = newsstand.dump()
    for method in ("GET", "HEAD"):
        assert newsstand.client.request(method, confirm_path(newsstand)).status_code == 200
    assert newsstand.dump() == before


def test_the_page_says_the_same_to_all_and_the_mail_the_truth(newsstand: Newsstand) -> None:
    assert sign_up(newsstand, NEW) == sign_up(newsstand, ADA)
    (new,), (known,) = mails(newsstand, NEW), mails(newsstand, ADA)
    assert "confirm" in new["Subject"]
    assert known["Subject"] == "You are subscribed to AI for Science"
    (manage,) = paths(known)
    assert "Your choices" in newsstand.client.get(manage).text
    saved = newsstand.client.post(manage, data={"scope": "chosen", "follow": "proofs"})
    assert "Saved" in saved.text
    assert newsstand.subscription(ADA).preferences.follows == frozenset({"proofs"})


def test_repeated_sign_ups_send_one_mail_a_day_with_the_latest_choice(database: Database) -> None:
    newsstand = furnish(database, make_digest())
    for topic in ("proofs", "operators"):
        sign_up(newsstand, follow=topic)
        sign_up(newsstand, NEW.upper().replace("PAPERS", "papers"), follow=topic)
    assert len(mails(newsstand)) == 1
    newsstand.clock = NOW + DAY
    sign_up(newsstand, follow="operators")
    assert len(mails(newsstand)) == 2
    newsstand.client.post(confirm_path(newsstand))
    assert newsstand.subscription(NEW).preferences.follows == frozenset({"operators"})


def test_confirming_twice_changes_nothing_and_welcomes_once(newsstand: Newsstand) -> None:
    sign_up(newsstand)
    path = confirm_path(newsstand)
    newsstand.client.post(path)
    before = newsstand.dump()
    assert "You are on the list" in newsstand.client.post(path).text
    assert newsstand.dump() == before


def test_a_link_that_was_used_says_so_and_puts_nobody_back(newsstand: Newsstand) -> None:
    sign_up(newsstand)
    path = confirm_path(newsstand)
    newsstand.client.post(path)
    assert "This was confirmed before" in newsstand.client.get(path).text
    newsstand.clock = NOW + dt.timedelta(days=8)
    assert "/p/" not in newsstand.client.post(path).text, "an old mail opens no choices"
    newsstand.clock = NOW + DAY
    leave = paths(mails(newsstand, NEW)[1])[-1]
    newsstand.client.post(leave, data={"choice": "leave"})
    assert "This was confirmed before" in newsstand.client.post(path).text
    assert newsstand.subscription(NEW).state is SubscriptionState.LEFT


def test_the_welcome_leads_to_the_choices_and_leaves_in_one_click(
    newsstand: Newsstand,
) -> None:
    sign_up(newsstand)
    newsstand.client.post(confirm_path(newsstand))
    welcome = mails(newsstand, NEW)[1]
    manage, of_the_text = paths(welcome)
    assert newsstand.client.get(manage).status_code == 200
    of_the_header = urlsplit(str(welcome["List-Unsubscribe"]).strip("<>")).path
    assert of_the_header.startswith("/u/")
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for leave in (of_the_header, of_the_text):
        asked = newsstand.client.post(leave, data={"List-Unsubscribe": "One-Click"})
        assert asked.text == "Done.\n"
        assert newsstand.subscription(NEW).state is SubscriptionState.LEFT
        assert "Undo" in newsstand.client.get(leave).text
        newsstand.client.post(leave, data={"choice": "undo"})
        assert newsstand.subscription(NEW).state is SubscriptionState.ACTIVE


def test_who_left_comes_back_by_a_new_consent_and_the_history_stays(
    newsstand: Newsstand,
) -> None:
    newsstand.client.post(newsstand.leave_path(), data={"choice": "leave"})
    newsstand.clock = NOW + DAY
    sign_up(newsstand, ADA)
    assert newsstand.subscription().state is SubscriptionState.LEFT
    newsstand.client.post(confirm_path(newsstand, ADA))
    assert newsstand.subscription().state is SubscriptionState.ACTIVE
    assert newsstand.subscription().consent_at == NOW + DAY
    (departure,) = newsstand.departures()
    assert (departure.way, departure.undone_at) == (Way.PAGE, None)


def test_a_link_that_is_too_old_or_forged_confirms_nothing(newsstand: Newsstand) -> None:
    sign_up(newsstand)
    path = confirm_path(newsstand)
    newsstand.clock = NOW + dt.timedelta(days=8)
    before = newsstand.dump()
    assert newsstand.client.get(path).status_code == 410
    assert newsstand.client.post(path).status_code == 410
    assert newsstand.client.post(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 404
    assert newsstand.dump() == before


def test_a_machine_that_fills_in_everything_is_thanked_and_forgotten(
    newsstand: Newsstand,
) -> None:
    before = newsstand.dump()
    page = sign_up(newsstand, website="https://spam.example")
    assert newsstand.dump() == before
    assert page == sign_up(newsstand)


@pytest.mark.parametrize("address", ["", "zoe", "zoe@", "a@b@c.example", "zoe@x.example\nBcc: y"])
def test_what_is_no_address_is_said_beside_the_field(newsstand: Newsstand, address: str) -> None:
    before = newsstand.dump()
    response = newsstand.client.post(FORM, data={"address": address, "follow": "proofs"})
    assert response.status_code == 400
    assert 'aria-invalid="true"' in response.text
    assert 'value="proofs" checked' in response.text
    assert newsstand.dump() == before


def test_international_addresses_are_kept_as_written(newsstand: Newsstand) -> None:
    sign_up(newsstand, "李雷@例子.测试")
    (row,) = rows(newsstand)
    assert row.address == "李雷@例子.测试"
    assert mails(newsstand)[0]["To"] == "undisclosed-recipients:;"


def test_the_consent_says_when_from_where_and_to_which_words(newsstand: Newsstand) -> None:
    client = TestClient(newsstand.app, client=("203.0.113.77", 5000))
    client.post(FORM, data={"address": NEW}, headers={"accept-language": "zh"})
    (row,) = rows(newsstand)
    assert row.network == "203.0.113.0/24"
    assert row.wording == "我愿意通过邮件接收《科学智能周报》，并可随时一键退订。"
    assert row.wording in client.get(FORM, headers={"accept-language": "zh"}).text
    newsstand.client.post(confirm_path(newsstand))
    newsstand.clock = NOW + dt.timedelta(days=181)
    sign_up(newsstand, "other@mail.example.net")
    first, _ = rows(newsstand)
    assert (first.network, first.confirmed_at) == ("", int(NOW.timestamp()))


def test_a_wish_that_nobody_confirmed_is_forgotten(newsstand: Newsstand) -> None:
    sign_up(newsstand)
    newsstand.clock = NOW + dt.timedelta(days=31)
    sign_up(newsstand, "other@mail.example.net")
    assert [row.address for row in rows(newsstand)] == ["other@mail.example.net"]


def test_one_network_may_ask_so_often_and_no_more(newsstand: Newsstand) -> None:
    def ask(host: str, number: int) -> int:
        client = TestClient(newsstand.app, client=(host, 5000))
        return client.post(FORM, data={"address": f"r{number}@mail.example.net"}).status_code

    assert {ask("2001:db8::1", number) for number in range(MOST_ASKED)} == {200}
    assert ask("2001:db8::2", 99) == 429, "the same household"
    assert ask("2001:db8:0:1::1", 99) == 200, "another one"
    newsstand.clock = NOW + dt.timedelta(hours=1)
    assert ask("2001:db8::1", 100) == 200


def test_one_mailbox_gets_so_much_and_no_more_by_whatever_tags(newsstand: Newsstand) -> None:
    for number in range(MOST_MAILED + 3):
        client = TestClient(newsstand.app, client=(f"192.0.2.{number}", 5000))
        address = f"victim+{number}@mail.example.net"
        said = client.post(FORM, data={"address": address})
        assert "Please look into your mail" in said.text
    assert len(mails(newsstand)) == MOST_MAILED
    sign_up(newsstand)
    assert len(mails(newsstand, NEW)) == 1, "another's mailbox has its own"


def test_behind_a_trusted_proxy_it_is_the_clients_network_that_counts(
    newsstand: Newsstand,
) -> None:
    object.__setattr__(newsstand.app.state.site, "trusted_proxies", (ip_network("127.0.0.1"),))
    client = TestClient(newsstand.app, client=("127.0.0.1", 5000))
    headers = {"x-forwarded-for": "6.6.6.6, 198.51.100.9"}
    client.post(FORM, data={"address": NEW}, headers=headers)
    assert [row.network for row in rows(newsstand)] == ["198.51.100.0/24"]
