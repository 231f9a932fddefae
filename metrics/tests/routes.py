"""How the access tests reach metrics, figures, imports and targets."""

from __future__ import annotations

from config.tests.routes import (
    LOGIN,
    OK,
    PARTICIPANT,
    PRODUCT_PAGE,
    STRATEGY_WRITE,
    Expect,
    Route,
    World,
    product,
    team,
)
from metrics.models import Event, ImportRun, Metric, Target
from metrics.tests.factories import MetricFactory, TargetFactory

CHOOSER = Expect(LOGIN, 404, 403, OK, 403)


def _metric_of(world: World) -> Metric:
    metric: Metric | None = Metric.objects.filter(product=world.product).first()
    return metric or MetricFactory(product=world.product)


def _metric(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "key": _metric_of(world).key}


def _metric_key(world: World) -> dict[str, object]:
    return {"key": _metric_of(world).key}


def _target_of(world: World) -> Target:
    target: Target | None = Target.objects.filter(team=world.team).first()
    return target or TargetFactory(team=world.team, metric=_metric_of(world))


def _target(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "team": world.team.slug, "target": _target_of(world).pk}


def _target_pk(world: World) -> dict[str, object]:
    return {"pk": _target_of(world).pk}


def _run_of(world: World) -> ImportRun:
    run: ImportRun | None = ImportRun.objects.filter(product=world.product).first()
    return run or ImportRun.objects.create(
        product=world.product, metric=_metric_of(world), kind="file", state="done", actor=world.alice
    )


def _run(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "run": _run_of(world).pk}


def _run_pk(world: World) -> dict[str, object]:
    return {"pk": _run_of(world).pk}


def _event_of(world: World) -> Event:
    event: Event | None = Event.objects.filter(product=world.product).first()
    return event or Event.objects.create(
        product=world.product,
        title="Price raised",
        starts_on=world.today,
        ends_on=world.today,
        author=world.alice,
    )


def _event(world: World) -> dict[str, object]:
    return {"product": world.product.slug, "event": _event_of(world).pk}


def _event_pk(world: World) -> dict[str, object]:
    return {"pk": _event_of(world).pk}


ROUTES = {
    "metrics:event-list": Route(PRODUCT_PAGE, product),
    "metrics:event-new": Route(PARTICIPANT, product),
    "metrics:event-edit": Route(PARTICIPANT, _event),
    "metrics:event-remove": Route(PARTICIPANT, _event, method="post"),
    "metrics:event-restore": Route(PARTICIPANT, _event, method="post"),
    "api:event-detail": Route(PRODUCT_PAGE, _event_pk),
    "api:event-bring-back": Route(PRODUCT_PAGE, _event_pk),
    "metrics:metric-list": Route(PRODUCT_PAGE, product),
    "metrics:metric-new": Route(STRATEGY_WRITE, product),
    "metrics:metric-detail": Route(PRODUCT_PAGE, _metric),
    "metrics:metric-edit": Route(STRATEGY_WRITE, _metric),
    "metrics:metric-archive": Route(STRATEGY_WRITE, _metric, method="post"),
    "metrics:metric-restore": Route(STRATEGY_WRITE, _metric, method="post"),
    "metrics:metric-export": Route(PRODUCT_PAGE, _metric),
    "metrics:figure-record": Route(PARTICIPANT, _metric, method="post"),
    "metrics:figure-delete": Route(PARTICIPANT, _metric, method="post"),
    "metrics:import-list": Route(PRODUCT_PAGE, product),
    "metrics:import-new": Route(PARTICIPANT, product),
    "metrics:import-detail": Route(PRODUCT_PAGE, _run),
    "metrics:import-progress": Route(PRODUCT_PAGE, _run),
    # Only whoever chose the file deals with it, and its errors are gone with the preview.
    "metrics:import-errors": Route(Expect(LOGIN, 404, 404, 404, 404), _run),
    "metrics:import-commit": Route(CHOOSER, _run, method="post"),
    "metrics:import-discard": Route(CHOOSER, _run, method="post"),
    "metrics:import-take-back": Route(PARTICIPANT, _run, method="post"),
    "metrics:target-list": Route(PRODUCT_PAGE, team),
    "metrics:target-new": Route(PARTICIPANT, team),
    "metrics:target-carry": Route(PARTICIPANT, team, method="post"),
    "metrics:target-edit": Route(PARTICIPANT, _target),
    "metrics:target-agree": Route(PARTICIPANT, _target, method="post"),
    "metrics:target-withdraw": Route(PARTICIPANT, _target, method="post"),
    "api:metric-detail": Route(PRODUCT_PAGE, _metric_key),
    "api:metric-archive": Route(PRODUCT_PAGE, _metric_key),
    "api:metric-restore": Route(PRODUCT_PAGE, _metric_key),
    "api:metric-observations": Route(PRODUCT_PAGE, _metric_key),
    "api:target-detail": Route(PRODUCT_PAGE, _target_pk),
    "api:target-agree": Route(PRODUCT_PAGE, _target_pk),
    "api:import-detail": Route(PRODUCT_PAGE, _run_pk),
    "api:import-take-back": Route(PRODUCT_PAGE, _run_pk),
}
