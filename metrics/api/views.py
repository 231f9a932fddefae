"""Metrics, their figures, targets and imports over the API; the writes are those of the pages."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import BearingViewSet, caller
from common.errors import ApplicationError
from metrics.api.serializers import (
    ImportRunSerializer,
    MetricSerializer,
    ObservationSerializer,
    ReasonSerializer,
    SideSerializer,
    TargetSerializer,
)
from metrics.models import ImportRun, Metric, Target
from metrics.permissions import can_take_back, can_write_metric, target_side_required
from metrics.selectors import metric_series
from metrics.services import (
    Figures,
    import_take_back,
    metric_archive,
    metric_create,
    metric_restore,
    metric_update,
    target_agree,
    target_counter,
    target_propose,
    target_withdraw,
)
from teams.models import Product, User
from teams.permissions import admin_required, archived_refuse, strategy_write_required
from teams.selectors import organisation_get


class MetricFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="product__slug")
    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Metric
        fields: ClassVar[list[str]] = ["kind", "frequency"]


class MetricViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """The metrics of the products that you may see, and the organisation's own."""

    queryset = Metric.objects.select_related("product", "numerator", "denominator").order_by("key")
    serializer_class = MetricSerializer
    filterset_class = MetricFilter
    required_scope = "metrics"
    lookup_field = "key"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    @extend_schema(responses={201: MetricSerializer})
    def create(self, request: Request) -> Response:
        """Adds a metric. For the product's managers and leads; admins for the organisation's own."""
        data = self._cleaned(request)
        data.pop("reason", None)
        product = data.pop("product", None)
        if product is None:
            admin_required(request.user)
        else:
            self._product_required(request, product)
        metric = metric_create(product=product, actor=caller(request), **data)
        return Response(self.get_serializer(metric).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={200: MetricSerializer})
    def partial_update(self, request: Request, key: str) -> Response:
        """Changes a metric. A field that defines the figure needs a reason and makes a new definition."""
        metric = self._writable(request)
        archived_refuse(metric)
        data = self._cleaned(request, metric)
        reason = data.pop("reason", "")
        data.pop("product", None)
        metric = metric_update(
            metric=metric,
            actor=caller(request),
            changes_wanted=data,
            reason=reason,
            expected_version=self.expected_version(request, metric),
        )
        return Response(self.get_serializer(metric).data)

    @extend_schema(request=None, responses={200: MetricSerializer})
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, key: str) -> Response:
        """Takes the metric out of lists and choices; its figures stay."""
        metric = self._writable(request)
        metric_archive(
            metric=metric,
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, metric),
        )
        return Response(self.get_serializer(metric).data)

    @extend_schema(request=None, responses={200: MetricSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, key: str) -> Response:
        """Brings an archived metric back."""
        metric = self._writable(request)
        metric_restore(
            metric=metric, actor=caller(request), expected_version=self.expected_version(request, metric)
        )
        return Response(self.get_serializer(metric).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATE, description="First day, inclusive."),
            OpenApiParameter("until", OpenApiTypes.DATE, description="Last day, inclusive."),
        ],
        responses={200: ObservationSerializer(many=True)},
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def observations(self, request: Request, key: str) -> Response:
        """The metric's figures by date. Those of a ratio are computed, one a period."""
        metric = self.get_object()
        since, until = _day(request, "since"), _day(request, "until")
        series = metric_series(metric=metric, since=since, until=until)
        return Response([{"date": day, "value": value} for day, value in series.points])

    def _writable(self, request: Request) -> Metric:
        metric: Metric = self.get_object()
        archived_refuse(metric.product)
        if not can_write_metric(_user(request), metric):
            raise PermissionDenied("Only the product's managers and leads can change this.")
        return metric

    def _product_required(self, request: Request, product: Product) -> None:
        if not Product.objects.visible_to(request.user).filter(pk=product.pk).exists():
            raise ApplicationError(f"Object with slug={product.slug} does not exist.", field="product")
        strategy_write_required(request.user, product)

    def _cleaned(self, request: Request, metric: Metric | None = None) -> dict[str, Any]:
        serializer = self.get_serializer(metric, data=request.data, partial=metric is not None)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        for name in ("numerator", "denominator"):
            part = data.get(name)
            if part is not None and not Metric.objects.visible_to(request.user).filter(pk=part.pk).exists():
                raise ApplicationError(f"Object with key={part.key} does not exist.", field=name)
        return data


class TargetFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="team__product__slug")
    quarter = filters.CharFilter(method="in_quarter", label="For instance 2026-Q4")
    metric = filters.CharFilter(field_name="metric__key")

    class Meta:
        model = Target
        fields: ClassVar[list[str]] = ["team", "state"]

    def in_quarter(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.of_quarter(_quarter(value).start)


class TargetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """Targets of Stream Teams: proposed, talked over, and agreed by both sides."""

    queryset = Target.objects.select_related("team__product", "metric").order_by(
        "-quarter_start", "team", "pk"
    )
    serializer_class = TargetSerializer
    filterset_class = TargetFilter
    required_scope = "targets"
    lookup_value_regex = "[0-9]+"

    @extend_schema(responses={201: TargetSerializer})
    def create(self, request: Request) -> Response:
        """Proposes a target for a quarter; your side thereby agrees to its own offer."""
        data = self._cleaned(request)
        team, metric = data["team"], data["metric"]
        if not type(team).objects.visible_to(request.user).filter(pk=team.pk).exists():
            raise ApplicationError("There is no such team.", field="team")
        target = target_propose(
            team=team,
            metric=metric,
            quarter=_quarter(data["quarter"]),
            figures=Figures(data["baseline"], data["commit"], data.get("stretch")),
            side=target_side_required(_user(request), team, data.get("side", "")),
            actor=caller(request),
            now=timezone.now(),
            note=data.get("note", ""),
            override_reason=data.get("override_reason", ""),
        )
        return Response(self.get_serializer(target).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={200: TargetSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """A counter-offer: baseline, commit and stretch; the other side has to agree anew."""
        target: Target = self.get_object()
        data = self._cleaned(request, target)
        target = target_counter(
            target=target,
            figures=Figures(
                data.get("baseline", target.baseline),
                data.get("commit", target.commit),
                data.get("stretch", target.stretch),
            ),
            side=target_side_required(_user(request), target.team, data.get("side", "")),
            actor=caller(request),
            now=timezone.now(),
            note=data.get("note", ""),
            expected_version=self.expected_version(request, target),
        )
        return Response(self.get_serializer(target).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Withdraws a target that is not agreed and locked yet."""
        target: Target = self.get_object()
        target_side_required(_user(request), target.team, request.query_params.get("side", "") or "product")
        target_withdraw(
            target=target,
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, target),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=SideSerializer, responses={200: TargetSerializer})
    @action(detail=True, methods=["post"])
    def agree(self, request: Request, pk: str) -> Response:
        """Your side agrees to the figures as they stand. Send If-Match, so that they are those that you saw."""
        target: Target = self.get_object()
        asked = SideSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        target = target_agree(
            target=target,
            side=target_side_required(_user(request), target.team, asked.validated_data.get("side", "")),
            actor=caller(request),
            now=timezone.now(),
            expected_version=self.expected_version(request, target),
        )
        return Response(self.get_serializer(target).data)

    def _cleaned(self, request: Request, target: Target | None = None) -> dict[str, Any]:
        serializer = self.get_serializer(target, data=request.data, partial=target is not None)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class ImportRunFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="product__slug")
    metric = filters.CharFilter(field_name="metric__key")

    class Meta:
        model = ImportRun
        fields: ClassVar[list[str]] = ["kind", "state"]


class ImportRunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """Where figures came from: files, pushes, commands and hands."""

    queryset = (
        ImportRun.objects.select_related("product", "metric").defer("written").order_by("-created_at", "-pk")
    )
    serializer_class = ImportRunSerializer
    filterset_class = ImportRunFilter
    required_scope = "observations"
    lookup_value_regex = "[0-9]+"

    @extend_schema(request=ReasonSerializer, responses={200: ImportRunSerializer})
    @action(detail=True, methods=["post"], url_path="take-back", uses_etag=False)
    def take_back(self, request: Request, pk: str) -> Response:
        """Takes the import back and answers the import that did so."""
        run: ImportRun = self.get_object()
        archived_refuse(run.product)
        if not can_take_back(_user(request), run):
            raise PermissionDenied(
                "Only whoever brought the figures in, or a manager or lead, takes them back."
            )
        return Response(
            self.get_serializer(import_take_back(run=run, actor=caller(request), now=timezone.now())).data
        )


def _user(request: Request) -> User:
    user: Any = request.user
    return user


def _quarter(slug: str) -> Any:
    try:
        return organisation_get().calendar.parse(slug)
    except ValueError as error:
        raise ApplicationError(f"{error} Write one like 2026-Q4.", field="quarter") from None


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ApplicationError(f"“{text[:40]}” is no date. Write it like 2026-11-18.", field=name) from None
