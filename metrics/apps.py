from django.apps import AppConfig


class MetricsConfig(AppConfig):
    """Metrics, their observations, imports and team targets."""

    name = "metrics"
