"""Who may speak for which side of a target, and who may change a metric or take an import back."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from common.errors import ApplicationError
from metrics.models import ImportRun, Metric, TargetOffer
from teams.models import Product, Team, User
from teams.permissions import archived_refuse, can_act_for_team, can_participate, can_write_strategy, is_admin


def target_sides(user: User, team: Team) -> list[str]:
    """The sides that `user` may speak for in talks about the team's targets: "product", "team", both or none."""
    sides: list[str] = []
    if team.archived_at is not None:
        return sides
    if can_write_strategy(user, team.product):
        sides.append(TargetOffer.Side.PRODUCT.value)
    if can_act_for_team(user, team):
        sides.append(TargetOffer.Side.TEAM.value)
    return sides


def target_side_required(user: User, team: Team, asked: str = "") -> str:
    """The side that `user` speaks for. PermissionDenied when none, ApplicationError when both and not said which."""
    sides = target_sides(user, team)
    archived_refuse(team.product, team)
    if not sides or (asked and asked not in sides):
        raise PermissionDenied(
            "Only the Product Team's managers and leads, and members of the team, agree targets."
        )
    if asked:
        return asked
    if len(sides) > 1:
        raise ApplicationError("You speak for both sides. Say for which one: product or team.", field="side")
    return sides[0]


def can_write_metric(user: User, metric: Metric) -> bool:
    """Managers and leads of the product; admins for the organisation's own metrics."""
    return is_admin(user) if metric.product is None else can_write_strategy(user, metric.product)


def can_record(user: User, metric: Metric) -> bool:
    """Everybody in the product but viewers; admins for the organisation's own metrics."""
    return is_admin(user) if metric.product is None else can_participate(user, metric.product)


def can_import(user: User, product: Product) -> bool:
    """Everybody in the product but viewers."""
    return can_participate(user, product)


def can_take_back(user: User, run: ImportRun) -> bool:
    """Whoever brought the figures in, and the product's managers and leads; else admins."""
    if run.product is None or run.product.archived_at is not None:
        return run.product is None and is_admin(user)
    if is_admin(user):
        return True
    own = run.actor_id == user.pk and can_participate(user, run.product)
    return own or can_write_strategy(user, run.product)
