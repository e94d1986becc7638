"""The issue on the bench: put together as it stands now, and made into messages.

Nothing here renders. A message comes from `render_for`, as for `newsletter render`; a selection
that is nobody's yet goes through `draft_message`, as a test message does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock

from newsletter import workflow
from newsletter.audience.listfile import read_list_file
from newsletter.content.digest import Digest
from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import local_day
from newsletter.content.planning import Plan, plan, spoken
from newsletter.content.serial import dump, load_plan
from newsletter.delivery.dkim import Signer
from newsletter.delivery.messages import draft_message
from newsletter.delivery.showing import render_for
from newsletter.errors import ListFileError, NewsletterError, TemplateError
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.forms import compiled_for
from newsletter.rendering.templates import files_print
from newsletter.store import issues, ledger, lists
from newsletter.store.database import Database
from newsletter.store.editions import compiled, plan_body
from newsletter.store.issues import Issue
from newsletter.tokens import Keyring
from newsletter.web.editing.asking import Who
from newsletter.web.editing.made import Made, Shelf
from newsletter.web.editing.trouble import (
    Trouble,
    list_trouble,
    other_trouble,
    template_trouble,
)

_FORMS = 24
"""Compiled issues that are kept: some variants of languages, now and before the last changes."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An issue as it stands now. `stored` is whether its stored draft says the same, `synced`
    whether the stored list does; `key` differs when anything that it says does."""

    issue: Issue
    stored: bool
    synced: bool
    key: str
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What there is to show: a message, of before when something is wrong now, or none at all."""

    made: Made | None
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """`clock` gives aware instants; `templates` are folders that come before the packaged one.

    In a project's folder, `lists_folder` is where its lists are, and a list is then as its file
    says, so that a change is seen before `lists sync` makes it count; None: as it is stored.
    """

    database: Database
    keyring: Keyring
    clock: Callable[[], dt.datetime]
    templates: Sequence[Path]
    public_url: str = ""
    signer: Signer | None = None
    lists_folder: Path | None = None
    shelf: Shelf = field(default_factory=Shelf)
    _forms: OrderedDict[str, Compiled] = field(default_factory=OrderedDict)
    _good: dict[tuple[str, tuple[str, ...]], tuple[Issue, Compiled]] = field(default_factory=dict)
    _turn: Lock = field(default_factory=Lock)

    def today(self, mailing_list: MailingList) -> dt.date:
        return local_day(mailing_list, self.clock())

    def standing(self, list_name: str, name: str) -> Standing:
        """The issue as it stands.

        Raises:
            NotFoundError: there is no such issue.
        """
        with self.database.read() as session:
            stored = issues.get_issue(session, list_name, name)
            known = lists.get_list(session, list_name)
            written, troubles = self._written(list_name)
            digest = workflow.standing_digest(session, stored, self.public_url, written or known)
        said = dump(digest)
        return Standing(
            issue=replace(stored, digest=digest),
            stored=stored.digest == digest or said == dump(stored.digest),
            synced=written is None or written == known,
            key=hashlib.sha256(f"{stored.state}{stored.edition}{said}".encode()).hexdigest(),
            troubles=troubles,
        )

    def _written(self, list_name: str) -> tuple[MailingList | None, tuple[Trouble, ...]]:
        """The list as its file says, if there is one and it can be followed."""
        if self.lists_folder is None:
            return None, ()
        path = self.lists_folder / list_name / "list.toml"
        if not path.is_file():
            return None, ()
        try:
            return _list_of(path, path.read_bytes()), ()
        except ListFileError as error:
            return None, (list_trouble(error, path),)

    def show(self, standing: Standing, who: Who) -> Shown:
        """The message for somebody; the last good one when a template is broken."""
        languages = spoken(standing.issue.digest.list, who.preferences)
        try:
            form = self.compiled(standing, languages)
            made = self._made(standing.issue, who, form)
        except TemplateError as error:
            trouble = template_trouble(error, self.templates)
        except NewsletterError as error:
            trouble = other_trouble(error)
        else:
            self._good[standing.issue.ref, languages] = standing.issue, form
            return Shown(made=made, troubles=standing.troubles)
        good = self._good.get((standing.issue.ref, languages))
        before = self._made(good[0], who, good[1]) if good else None
        return Shown(made=before, troubles=(trouble, *standing.troubles))

    def compiled(self, standing: Standing, languages: tuple[str, ...]) -> Compiled:
        """The issue compiled for a choice of languages: as it was frozen, or from the template.

        Raises:
            TemplateError: the template is missing or broken.
        """
        issue = standing.issue
        with self._turn:
            key = f"{standing.key} {'+'.join(languages)} {self._template_key(issue)}"
            if key not in self._forms:
                self._forms[key] = self._compile(issue, languages)
            self._forms.move_to_end(key)
            while len(self._forms) > _FORMS:
                self._forms.popitem(last=False)
            return self._forms[key]

    def key(self, standing: Standing) -> str:
        """Differs when anything does that decides how the issue looks."""
        said = f"{standing.key}{self._template_key(standing.issue)}"
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    def _template_key(self, issue: Issue) -> str:
        """Differs when a file of its template does; empty for an issue that was frozen."""
        return "" if issue.edition is not None else self.files(issue.digest.list.template)

    def files(self, template: str) -> str:
        """What tells the files of a template from any others: a review is of these, too."""
        return files_print(self.templates, template)

    def _compile(self, issue: Issue, languages: tuple[str, ...]) -> Compiled:
        if issue.edition is None:
            return compiled_for(issue.digest, languages, self.templates)
        with self.database.read() as session:
            return Compiled.loads(compiled(session, issue.edition.id, "+".join(languages)))

    def _made(self, issue: Issue, who: Who, form: Compiled) -> Made:
        def compile_for(_digest: Digest, _languages: tuple[str, ...]) -> Compiled:
            return form

        if who.own:
            message = render_for(
                self.database,
                issue,
                who.address,
                self.keyring,
                self.clock,
                compile_for,
                self.signer,
            )
        else:
            message = draft_message(
                issue,
                who.preferences,
                who.address,
                self.keyring,
                self.clock(),
                compile_for,
                signer=self.signer,
            )
        made = Made(message, issue.digest, self._plan(issue, who, form))
        self.shelf.put(made)
        return made

    def _plan(self, issue: Issue, who: Who, form: Compiled) -> Plan:
        """The plan of the message: the one it was sent by, if it was."""
        if who.own and issue.edition is not None:
            with self.database.read() as session:
                delivery = ledger.delivery_for(session, issue.id, who.address)
                fixed = delivery.fixed if delivery else None
                body = plan_body(session, fixed.edition, fixed.preferences_id) if fixed else None
                if body is not None and fixed and fixed.edition == issue.edition.id:
                    return load_plan(body)
        return plan(issue.digest, who.preferences, form)


@lru_cache(maxsize=8)
def _list_of(path: Path, _octets: bytes) -> MailingList:
    """The list of a file, read once for as long as its octets stay the same."""
    return read_list_file(path).list
