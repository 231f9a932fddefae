from django.apps import AppConfig


class RoadmapConfig(AppConfig):
    """Boards, cards, moves and the weekly edition."""

    name = "roadmap"

    def ready(self) -> None:
        from roadmap import tasks  # noqa: F401 - registers the kinds of jobs
