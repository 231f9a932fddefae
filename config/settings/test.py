"""Tests: quick hashes, mail kept in memory, keys that are nobody's."""

from __future__ import annotations

import os
import tempfile

os.environ["BEARING_VAR"] = tempfile.mkdtemp(prefix="bearing-test-")
os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("FIELD_KEYS", "tests-only-newest,tests-only-oldest")

from .base import *  # noqa: F403
from .base import REST_FRAMEWORK, STORAGES, VAR_DIR

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir()  # empty: the finders serve, and look when asked, instead of listing all files for each client
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"user": None}
CELERY_TASK_ALWAYS_EAGER = False
# Tests run side by side: what one of them queues or counts is nobody else's. A test of the real broker starts a worker
# of its own, with the real settings.
CELERY_BROKER_URL = "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
