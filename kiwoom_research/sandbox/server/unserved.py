"""Calls of the real server that a sandbox of read-only market data does not serve, so that it can say so."""

from __future__ import annotations

from collections.abc import Mapping

WEBSOCKET = "/api/dostk/websocket"

_ACCOUNTS = """
    ka00001 ka01690 ka10072 ka10073 ka10074 ka10075 ka10076 ka10077 ka10085 ka10088 ka10170
    kt00001 kt00002 kt00003 kt00004 kt00005 kt00007 kt00008 kt00009 kt00010 kt00011 kt00012 kt00013
    kt00015 kt00016 kt00017 kt00018 kt50020 kt50021 kt50030 kt50031 kt50032 kt50075
"""
_ORDERS = "kt10000 kt10001 kt10002 kt10003 kt10006 kt10007 kt10008 kt10009 kt50000 kt50001 kt50002 kt50003"
_CONDITION_SEARCH = "ka10171 ka10172 ka10173 ka10174"

UNSERVED: Mapping[str, str] = {
    api_id: group
    for group, ids in {
        "accounts": _ACCOUNTS,
        "orders": _ORDERS,
        "condition search, over WebSocket": _CONDITION_SEARCH,
    }.items()
    for api_id in ids.split()
}
"""What each call is about, by API ID; domestic calls only."""

# What the mock host answers to some of them (protocol.md 9).
REFUSED_BY_GATEWAY = frozenset({"ka01690"})
REFUSED_BY_BACK_END = frozenset(
    {"kt00002", "kt00005", "kt00012", "kt00015", "kt00016", "kt00017", "kt50020", "kt50021", "kt50032"}
)
