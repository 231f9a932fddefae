from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The top layer: urls, settings, Celery and the home page."""

    name = "config"
