"""Loads the fixtures that all apps share."""

pytest_plugins = [
    "common.testing.fixtures",
    "common.testing.skips",
    "common.testing.jobs",
    "common.testing.browser",
    "common.testing.worker",
]
