"""One thread for benches of numerics, and the project's own modules within reach. Import it before all others.

numpy's libraries ask how many threads they may use while they are loaded, and never again.
"""

from __future__ import annotations

import os
import sys

from _common import ROOT

_TOO_LATE = "numpy" in sys.modules

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

sys.path.insert(0, str(ROOT))


def required() -> None:
    """Ends the bench when numpy was loaded before this module: it would measure more than one thread."""
    if _TOO_LATE:
        sys.exit("numpy was loaded before bench/_one_thread.py: import that first.")
