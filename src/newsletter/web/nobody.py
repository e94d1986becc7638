"""What a genuine link says that belongs to nobody: a test message's, or an erased reader's."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from newsletter.tokens import TEST_DELIVERY
from newsletter.web.language import Asked
from newsletter.web.site import Site


def nobody(site: Site, language: Asked, delivery_id: int | None) -> HTMLResponse:
    """The page for a delivery that has no reader (any more)."""
    if delivery_id == TEST_DELIVERY:
        return site.message(
            language.choose(),
            "This was a test message",
            "Its links belong to nobody, so there is nothing to leave or to change.",
        )
    return site.message(
        language.choose(),
        "There is nothing left to change",
        "The subscription that this link was for is no longer there.",
    )
