"""How well returned mail is read: on a folder of samples, and on reports made here.

`python -m tests.bench.bounces FOLDER`; flufl.bounce's source distribution has such a folder in
tests/data: `pip download --no-deps --no-binary :all: flufl.bounce` fetches it.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from email import message_from_bytes
from pathlib import Path

from flufl.bounce import all_failures

from newsletter.replies import Judgement, Stage, classify
from newsletter.tracking.returned import Kind, read_returned
from tests.tracking.returned_mail import RING, arf, dsn, envelope, message_id, our_headers

MADE = 2_000

_TO = re.compile(rb"^To:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(rb"^([ \t>]*message-id:\s*)<[^>]+>", re.IGNORECASE | re.MULTILINE)

CODES = {
    "5.1.1": Judgement.BAD_ADDRESS,
    "5.1.10": Judgement.BAD_ADDRESS,
    "5.2.1": Judgement.BAD_ADDRESS,
    "5.2.2": Judgement.MAILBOX_FULL,
    "5.7.1": Judgement.REFUSED,
    "5.1.8": Judgement.REFUSED,
    "4.4.7": Judgement.TRY_LATER,
    "5.0.0": Judgement.UNCLASSIFIED,
}


def samples(folder: Path) -> None:
    """What becomes of each sample, beside what flufl.bounce itself makes of it."""
    kinds: Counter[str] = Counter()
    judgements: Counter[str] = Counter()
    agreed, files = 0, sorted(folder.glob("*.txt"))
    started = time.perf_counter()
    read = [(file, read_returned(file.read_bytes(), RING)) for file in files]
    spent = time.perf_counter() - started
    for file, found in read:
        kinds[found.kind.value] += 1
        for failure in found.failures:
            judgements[classify(Stage.DSN, failure.reply).judgement.value] += 1
        delayed, failed = all_failures(message_from_bytes(file.read_bytes()))
        theirs = {address.decode().lower() for address in failed}
        ours = {address.lower() for failure in found.failures for address in failure.addresses}
        same = theirs <= ours or (not failed and found.kind in (Kind.DELAY, Kind.BOUNCE))
        agreed += same if failed or delayed else found.kind is not Kind.BOUNCE
        if not same and (failed or delayed):
            print(f"  {file.name}: {found.kind}, {sorted(ours)} beside {sorted(theirs)}")
    print(f"{len(files)} samples in {spent:.2f} s: {dict(kinds)}")
    print(f"recipients as flufl.bounce finds them, or more: {agreed} of {len(files)}")
    print(f"judged: {dict(judgements)}")


def proven(folder: Path) -> None:
    """How many of the samples' bounces would be believed at once, had the mail been ours: where
    what they were sent to is our envelope sender, and where a relay had put its own in its place
    and only what they quote of the original is left."""
    bounces = kept = quoted = 0
    for file in sorted(folder.glob("*.txt")):
        octets = file.read_bytes()
        if read_returned(octets, RING).kind is not Kind.BOUNCE:
            continue
        bounces += 1
        to_us = _TO.sub(b"To: " + envelope(MADE).encode(), octets, count=1)
        kept += read_returned(to_us, RING).clues.signed == (MADE,)
        head, _, body = octets.partition(b"\n\n")
        returned = _MESSAGE_ID.sub(rb"\1" + message_id(MADE).encode(), body)
        found = read_returned(head + b"\n\n" + returned, RING)
        quoted += MADE in [number for number, _ in found.clues.message_ids] and any(
            failure.addresses for failure in found.failures
        )
    print(f"believed at once: {kept} of {bounces}; after a relay that rewrites: {quoted}")


def made() -> None:
    """Reports whose right reading is known, half of them without a word of who it was."""
    right, started = 0, time.perf_counter()
    for number in range(1, MADE + 1):
        code, wanted = list(CODES.items())[number % len(CODES)]
        basic = "450" if code.startswith("4") else "550"
        diagnostic = f"smtp; {basic} {code} said so" if number % 3 else ""
        hidden = number % 2 == 0
        report = dsn(
            to="postmaster@news.example.org" if hidden else envelope(number),
            returned=our_headers(number) if hidden else "",
            status=code,
            diagnostic=diagnostic,
            kind="message/delivery-status" if number % 5 else "message/global-delivery-status",
            encoded=number % 7 == 0,
        )
        found = read_returned(report, RING)
        verdicts = [classify(Stage.DSN, failure.reply).judgement for failure in found.failures]
        right += found.clues.signed == (number,) and verdicts == [wanted]
        complaint = read_returned(arf(returned=our_headers(number)), RING)
        right += complaint.kind is Kind.COMPLAINT and complaint.clues.signed == (number,)
    spent = time.perf_counter() - started
    print(f"made here: {right} of {2 * MADE} right, {2 * MADE / spent:.0f} messages a second")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        samples(Path(name))
        proven(Path(name))
    made()
