"""Chooses the settings: production as soon as a real database is named, the embedded default otherwise."""

import os

if os.environ.get("DATABASE_URL") and os.environ.get("BEARING_MODE", "production") == "production":
    from .production import *  # noqa: F403
else:
    from .base import *  # noqa: F403
