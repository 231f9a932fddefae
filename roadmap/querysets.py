"""Vocabulary of boards, cards and editions."""

from __future__ import annotations

from typing import Any

from teams.querysets import ProductScopedQuerySet


class ConnectionQuerySet(ProductScopedQuerySet[Any]):
    pass


class BoardQuerySet(ProductScopedQuerySet[Any]):
    product_path = "team__product"

    def active(self) -> BoardQuerySet:
        return self.filter(archived_at=None)


class CardQuerySet(ProductScopedQuerySet[Any]):
    product_path = "board__team__product"

    def present(self) -> CardQuerySet:
        """Cards that the tool still shows."""
        return self.filter(gone_at=None, archived_at=None)


class EditionQuerySet(ProductScopedQuerySet[Any]):
    pass
