from django.apps import AppConfig


class StrategyConfig(AppConfig):
    """Goals, their versions, beliefs and quarter results."""

    name = "strategy"

    def ready(self) -> None:
        """Registers the background work and listens for figures."""
        from strategy import receivers, tasks  # noqa: F401
