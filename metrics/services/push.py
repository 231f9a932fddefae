"""Figures pushed by programs: whole columns in, counts out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from metrics.calculations.points import MetricFacts, PointsRefusedError, RowError
from metrics.calculations.tables import Body, TableRefusedError, columns_parse
from metrics.models import ImportRun, Metric
from metrics.services.observations import import_run_create, observations_record, points_prepare
from teams.models import Product, User
from teams.permissions import archived_refuse, can_participate, is_admin


def metrics_writable(
    *, user: User, keys: Iterable[str] | None = None, product: Product | None = None
) -> dict[str, MetricFacts]:
    """The metrics whose figures `user` may write, by key: a few queries, however many metrics.

    Restricted to `keys`, or to a `product` and the organisation's own, when given. Raises PermissionDenied when
    one of `keys` is visible to the user but may only be read, ArchivedError when its product is archived.
    """
    if product is not None:
        archived_refuse(product)
    metrics = Metric.objects.visible_to(user).active()
    if keys is not None:
        metrics = metrics.filter(key__one_of=frozenset(keys))
    if product is not None:
        metrics = metrics.of_product(product)
    rows = list(metrics.values_list("pk", "key", "frequency", "numerator_id", "product_id"))
    products = Product.objects.in_bulk({row[4] for row in rows} - {None})
    allowed = {pk: _may_write(user, products.get(pk)) for pk in {row[4] for row in rows}}
    if keys is not None and not all(allowed.values()):
        archived_refuse(*products.values())
        readable = sorted(row[1] for row in rows if not allowed[row[4]])
        raise PermissionDenied(f"You may read but not write figures of {', '.join(readable[:5])}.")
    return {
        key: MetricFacts(pk, key, frequency, numerator is not None, product_id=product_id)
        for pk, key, frequency, numerator, product_id in rows
        if allowed[product_id]
    }


def _may_write(user: User, product: Product | None) -> bool:
    """Everybody in the product but viewers; the organisation's own metrics are its admins' to write."""
    return is_admin(user) if product is None else can_participate(user, product)


def figures_push(
    *, body: Body, user: User, now: datetime, max_rows: int, name: str = "", kind: str = ImportRun.Kind.API
) -> ImportRun:
    """Stores a pushed body as one import, all or nothing, and returns the import with its counts.

    TableRefusedError when there is nothing in it or too much, PermissionDenied when a metric may only be read,
    PointsRefusedError with every wrong row otherwise.
    """
    rows = len(body.day.cells)
    if rows == 0:
        raise TableRefusedError("There are no figures in it. Send at least one.")
    if rows > max_rows:
        raise TableRefusedError(
            f"{rows:,} figures are too many at once; the limit is {max_rows:,}. Split them."
        )
    facts = metrics_writable(user=user, keys=body.keys)
    points, errors = columns_parse(
        body.metric,
        body.day,
        body.value,
        names={key: fact.id for key, fact in facts.items()},
        first_row=body.first_row,
        order=body.order,
    )
    by_id = {fact.id: fact for fact in facts.values()}
    if errors:
        # Tell everything that is wrong at once, not only what could not be read.
        more = points_prepare(points, now=now, facts=by_id) if len(points) else None
        raise _refused(errors, more.errors if more else [])
    with transaction.atomic():
        run = import_run_create(kind=kind, actor=user, product_id=_product_of(facts), name=name)
        observations_record(points=points, run=run, now=now, facts=by_id)
    return run


def _refused(first: list[RowError], second: list[RowError]) -> PointsRefusedError:
    return PointsRefusedError(sorted([*first, *second], key=lambda error: error.row))


def _product_of(facts: dict[str, MetricFacts]) -> int | None:
    """The one product of the metrics; None when they are of several, or the organisation's."""
    products = {fact.product_id for fact in facts.values()}
    return products.pop() if len(products) == 1 else None
