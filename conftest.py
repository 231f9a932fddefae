"""Loads the fixtures that all apps share."""

from __future__ import annotations

import shutil

pytest_plugins = [
    "common.testing.fixtures",
    "common.testing.skips",
    "common.testing.jobs",
    "common.testing.races",
    "common.testing.browser",
    "common.testing.worker",
]


def pytest_unconfigure() -> None:
    """Throws away the folder that the test settings made; a worker process does it for its own."""
    from django.conf import settings

    if settings.configured and settings.VAR_DIR.name.startswith("bearing-test-"):
        shutil.rmtree(settings.VAR_DIR, ignore_errors=True)
