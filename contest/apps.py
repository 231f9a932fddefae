from django.apps import AppConfig


class ContestConfig(AppConfig):
    """Challenges a goal that keeps missing."""

    name = "contest"
