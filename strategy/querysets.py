"""Vocabulary of goals and beliefs."""

from __future__ import annotations

from typing import Any

from teams.querysets import ProductScopedQuerySet


class GoalQuerySet(ProductScopedQuerySet[Any]):
    def active(self) -> GoalQuerySet:
        return self.filter(state="active")


class MappingQuerySet(ProductScopedQuerySet[Any]):
    product_path = "goal__product"

    def active(self) -> MappingQuerySet:
        return self.filter(active_until=None)


class QuarterResultQuerySet(ProductScopedQuerySet[Any]):
    product_path = "goal__product"

    def current(self) -> QuarterResultQuerySet:
        """The newest revision of each quarter."""
        return self.filter(superseded_at=None)
