"""The editors' pages as one application, to be mounted or served by itself at `/edit`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from newsletter.errors import DatabaseError, NewsletterError, NotFoundError, TemplateError
from newsletter.web.editing import changing, judging, looking, stream
from newsletter.web.editing.desk import Desk, TheDesk
from newsletter.web.editing.gate import Gate, Guard
from newsletter.web.protection import Protection
from newsletter.web.site import PRIVATE

PLACE = "/edit"
"""Where the pages are."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_ASSETS = Path(__file__).parent / "assets"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def create_editing_app(desk: Desk, gate: Gate) -> FastAPI:
    """The pages of `desk` for whom `gate` lets in."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.desk = desk
    for module in (looking, changing, judging, stream):
        app.include_router(module.router)
    app.add_api_route(PLACE, _page, response_class=HTMLResponse)
    app.add_api_route("/assets/{name}", _asset)
    app.add_exception_handler(NewsletterError, _failed)
    app.add_exception_handler(RequestValidationError, _misasked)
    app.add_middleware(Guard, gate=gate)
    return app


def create_preview_app(desk: Desk, gate: Gate) -> FastAPI:
    """The editors' pages and nothing else, for whoever runs them on their own machine."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    set_up(app, create_editing_app(desk, gate))
    app.add_middleware(Protection)
    return app


def set_up(app: FastAPI, editing: FastAPI) -> None:
    """Makes `editing` answer at `PLACE`, which a mount alone does for what is below it."""
    app.router.routes.append(Route(PLACE, editing))
    app.mount(PLACE, editing)


def _page(desk: TheDesk) -> HTMLResponse:
    text = _read("edit.html").replace("PLACE", f"{desk.under}{PLACE}")
    return HTMLResponse(text, headers=PRIVATE | {"content-security-policy": _POLICY})


def _asset(name: str) -> Response:
    kind = _KINDS.get(Path(name).suffix)
    if kind is None or name not in _names():
        raise NotFoundError("there is no such file")
    return Response(_read(name), media_type=kind, headers={"cache-control": "no-cache"})


@cache
def _names() -> frozenset[str]:
    return frozenset(path.name for path in _ASSETS.iterdir())


@cache
def _read(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


def _failed(_request: Request, error: Exception) -> JSONResponse:
    status = 409
    if isinstance(error, NotFoundError):
        status = 404
    elif isinstance(error, DatabaseError):
        status = 503
    elif isinstance(error, TemplateError):
        status = 422
    return JSONResponse({"error": str(error)}, status, headers=PRIVATE)


def _misasked(_request: Request, error: Exception) -> JSONResponse:
    what = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    place = ".".join(str(part) for part in what.get("loc", ()))
    return JSONResponse({"error": f"{place}: {what.get('msg', 'not understood')}"}, 400)
