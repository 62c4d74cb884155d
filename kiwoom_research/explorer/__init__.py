"""`explore`: a stock explorer for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .instruments import instrument_of
from .widget import Explorer

if TYPE_CHECKING:
    from ..client import Client

__all__ = ["Explorer", "explore"]


def explore(code: str | None = None, *, client: Client | None = None) -> Explorer:
    """Open the stock explorer: search, chart, table, flows, key figures and watchlist in one widget.

    Cached data is shown at once and replaced when the server has newer data. What is being waited for and what
    went wrong is shown inside the widget, where the user can also cancel and try again.

    Kiwoom calls: ka10099 종목정보 리스트 and ka20003 전업종지수요청 (search), ka10001 주식기본정보요청, ka10008
    주식외국인종목별매매동향, ka10095 지정종목 정보요청 (watchlist), ka10059 종목별투자자기관별요청 and ka10014
    공매도추이요청 (tab 수급), ka10032 거래대금상위요청 and ka10027 전일대비등락률상위요청 (start panel), ka20001
    업종현재가요청 and ka20006 업종일봉조회요청 (indices), and for the chart ka10079 주식틱차트조회요청, ka10080
    주식분봉차트조회요청, ka10081 주식일봉차트조회요청, ka10082 주식주봉차트조회요청, ka10083 주식월봉차트조회요청
    or ka10094 주식년봉차트조회요청.

    Parameters
    ----------
    code : str, optional
        The stock or index to show first; by default the first one of the watchlist.
    client : Client, optional
        The client to use instead of the one made by `connect`.

    Returns
    -------
    Explorer
        A widget. ``.code`` is what is shown, ``.bars`` its frame, ``.source`` the Python code that gives the same
        frame and chart; ``.close()`` ends its threads, and so does running its cell again.

    Raises
    ------
    ValueError
        `code` is neither a code or name of a stock nor the code of an index; the message lists names that come near.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> explorer = kr.explore("005930")
    >>> explorer.code
    '005930'
    >>> explorer.close()
    """
    if code is not None:
        code = instrument_of(code, client)
    return Explorer(code, client)
