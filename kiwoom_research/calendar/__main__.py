"""``python -m kiwoom_research.calendar [year]`` prints ``closures.py`` up to the end of a year, or of the next one."""

import sys
from collections.abc import Iterator
from datetime import datetime

from .holidays_package import weekday_closures
from .moments import KST

FIRST_YEAR = 2000  # nothing is known of the years before

HEAD = '''"""Weekdays on which the Korea Exchange is closed, MMDD by year; written by ``make closures``."""

CLOSURES = {'''


def module(last_year: int) -> str:
    """The source of ``closures.py``."""
    return "\n".join([HEAD, *_closure_lines(last_year), "}", ""])


def _closure_lines(last_year: int) -> Iterator[str]:
    for year in range(FIRST_YEAR, last_year + 1):
        days = " ".join(f"{day:%m%d}" for day in sorted(weekday_closures(year)))
        yield f'    {year}: "{days}",'


if __name__ == "__main__":
    sys.stdout.write(module(int(sys.argv[1]) if sys.argv[1:] else datetime.now(KST).year + 1))
