from django.apps import AppConfig


class TeamsConfig(AppConfig):
    """Organisation, products, teams, people and what they may do."""

    name = "teams"
