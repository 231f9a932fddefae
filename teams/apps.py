from django.apps import AppConfig


class TeamsConfig(AppConfig):
    """Organisation, products, teams, people and what they may do."""

    name = "teams"

    def ready(self) -> None:
        from teams import tasks  # noqa: F401 - registers the job kind and the sender
