"""Events over the API; the writes are those of the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import caller
from common.api_fields import VisibleNames
from metrics.models import Event, Metric
from metrics.services.events import event_create, event_remove, event_restore, event_update
from teams.api.own import OwnViewSet
from teams.models import Product
from teams.permissions import participation_required


class EventSerializer(VisibleNames, serializers.ModelSerializer[Event]):
    """Something dated that people know of; `metric` is a key, empty for all metrics of the product."""

    visible: ClassVar[dict[str, Any]] = {"product": Product, "metric": Metric}

    product = serializers.SlugRelatedField(slug_field="slug", queryset=Product.objects.none())
    metric = serializers.SlugRelatedField(
        slug_field="key", queryset=Metric.objects.none(), allow_null=True, required=False
    )
    ends_on = serializers.DateField(
        required=False, allow_null=True, help_text="The last day; left out for a single day."
    )
    author = serializers.CharField(source="author.display_name", default=None, read_only=True)

    class Meta:
        model = Event
        fields: ClassVar[list[str]] = [
            "id", "product", "metric", "title", "text", "kind", "starts_on", "ends_on", "set_aside",
            "author", "removed_at", "created_at", "version",
        ]  # fmt: skip
        read_only_fields: ClassVar[list[str]] = ["removed_at", "created_at", "version"]


class EventFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="product__slug")
    metric = filters.CharFilter(field_name="metric__key")
    since = filters.DateFilter(field_name="ends_on", lookup_expr="gte", label="First day, inclusive.")
    until = filters.DateFilter(field_name="starts_on", lookup_expr="lte", label="Last day, inclusive.")
    removed = filters.BooleanFilter(field_name="removed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Event
        fields: ClassVar[list[str]] = ["kind", "set_aside"]


class EventViewSet(OwnViewSet):
    """Events: shown on charts, and set aside when a belief is tested if they say so."""

    queryset = Event.objects.select_related("product", "metric", "author").order_by("-starts_on", "-pk")
    serializer_class = EventSerializer
    filterset_class = EventFilter
    required_scope = "metrics"
    word = "event"

    @extend_schema(responses={201: EventSerializer})
    def create(self, request: Request) -> Response:
        """Adds an event. For everybody in the product but viewers."""
        data = self._cleaned(request)
        participation_required(request.user, data["product"])
        event = event_create(actor=caller(request), now=timezone.now(), **data)
        return self._answer(event, status.HTTP_201_CREATED)

    @extend_schema(responses={200: EventSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes an event. For whoever added it, and the product's managers and leads."""
        event = self._writable(request)
        data = self._cleaned(request, event)
        event = event_update(
            event=event,
            changes_wanted=data,
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, event),
        )
        return self._answer(event)

    def destroy(self, request: Request, pk: str) -> Response:
        """Removes an event from charts and tests; it can be brought back."""
        event = self._writable(request)
        event_remove(
            event=event,
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, event),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: EventSerializer})
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """Brings a removed event back."""
        event = self._writable(request)
        version = self.expected_version(request, event)
        return self._answer(event_restore(event=event, actor=caller(request), expected_version=version))
