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


class MappingVerdictQuerySet(ProductScopedQuerySet[Any]):
    product_path = "mapping__goal__product"

    def stated(self) -> MappingVerdictQuerySet:
        return self.filter(stated=True)


class ForecastQuerySet(ProductScopedQuerySet[Any]):
    """Forecasts of goals and of team targets."""

    def current(self) -> ForecastQuerySet:
        """The newest of each goal and each target."""
        return self.filter(is_current=True)

    def recorded(self) -> ForecastQuerySet:
        """The scored ones that stand for their week in the track record."""
        return self.filter(in_record=True)


class ExplanationQuerySet(ProductScopedQuerySet[Any]):
    product_path = "mapping__goal__product"

    def standing(self) -> ExplanationQuerySet:
        """Those that nobody took back."""
        return self.filter(removed_at=None)


class InsightQuerySet(ProductScopedQuerySet[Any]):
    def standing(self) -> InsightQuerySet:
        """Those that nobody took back."""
        return self.filter(removed_at=None)
