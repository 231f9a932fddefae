"""Which tests cannot run here, said once; and, for CI, that nothing else is skipped.

`services` needs PostgreSQL and Redis, `postgresql` and `sqlite` are about one database, `browser` needs a Chromium,
`redmine` Debian's Redmine.
With BEARING_NO_SKIP set, a skip for any other reason fails the run, so that a missing tool or folder cannot pass
for a green light.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

NO_SKIP = bool(os.environ.get("BEARING_NO_SKIP"))
CHROMIUM = next(
    (path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None
)
REDMINE = Path("/usr/share/redmine/config.ru").is_file() and bool(
    shutil.which("puma") and shutil.which("bundle")
)
_EXPECTED = "not in this run: "


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turns the markers into skips where what they need is not here."""
    database = os.environ.get("DATABASE_URL", "")
    is_postgresql = database.startswith(("postgres://", "postgresql://"))
    has_services = is_postgresql and bool(os.environ.get("REDIS_URL"))
    absent = {
        "services": None if has_services else f"{_EXPECTED}needs DATABASE_URL and REDIS_URL",
        "postgresql": None if is_postgresql else f"{_EXPECTED}is about PostgreSQL",
        "sqlite": f"{_EXPECTED}is about SQLite" if is_postgresql else None,
        "browser": None if CHROMIUM else "no Chromium is installed (Debian: apt-get install chromium)",
        "redmine": None if REDMINE else "Redmine is not installed (Debian: .ci/redmine)",
    }
    for item in items:
        for name, reason in absent.items():
            if reason and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, makes a skip for any unforeseen reason a failure."""
    report = yield
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if _EXPECTED not in reason:
            report.outcome = "failed"
            report.longrepr = f"Skipped, but BEARING_NO_SKIP is set: {reason}"
    return report


@pytest.fixture
def shared_folder() -> Path:
    """The folder of reference data beside the project; skips where it is absent, as on a stranger's machine."""
    folder = Path(os.environ.get("BEARING_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"the reference data is not here ({folder}; set BEARING_SHARED)")
    return folder
