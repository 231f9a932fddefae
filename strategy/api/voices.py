"""Insights and explanations over the API; the writes are those of the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import caller
from common.api_fields import VisibleNames
from metrics.models import Event
from strategy.models import Explanation, Goal, Insight, Mapping
from strategy.services.explanations import (
    explanation_create,
    explanation_remove,
    explanation_restore,
    explanation_update,
)
from strategy.services.insights import insight_create, insight_remove, insight_restore, insight_update
from teams.api.own import OwnViewSet
from teams.models import Product
from teams.permissions import participation_required


class InsightSerializer(VisibleNames, serializers.ModelSerializer[Insight]):
    """What somebody said or what was found, on one mapping or one goal; `product` is a slug."""

    visible: ClassVar[dict[str, Any]] = {"product": Product, "mapping": Mapping, "goal": Goal}

    product = serializers.SlugRelatedField(slug_field="slug", queryset=Product.objects.none())
    mapping = serializers.PrimaryKeyRelatedField(
        queryset=Mapping.objects.none(), allow_null=True, required=False
    )
    goal = serializers.PrimaryKeyRelatedField(queryset=Goal.objects.none(), allow_null=True, required=False)
    author = serializers.CharField(source="author.display_name", default=None, read_only=True)

    class Meta:
        model = Insight
        fields: ClassVar[list[str]] = [
            "id", "product", "mapping", "goal", "text", "is_quote", "source", "segment", "dated", "stance",
            "author", "removed_at", "created_at", "version",
        ]  # fmt: skip
        read_only_fields: ClassVar[list[str]] = ["removed_at", "created_at", "version"]


class InsightFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="product__slug")
    goal = filters.NumberFilter(method="of_goal", label="A goal's id; those on its mappings too.")
    mapping = filters.NumberFilter(field_name="mapping_id")
    removed = filters.BooleanFilter(field_name="removed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Insight
        fields: ClassVar[list[str]] = ["stance"]

    def of_goal(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.filter(Q(goal=value) | Q(mapping__goal=value))


class InsightViewSet(OwnViewSet):
    """Insights: qualitative evidence for or against a belief or a goal."""

    queryset = Insight.objects.select_related("product", "mapping", "goal", "author").order_by(
        "-dated", "-pk"
    )
    serializer_class = InsightSerializer
    filterset_class = InsightFilter
    required_scope = "goals"
    word = "insight"

    @extend_schema(responses={201: InsightSerializer})
    def create(self, request: Request) -> Response:
        """Adds an insight. For everybody in the product but viewers."""
        data = self._cleaned(request)
        participation_required(request.user, data["product"])
        insight = insight_create(actor=caller(request), now=timezone.now(), **data)
        return self._answer(insight, status.HTTP_201_CREATED)

    @extend_schema(responses={200: InsightSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes an insight. For whoever added it, and the product's managers and leads."""
        insight = self._writable(request)
        data = self._cleaned(request, insight)
        insight = insight_update(
            insight=insight,
            changes_wanted=data,
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, insight),
        )
        return self._answer(insight)

    def destroy(self, request: Request, pk: str) -> Response:
        """Removes an insight; it can be brought back."""
        insight = self._writable(request)
        insight_remove(
            insight=insight,
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, insight),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: InsightSerializer})
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """Brings a removed insight back."""
        insight = self._writable(request)
        version = self.expected_version(request, insight)
        return self._answer(insight_restore(insight=insight, actor=caller(request), expected_version=version))


class ExplanationSerializer(VisibleNames, serializers.ModelSerializer[Explanation]):
    """Something else that could explain how the metric and the goal of a mapping moved."""

    visible: ClassVar[dict[str, Any]] = {"mapping": Mapping, "event": Event}

    mapping = serializers.PrimaryKeyRelatedField(queryset=Mapping.objects.none())
    event = serializers.PrimaryKeyRelatedField(queryset=Event.objects.none(), allow_null=True, required=False)
    author = serializers.CharField(source="author.display_name", default=None, read_only=True)

    class Meta:
        model = Explanation
        fields: ClassVar[list[str]] = [
            "id", "mapping", "title", "text", "happened_on", "event", "author", "removed_at", "created_at",
            "version",
        ]  # fmt: skip
        read_only_fields: ClassVar[list[str]] = ["removed_at", "created_at", "version"]


class ExplanationFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="mapping__goal__product__slug")
    mapping = filters.NumberFilter(field_name="mapping_id")
    removed = filters.BooleanFilter(field_name="removed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Explanation
        fields: ClassVar[list[str]] = []


class ExplanationViewSet(OwnViewSet):
    """Other explanations of a mapping, added by people; the data cannot rule them out."""

    queryset = Explanation.objects.select_related("mapping__goal__product", "event", "author").order_by("pk")
    serializer_class = ExplanationSerializer
    filterset_class = ExplanationFilter
    required_scope = "goals"
    word = "explanation"
    home = "mapping"

    def product_of(self, row: Any) -> Product:
        """Its belief's."""
        product: Product = row.mapping.goal.product
        return product

    @extend_schema(responses={201: ExplanationSerializer})
    def create(self, request: Request) -> Response:
        """Adds an explanation to a mapping. For everybody in the product but viewers."""
        data = self._cleaned(request)
        participation_required(request.user, data["mapping"].goal.product)
        explanation = explanation_create(actor=caller(request), now=timezone.now(), **data)
        return self._answer(explanation, status.HTTP_201_CREATED)

    @extend_schema(responses={200: ExplanationSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes an explanation. For whoever added it, and the product's managers and leads."""
        explanation = self._writable(request)
        data = self._cleaned(request, explanation)
        explanation = explanation_update(
            explanation=explanation,
            changes_wanted=data,
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, explanation),
        )
        return self._answer(explanation)

    def destroy(self, request: Request, pk: str) -> Response:
        """Removes an explanation; it can be brought back."""
        explanation = self._writable(request)
        explanation_remove(
            explanation=explanation,
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, explanation),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: ExplanationSerializer})
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """Brings a removed explanation back."""
        explanation = self._writable(request)
        version = self.expected_version(request, explanation)
        return self._answer(
            explanation_restore(explanation=explanation, actor=caller(request), expected_version=version)
        )
