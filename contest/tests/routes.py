"""The contest app's addresses, for the walk over all access rights."""

from __future__ import annotations

from config.tests.routes import (
    API,
    LOGIN,
    OK,
    PARTICIPANT,
    PRODUCT_ADMIN,
    PRODUCT_PAGE,
    STRATEGY_WRITE,
    Expect,
    Route,
    World,
    product,
)
from contest.models import Contest
from contest.services import contests_open_due
from contest.tests.factories import goal_missing, proposal_make
from strategy.services import quarters_evaluate

AUTHOR = Expect(LOGIN, 404, 403, OK, 403)  # alice wrote it; an admin who did not has no say in it


def _contest_row(world: World) -> Contest:
    goal_missing(world.product, world.alice, now=world.now)
    quarters_evaluate(now=world.now)
    contests_open_due(now=world.now)
    return Contest.objects.select_related("goal__product", "goal_version").get(goal__product=world.product)


def _contest(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "contest_id": _contest_row(world).pk}


def _proposal(world: World) -> dict[str, object]:
    contest = _contest_row(world)
    proposal = proposal_make(contest, world.alice, now=world.now)
    return {"product": world.product.slug, "contest_id": contest.pk, "proposal_id": proposal.pk}


def _goal(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "goal": _contest_row(world).goal.slug}


def _contest_pk(world: World) -> dict[str, object]:
    return {"pk": _contest_row(world).pk}


def _proposal_pk(world: World) -> dict[str, object]:
    return {"pk": proposal_make(_contest_row(world), world.alice, now=world.now).pk}


ROUTES = {
    "contest:contest-list": Route(PRODUCT_PAGE, product),
    "contest:contest-detail": Route(PRODUCT_PAGE, _contest),
    "contest:contest-evidence": Route(PRODUCT_PAGE, _contest),
    "contest:contest-delay": Route(STRATEGY_WRITE, _contest),
    "contest:contest-close": Route(STRATEGY_WRITE, _contest),
    "contest:contest-cancel": Route(PRODUCT_ADMIN, _contest),
    "contest:proposal-new": Route(PARTICIPANT, _contest),
    "contest:proposal-detail": Route(PRODUCT_PAGE, _proposal),
    "contest:proposal-edit": Route(AUTHOR, _proposal),
    "contest:proposal-submit": Route(AUTHOR, _proposal, method="post"),
    "contest:proposal-withdraw": Route(AUTHOR, _proposal, method="post"),
    "contest:goal-panel": Route(PRODUCT_PAGE, _goal),
    "api:contest-detail": Route(API, _contest_pk),
    "api:proposal-detail": Route(API, _proposal_pk),
    "api:proposal-submit": Route(API, _proposal_pk),
    "api:proposal-withdraw": Route(API, _proposal_pk),
}
