"""Who may open which page of goals and beliefs."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from config.tests.routes import (
    API,
    PARTICIPANT,
    PRODUCT_ADMIN,
    PRODUCT_PAGE,
    STRATEGY_WRITE,
    Route,
    World,
    product,
)
from strategy.services import goal_retire, mapping_retire
from strategy.tests.factories import goal_make, mapping_make, metric_make
from strategy.tests.voices_factories import explanation_make, insight_make

UTC = ZoneInfo("UTC")


def _active(world: World):
    return goal_make(world.product, world.alice, since=datetime(2026, 7, 1, tzinfo=UTC))


def _goal(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "goal": _active(world).slug}


def _draft(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "goal": goal_make(world.product, world.alice, since=None).slug}


def _retired(world: World) -> dict[str, object]:
    goal = goal_retire(goal=_active(world), actor=world.alice, reason="Gone.", now=world.now)
    return {"product": world.product.slug, "goal": goal.slug}


def _version(world: World) -> dict[str, object]:
    return _goal(world) | {"number": 1}


def _quarter(world: World) -> dict[str, object]:
    return _goal(world) | {"quarter": "2026-Q3"}


def _run(world: World) -> dict[str, object]:
    from strategy.services import evaluation_request

    run = evaluation_request(product_id=world.product.pk, now=world.now, requested_by=world.alice)
    assert run is not None
    return {"product": world.product.slug, "run": run.pk}


def _belief(world: World):
    return mapping_make(_active(world), metric_make(world.product, key="usage", kind="outcome"), world.alice)


def _mapping(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "mapping": _belief(world).pk}


def _mapping_gone(world: World) -> dict[str, object]:
    mapping = mapping_retire(mapping=_belief(world), actor=world.alice, reason="No.", now=world.now)
    return {"product": world.product.slug, "mapping": mapping.pk}


def _metric(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "key": metric_make(world.product, key="usage", kind="outcome").key}


def _goal_pk(world: World) -> dict[str, object]:
    return {"pk": _active(world).pk}


def _forecast_pk(world: World) -> dict[str, object]:
    from strategy.models import Forecast
    from strategy.services import forecasts_make

    goal = _active(world)
    forecasts_make(now=world.now)
    return {"pk": Forecast.objects.get(goal=goal).pk}


def _mapping_pk(world: World) -> dict[str, object]:
    return {"pk": _belief(world).pk}


def _insight_of(world: World):
    return insight_make(world.alice, about=_active(world))


def _insight(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "insight": _insight_of(world).pk}


def _insight_pk(world: World) -> dict[str, object]:
    return {"pk": _insight_of(world).pk}


def _explanation(world: World) -> dict[str, object]:
    mapping = _belief(world)
    made = explanation_make(world.alice, mapping)
    return {"product": world.product.slug, "mapping": mapping.pk, "explanation": made.pk}


def _explanation_pk(world: World) -> dict[str, object]:
    return {"pk": explanation_make(world.alice, _belief(world)).pk}


def _tested_pk(world: World) -> dict[str, object]:
    from strategy.tests.evidence_factories import verdict_make

    mapping = _belief(world)
    verdict_make(mapping)
    return {"pk": mapping.pk}


ROUTES = {
    "strategy:mapping-review": Route(STRATEGY_WRITE, _mapping),
    "strategy:explanation-new": Route(PARTICIPANT, _mapping),
    "strategy:explanation-edit": Route(PARTICIPANT, _explanation),
    "strategy:explanation-remove": Route(PARTICIPANT, _explanation, method="post"),
    "strategy:explanation-restore": Route(PARTICIPANT, _explanation, method="post"),
    "strategy:insight-list": Route(PRODUCT_PAGE, product),
    "strategy:insight-new": Route(PARTICIPANT, product),
    "strategy:insight-detail": Route(PRODUCT_PAGE, _insight),
    "strategy:insight-edit": Route(PARTICIPANT, _insight),
    "strategy:insight-remove": Route(PARTICIPANT, _insight, method="post"),
    "strategy:insight-restore": Route(PARTICIPANT, _insight, method="post"),
    "api:mapping-reviews": Route(API, _mapping_pk),
    "api:insight-detail": Route(API, _insight_pk),
    "api:insight-bring-back": Route(API, _insight_pk),
    "api:explanation-detail": Route(API, _explanation_pk),
    "api:explanation-bring-back": Route(API, _explanation_pk),
    "strategy:goal-list": Route(PRODUCT_PAGE, product),
    "strategy:goal-new": Route(STRATEGY_WRITE, product),
    "strategy:goals-evaluate": Route(STRATEGY_WRITE, product, method="post"),
    "strategy:evaluation-run": Route(PRODUCT_PAGE, _run),
    "strategy:goal-detail": Route(PRODUCT_PAGE, _goal),
    "strategy:goal-edit": Route(STRATEGY_WRITE, _goal),
    "strategy:goal-activate": Route(STRATEGY_WRITE, _draft, method="post"),
    "strategy:goal-retire": Route(STRATEGY_WRITE, _goal),
    "strategy:goal-restore": Route(STRATEGY_WRITE, _retired),
    "strategy:goal-address": Route(STRATEGY_WRITE, _goal),
    "strategy:goal-history": Route(PRODUCT_PAGE, _goal),
    "strategy:goal-version": Route(PRODUCT_PAGE, _version),
    "strategy:goal-results": Route(PRODUCT_PAGE, _goal),
    "strategy:quarter-result": Route(PRODUCT_ADMIN, _quarter, method="post"),
    "strategy:mapping-new": Route(STRATEGY_WRITE, _goal),
    "strategy:evidence-list": Route(PRODUCT_PAGE, product),
    "strategy:track-record": Route(PRODUCT_PAGE, product),
    "strategy:mapping-detail": Route(PRODUCT_PAGE, _mapping),
    "strategy:mapping-periods": Route(PRODUCT_PAGE, _mapping),
    "strategy:mapping-edit": Route(STRATEGY_WRITE, _mapping),
    "strategy:mapping-retire": Route(STRATEGY_WRITE, _mapping),
    "strategy:mapping-restore": Route(STRATEGY_WRITE, _mapping_gone),
    "strategy:metric-goals": Route(PRODUCT_PAGE, _metric),
    "api:goal-detail": Route(API, _goal_pk),
    "api:goal-activate": Route(API, _goal_pk),
    "api:goal-retire": Route(API, _goal_pk),
    "api:goal-bring-back": Route(API, _goal_pk),
    "api:goal-versions": Route(API, _goal_pk),
    "api:goal-results": Route(API, _goal_pk),
    "api:forecast-detail": Route(API, _forecast_pk),
    "api:track-record-detail": Route(API, lambda world: {"slug": world.product.slug}),
    "api:mapping-detail": Route(API, _mapping_pk),
    "api:mapping-retire": Route(API, _mapping_pk),
    "api:mapping-verdicts": Route(API, _mapping_pk),
    "api:mapping-series": Route(API, _tested_pk),
}
