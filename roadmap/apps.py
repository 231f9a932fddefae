from django.apps import AppConfig


class RoadmapConfig(AppConfig):
    """Boards, cards, moves and the weekly edition."""

    name = "roadmap"
