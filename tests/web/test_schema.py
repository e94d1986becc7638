"""Whatever the schema allows, and much that it does not, is answered, and never with a fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from newsletter.tokens import Purpose
from tests.web.newsstand import Newsstand, copy_newsstand

OPENS = {
    "/u/{token}": Purpose.LEAVE,
    "/p/{token}": Purpose.MANAGE,
    "/p/{token}/address": Purpose.MANAGE,
    "/v/{token}": Purpose.VIEW,
    "/confirm/{token}": Purpose.CONFIRM,
    "/c/{token}/{number}": Purpose.CLICK,
}
PUBLIC = {
    "/archive/{list_name}",
    "/archive/{list_name}/feed.xml",
    "/archive/{list_name}/{issue_name}",
    "/lists/{list_name}",
    "/lists/{list_name}/subscribe",
    "/manage",
}


@pytest.mark.parametrize("mode", GenerationMode)
def test_no_request_is_a_fault(pristine: Newsstand, tmp_path: Path, mode: GenerationMode) -> None:
    newsstand = copy_newsstand(pristine, tmp_path)
    schema = schemathesis.openapi.from_asgi("/openapi.json", newsstand.app)
    tried = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        tried.add(operation.path)
        try:
            _try(newsstand, operation, mode)
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, "some take nothing that could be wrong"
    assert tried >= PUBLIC | OPENS.keys()
    newsstand.database.close()


def _try(newsstand: Newsstand, operation: Any, mode: GenerationMode) -> None:
    real = {"list_name": "ai-for-science", "issue_name": "2026-W06"}
    if operation.path in OPENS:
        real["token"] = newsstand.token(OPENS[operation.path])

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case: Any) -> None:
        _answered(case)
        if case.path_parameters:
            # A made-up name or token gets no further than the door: here the rest is tried, too.
            named = {name: real[name] for name in case.path_parameters if name in real}
            case.path_parameters.update(named)
            _answered(case)

    answered()


def _answered(case: Any) -> None:
    response = case.call()
    assert response.status_code < 500, f"{case.method} {case.path}: {response.status_code}"
    assert "x-content-type-options" in response.headers
