from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Ground floor: knows no other app."""

    name = "common"

    def ready(self) -> None:
        from common import checks, tasks  # noqa: F401 - registers the system checks and the platform's job kinds
