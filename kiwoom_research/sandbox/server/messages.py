"""The messages that pass through the server: a received call, and the HTTP reply that goes back."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from typing import NamedTuple

import orjson

from ...endpoints import QUERIES, oauth
from ..replies.producers import Page, Refusal
from .auth import VirtualHost
from .error_codes import SUCCESS, published_refusal, status

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"

TOKEN_CALLS = {table.path: table for table in (oauth.ISSUE, oauth.REVOKE)}


class ReceivedCall(NamedTuple):
    """A POST request as the checks see it; ``body`` is None when it is no JSON object of plain values."""

    host: VirtualHost
    path: str
    api_id: str
    headers: Message
    key: str
    body: dict[str, str] | None

    @property
    def stock(self) -> str:
        """The stock code in the body, or an empty text."""
        return (self.body or {}).get("stk_cd", "")

    def page_key(self, key: str) -> tuple[object, ...]:
        """What identifies the page under a next-key among all pages of all calls."""
        return self.host.name, self.api_id, key, *sorted((self.body or {}).items())


@dataclass(slots=True)
class HttpReply:
    """What is sent back: ``cut`` is ``"half"`` or ``"drop"`` when the body is not sent whole."""

    body: bytes
    status: int = 200
    type: str = JSON
    api_id: str = ""
    next_key: str = ""
    rows: int = 0
    return_code: int | None = None
    cut: str = ""
    seconds: float = 0.0


class EncodedPage(NamedTuple):
    """A page as bytes, ready for the wire."""

    body: bytes
    next_key: str
    rows: int


def read_call(host: VirtualHost, path: str, headers: Message, raw: bytes) -> ReceivedCall:
    """Return a POST request as the checks see it."""
    issuing = TOKEN_CALLS.get(path)
    api_id = issuing.id if issuing else headers.get("api-id", "").strip()
    key = headers.get("next-key", "") if headers.get("cont-yn", "").upper() == "Y" else ""
    return ReceivedCall(host, path, api_id, headers, key, _parse_body(raw))


def _parse_body(raw: bytes) -> dict[str, str] | None:
    """Return the request body with its values as text; None if it is no JSON object of plain values."""
    try:
        content = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or any(isinstance(value, (dict, list)) for value in content.values()):
        return None
    return {key: "" if value is None else str(value) for key, value in content.items()}


def encode_page(list_key: str, page: Page) -> EncodedPage:
    """Return a page as bytes; most calls end in code and message, the stock lists begin with the message."""
    if list_key == "list":
        body = {"return_msg": SUCCESS, **page.body, "return_code": 0}
    else:
        body = {**page.body, "return_code": 0, "return_msg": SUCCESS}
    return EncodedPage(orjson.dumps(body), page.next_key, page.count)


def refusal_reply(refusal: Refusal) -> HttpReply:
    """Return the HTTP reply of a refusal."""
    content = {"return_msg": refusal.message, "return_code": refusal.return_code}
    return HttpReply(orjson.dumps(content), status(refusal), return_code=refusal.return_code)


def too_many_requests(call: ReceivedCall) -> Refusal:
    """Return the refusal of a call that exceeds the rate limit."""
    if call.api_id in QUERIES:
        return published_refusal("1700", rate=call.host.rate_label, api_id=call.api_id)
    return published_refusal(
        "1700", rate=call.api_id, api_id="{1}"
    )  # recorded so: the token endpoint leaves a blank
