"""Vocabulary of metrics and targets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Q

from teams.querysets import ProductScopedQuerySet, reads_everything, visible_product_ids

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import Product, User


class MetricQuerySet(ProductScopedQuerySet[Any]):
    def visible_to(self, user: User | AnonymousUser) -> MetricQuerySet:
        """Metrics of the products that `user` sees, and the organisation's own for anybody with a product."""
        if reads_everything(user):
            return self.all()
        products = visible_product_ids(user)
        return self.filter(Q(product__in=products) | Q(Exists(products), product=None))

    def active(self) -> MetricQuerySet:
        return self.filter(archived_at=None)

    def of_product(self, product: Product) -> MetricQuerySet:
        """The product's metrics and the organisation's."""
        return self.filter(Q(product=product) | Q(product=None))


class ImportRunQuerySet(ProductScopedQuerySet[Any]):
    pass


class EventQuerySet(ProductScopedQuerySet[Any]):
    def standing(self) -> EventQuerySet:
        """Those that nobody took back."""
        return self.filter(removed_at=None)

    def of_metrics(self, metric_ids: Iterable[int]) -> EventQuerySet:
        """Events on any of these metrics, or on the whole product."""
        return self.filter(Q(metric=None) | Q(metric__in=list(metric_ids)))


class TargetQuerySet(ProductScopedQuerySet[Any]):
    product_path = "team__product"

    def of_quarter(self, start: date) -> TargetQuerySet:
        return self.filter(quarter_start=start)
