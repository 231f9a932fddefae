from django.apps import AppConfig


class StrategyConfig(AppConfig):
    """Goals, their versions, beliefs and quarter results."""

    name = "strategy"
