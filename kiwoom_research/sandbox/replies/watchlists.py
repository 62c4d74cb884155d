"""Replies about the user's own lists of stocks: two of them, invented."""

from __future__ import annotations

from .encode import encode_record
from .request import Page, Request

GROUPS = {"000": ("관심종목", ("005930", "000660", "820010")), "001": ("배당", ("000660", "850010"))}


def watchlists(request: Request) -> Page:
    """ka01300: the names of the lists."""
    groups = [{"group_code": code, "group_name": name} for code, (name, _) in GROUPS.items()]
    page = [encode_record(request.table, group) for group in groups]
    return Page({request.table.rows: page}, count=len(page))


def watchlist(request: Request) -> Page:
    """ka01301: the stocks of a list; no rows for one that does not exist."""
    _, codes = GROUPS.get(request.body.get("arn_grp_id", ""), ("", ()))
    listed = [code for code in codes if code in request.market.stocks]
    page = [encode_record(request.table, {"code": code, "bookmark": "0"}) for code in listed]
    return Page({request.table.rows: page}, count=len(page))
