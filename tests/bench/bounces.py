"""How well returned mail is read: on a folder of samples, and on reports made here.

`python -m tests.bench.bounces FOLDER`; flufl.bounce's source distribution has such a folder in
tests/data: `pip download --no-deps --no-binary :all: flufl.bounce` fetches it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from email import message_from_bytes
from pathlib import Path

from flufl.bounce import all_failures

from newsletter.replies import Judgement, Stage, classify
from newsletter.tracking.returned import Kind, read_returned
from tests.tracking.returned_mail import RING, arf, dsn, envelope, our_headers

MADE = 2_000

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
    made()
