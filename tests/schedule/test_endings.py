"""The clock and lists that end."""

from __future__ import annotations

import pytest
from sqlmodel import Session
from structlog.testing import capture_logs

from newsletter.schedule.outlook import coming, standing
from newsletter.store import endings, slots
from newsletter.store.slots import Slot, SlotState
from tests.builders import make_list
from tests.schedule.stage import LIST, ClockStage


def end(stage: ClockStage) -> None:
    with stage.database.write() as session:
        endings.end(session, LIST, stage.now, "eva")


def reopen(stage: ClockStage) -> None:
    with stage.database.write() as session:
        endings.reopen(session, LIST, stage.now, "eva")


def test_a_list_that_has_ended_is_left_alone_and_is_not_late(stage: ClockStage) -> None:
    stage.until("2026-02-12 05:00")
    end(stage)
    before = stage.steps()
    stage.until("2026-03-30 08:00")
    assert stage.steps() == before == ["assemble 2026-W06", "remind 2026-W06"]
    with stage.database.read() as session:
        found = standing(session, make_list(), stage.now)
        assert (found.next, found.late) == (None, ())
        assert found.ended is not None
        assert coming(session, make_list(), stage.now, 5) == ()


def test_one_that_goes_on_again_begins_with_its_next_moment(stage: ClockStage) -> None:
    stage.until("2026-02-20 08:00", then=stage.sent)
    end(stage)
    stage.off_until("2026-04-01 12:00")
    stage.look()
    reopen(stage)
    stage.look()
    with stage.database.read() as session:
        waiting = [slot.issue for slot in slots.open_slots(session, LIST)]
    assert waiting == ["2026-W13"], "nobody is asked of the weeks between"
    stage.until("2026-04-02 08:00")
    assert stage.steps()[-1] == "send 2026-W13"


def test_the_issue_that_lost_its_moment_has_it_again_if_that_is_ahead(stage: ClockStage) -> None:
    stage.until("2026-02-12 05:00")
    end(stage)
    reopen(stage)
    stage.until("2026-02-12 08:00")
    assert stage.slot().state is SlotState.SENDING


def test_one_that_ends_while_the_clock_looks_is_no_fault(
    stage: ClockStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.until("2026-02-12 05:00")
    before, asked = stage.steps(), slots.get_slot

    def ended_since(session: Session, list_name: str, issue: str) -> Slot:
        end(stage)
        return asked(session, list_name, issue)

    monkeypatch.setattr(slots, "get_slot", ended_since)
    with capture_logs() as logs:
        stage.look()
    assert stage.steps() == before
    assert {(line["log_level"], line["event"]) for line in logs} == {("info", "not done")}
