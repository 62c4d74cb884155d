"""The control API under ``/_sandbox/``: faults, clock and access log of a sandbox, for other processes."""

from __future__ import annotations

from datetime import timedelta
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

import orjson

from ..clock import MarketClock
from .faults import Fault
from .gateway import Gateway

PREFIX = "/_sandbox/"
LOCAL_NAMES = frozenset({"127.0.0.1", "localhost"})
CLOCK_USAGE = 'expected {"advance": {"days": 1}} or {"set": "2026-11-20 21:30"}'


class ControlError(Exception):
    """A request that the control API refuses, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)  # both, so that it survives pickle
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return self.message


def answer_control(
    gateway: Gateway, clock: MarketClock, method: str, path: str, headers: Message, raw: bytes
) -> Any:
    """Answer ``/_sandbox/...``; raise `ControlError` for what is refused.

    A web page must not reach it: a browser names another origin or, after DNS rebinding, another host, and
    cannot send ``application/json`` to a foreign server that does not allow it.
    """
    _check_sender(headers, has_body=method == "POST")
    try:
        body = orjson.loads(raw or b"{}")
        if not isinstance(body, dict):
            raise ValueError("the body is a JSON object")
        return _control(gateway, clock, method, path, body)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ControlError(400, str(error)) from error
    except LookupError as error:
        raise ControlError(404, str(error)) from error


def _check_sender(headers: Message, *, has_body: bool) -> None:
    host, origin = headers.get("Host"), headers.get("Origin")
    if host is None or _hostname(f"//{host}") not in LOCAL_NAMES:
        raise ControlError(403, f"Host: expected 127.0.0.1 or localhost, got {host!r}")
    if origin is not None and urlsplit(origin).netloc != host:
        raise ControlError(403, f"Origin: expected none or http://{host}, got {origin!r}")
    if has_body and headers.get_content_type() != "application/json":
        got = headers.get("Content-Type")
        raise ControlError(415, f"Content-Type: expected application/json, got {got!r}")


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _control(gateway: Gateway, clock: MarketClock, method: str, path: str, body: dict[str, Any]) -> Any:
    match method, path.removeprefix(PREFIX):
        case "GET", "requests":
            return [{**entry._asdict(), "time": entry.time.isoformat()} for entry in gateway.entries()]
        case "POST", "faults":
            if "script" in body:
                plan = {int(number): kind for number, kind in body.pop("script").items()}
                gateway.faults.script(plan, **body)
            else:
                gateway.faults.add(Fault(**body))
        case "DELETE", "faults":
            gateway.faults.clear()
        case "POST", "clock":
            if set(body) == {"set"}:
                clock.set(body["set"])
            elif set(body) == {"advance"}:
                clock.advance(timedelta(**body["advance"]))
            else:
                raise ValueError(CLOCK_USAGE)
        case "GET", "faults" | "clock":
            pass
        case _:
            raise LookupError(f"no {method} {path}")
    return {"now": clock.now().isoformat()} if path.endswith("clock") else gateway.faults.pending()
