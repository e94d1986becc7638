"""A compiled issue: everything an issue says, cut into pieces, from which each reader's message is
put together. It is stored with the issue, so that every later attempt gives the same bytes."""

from __future__ import annotations

import html
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from newsletter.content.planning import Depth, Plan
from newsletter.rendering import dots, mime
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.facts import Outline
from newsletter.rendering.marks import CLICK, Slot
from newsletter.rendering.program import Part, chains, dump, load
from newsletter.rendering.prose import one_line
from newsletter.rendering.reading import Facts
from newsletter.rendering.sizes import PartSizes
from newsletter.rendering.track import Track


@dataclass(frozen=True)
class Compiled:
    """One issue in one language or two. It knows the exact size of any plan (`planning.Sizes`)."""

    languages: tuple[str, ...]
    outline: Outline
    frame: mime.Frame
    slots: tuple[Slot, ...]
    html_parts: tuple[Part, ...]
    text_parts: tuple[Part, ...]
    subject_parts: tuple[Part, ...]

    def dumps(self) -> bytes:
        """The compiled issue as compressed JSON."""
        values = {
            "languages": self.languages,
            "outline": asdict(self.outline),
            "frame": asdict(self.frame),
            "slots": [asdict(slot) for slot in self.slots],
            "html": dump(self.html_parts),
            "text": dump(self.text_parts),
            "subject": dump(self.subject_parts),
        }
        return zlib.compress(json.dumps(values, ensure_ascii=False).encode(), 6)

    @classmethod
    def loads(cls, data: bytes) -> Compiled:
        """The inverse of `dumps`."""
        values = json.loads(zlib.decompress(data))
        return cls(
            languages=tuple(values["languages"]),
            outline=Outline.load(values["outline"]),
            frame=mime.Frame(**values["frame"]),
            slots=tuple(
                Slot(slot["source"], slot["width"], tuple(slot["phrases"]))
                for slot in values["slots"]
            ),
            html_parts=load(values["html"]),
            text_parts=load(values["text"]),
            subject_parts=load(values["subject"]),
        )

    def html(self, plan: Plan, values: Mapping[str, str]) -> str:
        """The HTML part for `plan`, line breaks as LF."""
        return self._read(self._html, plan, values)

    def text(self, plan: Plan, values: Mapping[str, str]) -> str:
        """The plain-text part for `plan`, line breaks as LF."""
        return self._read(self._text, plan, values)

    def subject(self, plan: Plan, values: Mapping[str, str]) -> str:
        """The subject for `plan`, on one line."""
        return one_line(self._read(self._subject, plan, values))

    def _read(self, track: Track[str], plan: Plan, values: Mapping[str, str]) -> str:
        return "".join(track.pieces(self._facts.read(plan), mime.checked(values)))

    def assemble(self, plan: Plan, values: Mapping[str, str], encoding: Encoding) -> bytes:
        """The whole message of one reader: header and parts, CRLF line ends, no dot-stuffing.

        Raises:
            MessageError: a value is missing, longer than its slot, or not printable ASCII.
        """
        mime.checked(values)
        reading = self._facts.read(plan)
        subject = "".join(self._subject.pieces(reading, values))
        text, rich = self._wire(encoding)
        return mime.message(
            self.frame,
            values,
            subject,
            text.pieces(reading, values),
            rich.pieces(reading, values) if plan.html else None,
            encoding,
        )

    def dotless(self, encoding: Encoding) -> bool:
        """Whether DATA can carry every message as it is: none has a line that begins with a dot."""
        return self._dotless[encoding]

    def html_octets(self, plan: Plan) -> int:
        """Octets of the HTML part for `plan`: lines end in CRLF, slots are at their widest."""
        return self._sizes.of(self._facts.read(plan))

    def fits(self, plan: Plan, budget: int) -> bool:
        """Whether `html_octets` is `budget` at most; of a short issue, every plan is."""
        return self._sizes.most <= budget or self.html_octets(plan) <= budget

    def entry_octets(self, index: int, depth: Depth) -> int:
        """Octets that entry `index` alone takes at `depth`."""
        return self._sizes.entry(index, depth)

    @cached_property
    def counted(self) -> bool:
        """Whether links lead through where they are counted, by a token of the reader's."""
        return CLICK in self.slots

    # What follows is laid out once, when it is first needed.

    @cached_property
    def _facts(self) -> Facts:
        parts = (*self.html_parts, *self.text_parts, *self.subject_parts)
        return Facts(self.outline, chains(parts))

    @cached_property
    def _html(self) -> Track[str]:
        return Track(self.html_parts, self.slots, self._facts.numbers, str, html.escape)

    @cached_property
    def _text(self) -> Track[str]:
        return Track(self.text_parts, self.slots, self._facts.numbers, str, str)

    @cached_property
    def _subject(self) -> Track[str]:
        return Track(self.subject_parts, self.slots, self._facts.numbers, str, str)

    def _wire(self, encoding: Encoding) -> tuple[Track[bytes], Track[bytes]]:
        found = self._wires.get(encoding)
        if found is None:  # a send needs but one of them
            numbers, slots = self._facts.numbers, self.slots
            found = self._wires[encoding] = (
                Track(self.text_parts, slots, numbers, encoding.transfer, str),
                Track(self.html_parts, slots, numbers, encoding.transfer, html.escape),
            )
        return found

    @cached_property
    def _wires(self) -> dict[Encoding, tuple[Track[bytes], Track[bytes]]]:
        return {}

    @cached_property
    def _sizes(self) -> PartSizes:
        return PartSizes(self.html_parts, self.slots, self._facts.numbers, self.outline.entries)

    @cached_property
    def _dotless(self) -> Mapping[Encoding, bool]:
        parts = (self.text_parts, self.html_parts)
        return {
            encoding: all(dots.dotless(part, self.slots, encoding) for part in parts)
            for encoding in Encoding
        }
