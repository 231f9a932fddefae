"""Products, teams and memberships over the API; the writes are those of the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import BearingViewSet, caller
from teams.api.serializers import MembershipSerializer, ProductSerializer, TeamSerializer
from teams.models import Membership, Product, Team
from teams.permissions import admin_required, archived_refuse, manager_required, strategy_write_required
from teams.services.products import product_create, product_update
from teams.services.teams import team_create, team_update


class ProductFilter(filters.FilterSet):
    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = ["slug"]


class ProductViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """The products that you may see."""

    queryset = Product.objects.order_by("name", "pk")
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    required_scope = "products"
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    @extend_schema(responses={201: ProductSerializer})
    def create(self, request: Request) -> Response:
        """Adds a product with its Product Team; you become its product manager. For organisation admins."""
        admin_required(request.user)
        data = self._cleaned(request)
        product = product_create(actor=caller(request), now=timezone.now(), **data)
        return Response(self.get_serializer(product).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        responses={200: ProductSerializer, 403: OpenApiResponse(description="Not a product manager.")}
    )
    def partial_update(self, request: Request, slug: str) -> Response:
        """Changes name or description. A new name changes the slug."""
        product = self.get_object()
        manager_required(request.user, product)
        data = {"name": product.name, "description": product.description, **self._cleaned(request, product)}
        version = self.expected_version(request, product)
        product_update(actor=caller(request), product=product, expected_version=version, **data)
        return Response(self.get_serializer(product).data)

    def _cleaned(self, request: Request, product: Product | None = None) -> dict[str, Any]:
        serializer = self.get_serializer(product, data=request.data, partial=product is not None)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class TeamFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="product__slug")
    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Team
        fields: ClassVar[list[str]] = ["kind", "slug"]


class TeamViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """The teams of the products that you may see."""

    queryset = Team.objects.select_related("product").order_by("product__name", "kind", "name", "pk")
    serializer_class = TeamSerializer
    filterset_class = TeamFilter
    required_scope = "teams"
    lookup_value_regex = "[0-9]+"

    @extend_schema(responses={201: TeamSerializer})
    def create(self, request: Request) -> Response:
        """Adds a Stream Team to a product. For its product managers and leads."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        strategy_write_required(request.user, data["product"])
        team = team_create(actor=caller(request), **data)
        return Response(self.get_serializer(team).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={200: TeamSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes name or purpose. A new name changes the slug."""
        team = self.get_object()
        strategy_write_required(request.user, team.product)
        archived_refuse(team)
        serializer = self.get_serializer(team, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        data = {"name": team.name, "purpose": team.purpose, **serializer.validated_data}
        team_update(
            actor=caller(request), team=team, expected_version=self.expected_version(request, team), **data
        )
        return Response(self.get_serializer(team).data)


class MembershipFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="team__product__slug")
    team = filters.CharFilter(field_name="team__slug")
    email = filters.CharFilter(field_name="user__email", lookup_expr="iexact")
    running_on = filters.DateFilter(method="running", label="Only memberships that run on this day")

    class Meta:
        model = Membership
        fields: ClassVar[list[str]] = ["role"]

    def running(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.running(value)


class MembershipViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """Who is in which team, in which role, from when to when. People are managed on the pages."""

    queryset = Membership.objects.select_related("user", "team__product").order_by("team", "start_date", "pk")
    serializer_class = MembershipSerializer
    filterset_class = MembershipFilter
    required_scope = "teams"
    lookup_value_regex = "[0-9]+"
