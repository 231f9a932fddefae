from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Metrics, their observations, imports and team targets."""

    name = "metrics"

    def ready(self) -> None:
        from metrics import receivers, tasks  # noqa: F401 - registers receivers and job kinds
