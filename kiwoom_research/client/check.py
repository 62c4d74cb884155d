"""Whether a reply is good: the error it deserves, with the broker's own text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import orjson

from ..endpoints import Call
from ..errors import DataError, KiwoomError, MaintenanceError, NetworkError, RateLimitError, broker_error

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# values that a broken reply must not show: those of keys that name a secret, and whatever is as long as one
SECRET_VALUES = re.compile(r'("\w*(?:token|key|secret)\w*"\s*:\s*)"[^"]*"?|[\w\-+/=.~]{20,}', re.IGNORECASE)
SHOWN = 200  # characters
SHORTEST_SECRET = 12  # a real key has 43 characters, a token 86


def check_reply(table: Call, status: int, content: bytes) -> dict[str, Any] | KiwoomError:
    """The parsed body of a good reply, or the error that the reply means."""
    name = table.id
    try:
        reply = orjson.loads(content)
    except orjson.JSONDecodeError:
        return _not_json(name, status, content)
    if status == 408 or status >= 500:  # whatever the body says
        said = one_line(str(reply.get("return_msg", ""))) if isinstance(reply, dict) else ""
        return _bad_status(name, status, f": {said}" if said else "")
    if not isinstance(reply, dict):
        return DataError(f"{name}: the reply is not a JSON object", api_id=name)
    message = one_line(str(reply.get("return_msg", "")))
    code = _return_code(reply.get("return_code"))
    if code is None:
        if status != 200:
            return _bad_status(name, status)
        return DataError(f"{name}: the reply has no return_code", api_id=name)
    if status == 429:
        return RateLimitError(f"{name}: {message}", api_id=name, return_code=code, code="1700")
    if code != 0:
        return broker_error(name, code, message)
    if status != 200:
        return _bad_status(name, status)
    if not table.fits(reply):
        missing = ", ".join(filter(None, (one.rows for one in table.tables))) or "fields"
        return DataError(f"{name}: the reply lacks what its table holds ({missing})", api_id=name)
    return reply


def scrub(content: bytes, secret: str) -> bytes:
    """Blank out a secret, in any case and also with characters escaped as in JSON or in an address."""
    if len(secret) < SHORTEST_SECRET:
        return content
    if secret.lower().encode() in content.lower() or b"\\" in content or b"%" in content:
        return _spellings(secret).sub(b"***", content)
    return content


@lru_cache(maxsize=8)
def _spellings(secret: str) -> re.Pattern[bytes]:
    """Every way to write a secret: each character plain or escaped."""
    ways = (
        rf"(?:{re.escape(letter)}|\\u00{ord(letter):02x}|\\{re.escape(letter)}|%{ord(letter):02x})"
        for letter in secret
    )
    return re.compile("".join(ways).encode(), re.IGNORECASE)


def one_line(text: str) -> str:
    """A text without control characters: a broker's message must not look like another line of a log."""
    return CONTROLS.sub(" ", text)


def _return_code(value: object) -> int | None:
    """A ``return_code``: an integer or its text; None for anything else, such as 0.5 or false."""
    if type(value) is int:
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,9}\s*", value):
        return int(value)
    return None


def _not_json(name: str, status: int, content: bytes) -> KiwoomError:
    """The error of a reply that is no JSON."""
    text = content[:4000].decode("utf-8", "replace")
    if "시스템작업" in text or "서비스 중단" in text:
        return MaintenanceError(f"{name}: the broker is in maintenance (시스템작업)", api_id=name)
    whole = content.strip()
    if status == 200 and whole[:1] == b"{" and whole[-1:] == b"}" and whole.count(b"{") == whole.count(b"}"):
        # all of it came, so that the same request would bring the same once more
        shown = one_line(SECRET_VALUES.sub(r"\1***", text))[:SHOWN]
        return DataError(f"{name}: expected JSON, got {shown}", api_id=name)
    if status == 200:
        return NetworkError(
            f"{name}: HTTP {status} without JSON", api_id=name, cause="incomplete", status=status
        )
    return _bad_status(name, status, " without JSON")


def _bad_status(name: str, status: int, what: str = "") -> NetworkError:
    """The error of an HTTP status; time-outs, too many requests and errors of the server pass."""
    return NetworkError(
        f"{name}: HTTP {status}{what}",
        api_id=name,
        retryable=status >= 500 or status in (408, 429),
        cause="status",
        status=status,
    )
