"""Vocabulary of contests."""

from __future__ import annotations

from typing import Any

from teams.querysets import ProductScopedQuerySet


class ContestQuerySet(ProductScopedQuerySet[Any]):
    product_path = "goal__product"

    def open(self) -> ContestQuerySet:
        return self.exclude(phase__in=["decided", "cancelled"])


class ProposalQuerySet(ProductScopedQuerySet[Any]):
    product_path = "contest__goal__product"
