"""What people add to a product over the API: everybody in it may, and each may change their own."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import BearingViewSet
from common.errors import ApplicationError
from teams.models import Product
from teams.permissions import own_or_strategy_required


class OwnViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """Rows with an author; a resource adds its writes, which call the services of the pages.

    `word` names one row in sentences, and `home` the field that says where it belongs for good.
    """

    lookup_value_regex = "[0-9]+"
    word: ClassVar[str]
    home: ClassVar[str] = "product"

    def product_of(self, row: Any) -> Product:
        """The product in which the row was added."""
        product: Product = row.product
        return product

    def _writable(self, request: Request) -> Any:
        """The row at this address; PermissionDenied for whoever may not change it."""
        row = self.get_object()
        own_or_strategy_required(request.user, self.product_of(row), row.author_id, f"this {self.word}")
        return row

    def _cleaned(self, request: Request, row: Any = None) -> dict[str, Any]:
        """What was sent, for a new row or for a change of `row`, which stays where it is."""
        serializer = self.get_serializer(row, data=request.data, partial=row is not None)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        if row is not None and data.pop(self.home, getattr(row, self.home)) != getattr(row, self.home):
            raise ApplicationError(
                f"This {self.word} stays with its {self.home}. Add it to the other one anew.", field=self.home
            )
        return data

    def _answer(self, row: Any, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(row).data, status=code)
