from django.apps import AppConfig


class ContestConfig(AppConfig):
    """Challenges a goal that keeps missing."""

    name = "contest"

    def ready(self) -> None:
        from contest import receivers, tasks  # noqa: F401 - registers receivers, the guard and the job kind
