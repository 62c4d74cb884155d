"""What somebody else's client makes of the sandbox, as JSON on standard output.

Run with the Python of an environment that has kiwoom-client and knows nothing of kiwoom_research.
"""

import json
import sys
import urllib.request

from kiwoom_client import KiwoomAPI, KiwoomAPIError
from kiwoom_client.auth import KiwoomAuthError

URL, APPKEY, SECRETKEY = sys.argv[1:4]


def fault(kind: str) -> None:
    """Have the sandbox fail once."""
    body = json.dumps({"kind": kind}).encode()
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{URL}/_sandbox/faults", body, headers)).read()


def refused(call: object) -> str:
    """The text of the error that a call ends in."""
    try:
        call()
    except (KiwoomAPIError, KiwoomAuthError) as error:
        return str(error)
    return ""


api = KiwoomAPI(APPKEY, SECRETKEY, base_url=URL, rate_limit=50, rate_burst=50, retry_backoff=0.01)
seen = {"login": sorted(api.login())}
seen["info"] = api.stock_info.basic_stock_info(stk_cd="005930")
seen["days"] = api._client.request_all(
    "/api/dostk/chart",
    "ka10081",
    {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"},
    "stk_dt_pole_chart_qry",
    max_pages=10,
)
seen["unknown"] = api.stock_info.basic_stock_info(stk_cd="999999")
for kind in ("token", "429"):
    fault(kind)
    seen[kind] = api.stock_info.basic_stock_info(stk_cd="000660")["stk_nm"]
seen["missing"] = refused(lambda: api._client.request("/api/dostk/chart", "ka10081", {"stk_cd": "005930"}))
seen["wrong key"] = refused(lambda: KiwoomAPI("sandbox-wrong", "sandbox-wrong", base_url=URL).login())
json.dump(seen, sys.stdout)
