from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Ground floor: knows no other app."""

    name = "common"

    def ready(self) -> None:
        from common import checks, lookups, tasks  # noqa: F401 - registers checks, lookups and the platform's job kinds
