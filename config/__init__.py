"""The top layer. The Celery app is loaded with it, so that shared tasks find their broker."""

from .celery import app as celery_app

__all__ = ["celery_app"]
