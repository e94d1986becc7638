"""The link by which an editor comes in, through the outbox like every mail for one person."""

from __future__ import annotations

import datetime as dt

from newsletter.content.mailinglist import MailingList
from newsletter.delivery.letters import Letters
from newsletter.store import editors
from newsletter.store.database import Database
from newsletter.store.editors import Editor
from newsletter.store.outbox import put
from newsletter.visits import LINK_FOR, Opens, Pass, seal


def mail_link(
    database: Database,
    letters: Letters,
    mailing_list: MailingList,
    editor: Editor,
    now: dt.datetime,
    language: str = "en",
) -> int:
    """Puts a link for an editor into the outbox, in place of any before; the id of the mail.

    Raises:
        NotFoundError: they are no editor any more.
        TemplateError: the mail's template is missing or broken.
    """
    with database.write() as session:
        stamp = editors.new_link(session, editor.id)
    granted = Pass(editor_id=editor.id, stamp=stamp, until=now + LINK_FOR)
    links = letters.links(mailing_list)
    values = {
        "name": editor.name,
        "link": links.enter(seal(letters.keyring, Opens.LINK, granted)),
        "door": links.edit(),
        "hours": int(LINK_FOR.total_seconds() // 3600),
    }
    # Written between two transactions: compiling takes longer than a writer should be waited for.
    mail = letters.write("enter", mailing_list, editor.address, language, now, values)
    with database.write() as session:
        return put(session, mail, now)
