"""Whether a reply is good: the error it deserves, with the broker's own text."""

from __future__ import annotations

import orjson

from ..endpoints import Call
from ..errors import DataError, KiwoomError, MaintenanceError, NetworkError, RateLimitError, broker_error


def check_reply(table: Call, status: int, content: bytes) -> KiwoomError | None:
    """The error that a reply means; None when it is good."""
    name = table.id
    try:
        reply = orjson.loads(content)
    except orjson.JSONDecodeError:
        text = content[:4000].decode("utf-8", "replace")
        if "시스템작업" in text or "서비스 중단" in text:
            return MaintenanceError(f"{name}: the broker is in maintenance (시스템작업)", api_id=name)
        retryable = status >= 500 or status == 429
        text = f"{name}: HTTP {status} without JSON"
        if status == 200:
            return NetworkError(text, api_id=name, cause="incomplete", status=status)
        return NetworkError(text, api_id=name, retryable=retryable, cause="status", status=status)
    if not isinstance(reply, dict):
        return DataError(f"{name}: the reply is not a JSON object", api_id=name)
    message = str(reply.get("return_msg", ""))
    try:
        code = int(reply.get("return_code", ""))
    except (TypeError, ValueError):
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
    return None


def _bad_status(name: str, status: int) -> NetworkError:
    return NetworkError(
        f"{name}: HTTP {status}", api_id=name, retryable=status >= 500, cause="status", status=status
    )
