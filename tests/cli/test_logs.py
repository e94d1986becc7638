"""Log lines: each is one JSON object, none is lost, and warnings do not wait."""

from __future__ import annotations

import asyncio
import io
import json
from threading import Thread

from newsletter.cli.logs import GATHER, Lines


def test_lines_of_a_moment_are_written_together_and_in_order() -> None:
    file = io.StringIO()

    async def go() -> str:
        lines = Lines(file)
        for number in range(5):
            lines.info(str(number))
        before = file.getvalue()
        await asyncio.sleep(GATHER * 3)
        return before

    assert asyncio.run(go()) == ""
    assert file.getvalue() == "0\n1\n2\n3\n4\n"


def test_a_warning_does_not_wait_and_passes_nothing() -> None:
    file = io.StringIO()

    async def go() -> None:
        lines = Lines(file)
        lines.info("first")
        lines.warning("second")
        assert file.getvalue() == "first\nsecond\n"

    asyncio.run(go())


def test_what_waits_when_a_loop_ends_is_written_by_the_next_line_or_at_the_end() -> None:
    file = io.StringIO()
    lines = Lines(file)

    async def go(word: str) -> None:
        lines.info(word)

    asyncio.run(go("one"))
    asyncio.run(go("two"))
    assert file.getvalue() == ""
    lines.flush()
    assert file.getvalue() == "one\ntwo\n"


def test_a_new_loop_gathers_anew_after_one_that_ended() -> None:
    file = io.StringIO()
    lines = Lines(file)

    async def go(word: str, wait: float) -> None:
        lines.info(word)
        await asyncio.sleep(wait)

    asyncio.run(go("one", 0))
    asyncio.run(go("two", GATHER * 3))
    assert file.getvalue() == "one\ntwo\n"


def test_without_a_loop_and_from_many_threads_every_line_arrives() -> None:
    file = io.StringIO()
    lines = Lines(file)

    def write(name: int) -> None:
        for number in range(200):
            lines.info(json.dumps([name, number]))

    threads = [Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [json.loads(line) for line in file.getvalue().splitlines()]
    assert sorted(found) == [[name, number] for name in range(4) for number in range(200)]
