"""The frozen cards of one edition, as its page, its filters and its differences read them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from roadmap.boards.stages import RELEASED, VERIFIED
from roadmap.calculations.difference import CardState
from roadmap.models import Edition, EditionCard, EditionTeam, Stage

_LABELS = dict(Stage.choices)


@dataclass(frozen=True, slots=True)
class CardRow:
    """One card of an edition."""

    pk: int | None
    href: str
    lane: int
    team: str
    key: str
    title: str
    url: str
    stage: str
    column_name: str
    metric_name: str
    goals: tuple[str, ...]
    blocked: bool
    blocked_reason: str
    ageing: bool
    days: int | None
    weeks_unchanged: int
    change: str
    contradicted: bool

    @property
    def linked(self) -> bool:
        return bool(self.metric_name)

    @property
    def in_hand(self) -> bool:
        return self.stage not in {RELEASED, VERIFIED, Stage.DISCARDED}

    @property
    def unlinked(self) -> bool:
        return not self.metric_name

    @property
    def stuck(self) -> bool:
        """Blocked while it is in hand; what is released is not held up by it any more."""
        return self.blocked and self.in_hand

    @property
    def stage_label(self) -> str:
        """The stage as people read it."""
        return str(_LABELS.get(self.stage, "No stage"))

    @property
    def css(self) -> str:
        """The classes of its frame: red when blocked, dashed when it points at no metric."""
        names = ["blk"] if self.stuck else []
        names += ["unl"] if self.unlinked else []
        names += [] if self.in_hand else ["done"]
        return " ".join(["card", *names])


def edition_rows(*, edition: Edition) -> tuple[list[EditionTeam], list[CardRow]]:
    """The teams and cards of an edition. Two queries, however many cards there are."""
    teams = list(
        EditionTeam.objects.filter(edition=edition).select_related("team").order_by("team_name", "pk")
    )
    names = {team.pk: team.team_name for team in teams}
    # One look at the address table instead of one for each card.
    address = reverse("roadmap:card-detail", args=[edition.product.slug, 0]).removesuffix("0/")
    values = EditionCard.objects.filter(edition=edition).order_by("-days_in_stage", "key", "pk")
    rows = [
        CardRow(
            pk=card_id, href=f"{address}{card_id}/" if card_id else "", lane=lane, team=names[lane], key=key, title=title,
            url=url, stage=stage, column_name=column_name, metric_name=metric_name, goals=tuple(goals), blocked=blocked,
            blocked_reason=reason, ageing=ageing, days=days, weeks_unchanged=weeks, change=change,
            contradicted=contradicted,
        )
        for card_id, lane, key, title, url, stage, column_name, metric_name, goals, blocked, reason, ageing, days,
        weeks, change, contradicted in values.values_list(
            "card_id", "edition_team_id", "key", "title", "url", "stage", "column_name", "metric_name", "goals",
            "blocked", "blocked_reason", "ageing", "days_in_stage", "weeks_unchanged", "change", "contradicted",
        )
    ]  # fmt: skip
    return teams, rows


def edition_states(*, edition: Edition) -> list[CardState]:
    """The cards of an edition as a difference compares them. One query."""
    rows = EditionCard.objects.filter(edition=edition).order_by("pk")
    return [
        CardState(
            # A card whose board was removed for good has no row any more; a number that no card has tells it apart.
            card=card_id or -pk, key=key, title=title, team=team, stage=stage, metric=metric, metric_name=metric_name,
            blocked=blocked, weeks_unchanged=weeks,
        )
        for pk, card_id, key, title, team, stage, metric, metric_name, blocked, weeks in rows.values_list(
            "pk", "card_id", "key", "title", "edition_team__team_name", "stage", "metric_id", "metric_name", "blocked",
            "weeks_unchanged",
        )
    ]  # fmt: skip
