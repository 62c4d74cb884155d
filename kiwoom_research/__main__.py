"""``python -m kiwoom_research`` is the command ``kiwoom-research``."""

import sys

from .cli import main

sys.exit(main())
