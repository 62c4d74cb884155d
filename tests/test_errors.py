"""The exceptions as a whole: each of them reaches another process as it was."""

import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

import kiwoom_research
import kiwoom_research as kr
from kiwoom_research.kinds import ParseError
from kiwoom_research.sandbox.replies.request import Refusal
from kiwoom_research.sandbox.server.control import ControlError

MADE: dict[type[Exception], Callable[[], Exception]] = {
    kr.KiwoomError: lambda: kr.KiwoomError(
        "아니오", api_id="ka10081", return_code=5, code="1700", retryable=True
    ),
    kr.NetworkError: lambda: kr.NetworkError("no", api_id="ka10081", cause="status", status=502),
    kr.PartialPull: lambda: kr.PartialPull(
        pd.DataFrame({"close": [1.0]}), pd.DataFrame({"retryable": [True]}, index=["005930"])
    ),
    ParseError: lambda: ParseError(12),
    Refusal: lambda: Refusal(2, "입력 값 오류입니다"),
    ControlError: lambda: ControlError(403, "a foreign origin"),
}


def exceptions() -> Iterator[type[Exception]]:
    """Every exception that a module of the package defines."""
    for module in pkgutil.walk_packages(kiwoom_research.__path__, "kiwoom_research."):
        if module.name.endswith("__main__"):
            continue
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, Exception) and kind.__module__ == module.name:
                yield kind


@pytest.mark.parametrize("kind", list(exceptions()), ids=lambda kind: kind.__name__)
def test_an_exception_survives_pickle(kind: type[Exception]) -> None:
    """A worker process may raise any of them: its class, its text and all its attributes arrive."""
    error = MADE.get(kind, lambda: kind("아니오"))()
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error) != ""
    assert {name: str(value) for name, value in vars(again).items()} == {
        name: str(value) for name, value in vars(error).items()
    }
