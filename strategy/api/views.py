"""Goals and mappings over the API; every write is a service of the pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import BearingViewSet, caller
from strategy.api.reviews import MappingReviewsMixin
from strategy.api.serializers import (
    GoalEditSerializer,
    GoalInputSerializer,
    GoalSerializer,
    MappingEditSerializer,
    MappingInputSerializer,
    MappingSerializer,
    ReasonSerializer,
    ResultSerializer,
    VersionSerializer,
)
from strategy.api.verdicts import AnalysedSeriesSerializer, VerdictSerializer
from strategy.models import Goal, Mapping, MappingVersion
from strategy.selectors import goals_with_versions
from strategy.selectors.stated import verdict_heavy
from strategy.selectors.verdicts import series_shown, verdict_with_series_or_404
from strategy.services import (
    goal_activate,
    goal_bring_back,
    goal_create,
    goal_retire,
    goal_version_create,
    mapping_adjust,
    mapping_create,
    mapping_retire,
)
from teams.permissions import strategy_write_required
from teams.selectors import organisation_get


class GoalFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="product__slug")

    class Meta:
        model = Goal
        fields: ClassVar[list[str]] = ["state", "slug"]


class GoalViewSet(BearingViewSet):
    """Strategic goals. Content stands in versions: `current` holds today, `planned` follows."""

    queryset = Goal.objects.select_related("product").order_by("pk")
    serializer_class = GoalSerializer
    filterset_class = GoalFilter
    required_scope = "goals"
    lookup_value_regex = "[0-9]+"

    def list(self, request: Request) -> Response:
        """The goals that you may see."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(self._shown(page))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One goal."""
        return self._answer(self.get_object())

    @extend_schema(request=GoalInputSerializer, responses={201: GoalSerializer})
    def create(self, request: Request) -> Response:
        """Adds a goal as a draft. For product managers and leads."""
        data = self._cleaned(GoalInputSerializer, request)
        strategy_write_required(request.user, data["product"])
        goal = goal_create(actor=caller(request), now=timezone.now(), **data)
        return self._answer(goal, status.HTTP_201_CREATED)

    @extend_schema(request=GoalEditSerializer, responses={200: GoalSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Edits a goal, with a reason. Words hold at once, what is measured from the next quarter."""
        goal = self._writable(request)
        data = self._cleaned(GoalEditSerializer, request, partial=True)
        reason = data.pop("reason", "")
        for name in set(data) - set(request.data):  # defaults are no changes
            del data[name]
        version = self.expected_version(request, goal)
        goal_version_create(
            goal=goal,
            changes=data,
            actor=caller(request),
            reason=reason,
            now=timezone.now(),
            expected_version=version,
        )
        return self._answer(goal)

    @extend_schema(request=None, responses={200: GoalSerializer})
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Makes a draft count from its first full quarter."""
        goal = self._writable(request)
        version = self.expected_version(request, goal)
        return self._answer(
            goal_activate(goal=goal, actor=caller(request), now=timezone.now(), expected_version=version)
        )

    @extend_schema(request=ReasonSerializer, responses={200: GoalSerializer})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Retires a goal, with a reason."""
        return self._reasoned(request, goal_retire)

    @extend_schema(request=ReasonSerializer, responses={200: GoalSerializer})
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """Brings a retired goal back, with a reason."""
        return self._reasoned(request, goal_bring_back)

    @extend_schema(responses={200: VersionSerializer(many=True)})
    @action(detail=True, pagination_class=None, filterset_class=None)
    def versions(self, request: Request, pk: str) -> Response:
        """All versions of the goal, oldest first."""
        rows = self.get_object().versions.select_related("owner", "metric")
        rows = rows.prefetch_related("targets", "guardrails").order_by("number")
        return Response(VersionSerializer(rows, many=True, context=self._context()).data)

    @extend_schema(responses={200: ResultSerializer(many=True)})
    @action(detail=True, pagination_class=None, filterset_class=None)
    def results(self, request: Request, pk: str) -> Response:
        """The newest revision of each judged quarter, oldest first."""
        rows = self.get_object().results.current().select_related("goal_version__metric")
        return Response(ResultSerializer(rows.order_by("quarter_start"), many=True).data)

    def _reasoned(self, request: Request, act: Any) -> Response:
        goal = self._writable(request)
        reason = self._cleaned(ReasonSerializer, request)["reason"]
        version = self.expected_version(request, goal)
        return self._answer(
            act(goal=goal, actor=caller(request), reason=reason, now=timezone.now(), expected_version=version)
        )

    def _writable(self, request: Request) -> Goal:
        goal: Goal = self.get_object()
        strategy_write_required(request.user, goal.product)
        return goal

    def _cleaned(self, serializer_class: Any, request: Request, *, partial: bool = False) -> dict[str, Any]:
        serializer = serializer_class(
            data=request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _context(self) -> dict[str, Any]:
        return {**self.get_serializer_context(), "calendar": organisation_get().calendar}

    def _shown(self, goals: Iterable[Goal]) -> Any:
        """Goals with their versions, targets and guardrails, in a fixed number of queries."""
        rows = goals_with_versions(goals, today=organisation_get().today(timezone.now()))
        versions = [
            version for goal in rows for version in (goal.current, goal.planned) if version is not None
        ]
        prefetch_related_objects(versions, "targets", "guardrails")
        return GoalSerializer(rows, many=True, context=self._context()).data

    def _answer(self, goal: Goal, code: int = status.HTTP_200_OK) -> Response:
        fresh = Goal.objects.select_related("product").get(pk=goal.pk)
        return Response(self._shown([fresh])[0], status=code)


class MappingFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="goal__product__slug")
    goal = filters.NumberFilter(field_name="goal_id")
    metric = filters.CharFilter(field_name="metric__key")
    active = filters.BooleanFilter(field_name="active_until", lookup_expr="isnull")

    class Meta:
        model = Mapping
        fields: ClassVar[list[str]] = []


class MappingViewSet(MappingReviewsMixin, BearingViewSet):
    """Beliefs: that moving an outcome metric moves a goal."""

    queryset = (
        Mapping.objects.select_related("goal__product", "metric", "stated_verdict", "newest_verdict")
        .defer(*verdict_heavy("stated_verdict"), *verdict_heavy("newest_verdict"))
        .order_by("pk")
    )
    serializer_class = MappingSerializer
    filterset_class = MappingFilter
    required_scope = "goals"
    lookup_value_regex = "[0-9]+"

    def list(self, request: Request) -> Response:
        """The mappings that you may see."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(self._shown(page))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One mapping."""
        return self._answer(self.get_object())

    @extend_schema(request=MappingInputSerializer, responses={201: MappingSerializer})
    def create(self, request: Request) -> Response:
        """Adds a belief to a goal. For product managers and leads."""
        data = self._cleaned(MappingInputSerializer, request)
        strategy_write_required(request.user, data["goal"].product)
        mapping = mapping_create(actor=caller(request), now=timezone.now(), **data)
        return self._answer(mapping, status.HTTP_201_CREATED)

    @extend_schema(request=MappingEditSerializer, responses={200: MappingSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """A new wording, with a reason; the old one is kept."""
        mapping = self._writable(request)
        data = self._cleaned(MappingEditSerializer, request, partial=True)
        reason = data.pop("reason", "")
        changes = {name: value for name, value in data.items() if name in request.data}
        mapping_adjust(
            mapping=mapping,
            changes=changes,
            actor=caller(request),
            reason=reason,
            now=timezone.now(),
            expected_version=self.expected_version(request, mapping),
        )
        return self._answer(mapping)

    @extend_schema(request=ReasonSerializer, responses={200: MappingSerializer})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Retires a belief, with a reason."""
        mapping = self._writable(request)
        reason = self._cleaned(ReasonSerializer, request)["reason"]
        version = self.expected_version(request, mapping)
        mapping_retire(
            mapping=mapping,
            actor=caller(request),
            reason=reason,
            now=timezone.now(),
            expected_version=version,
        )
        return self._answer(mapping)

    @extend_schema(responses={200: VerdictSerializer(many=True)}, filters=False)
    @action(detail=True, methods=["get"])
    def verdicts(self, request: Request, pk: str) -> Response:
        """What each weekly run said of the belief, newest first. Verdicts are never overwritten."""
        rows = self.get_object().verdicts.select_related("mapping_version").defer("series")
        page = self.paginate_queryset(rows.order_by("-week", "-revision", "-pk"))
        return self.get_paginated_response(VerdictSerializer(page, many=True).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("verdict", int, description="A verdict's id; left out: the stated one.")
        ],
        responses={200: AnalysedSeriesSerializer},
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def series(self, request: Request, pk: str) -> Response:
        """Metric and goal by period as they were compared for the stated verdict, or for the one named."""
        verdict = verdict_with_series_or_404(
            mapping=self.get_object(), verdict_id=request.query_params.get("verdict")
        )
        return Response(AnalysedSeriesSerializer(series_shown(verdict)).data)

    def _writable(self, request: Request) -> Mapping:
        mapping: Mapping = self.get_object()
        strategy_write_required(request.user, mapping.goal.product)
        return mapping

    def _cleaned(self, serializer_class: Any, request: Request, *, partial: bool = False) -> dict[str, Any]:
        serializer = serializer_class(
            data=request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _shown(self, mappings: Sequence[Mapping]) -> Any:
        """Mappings with the wording in force, in one query more."""
        today = organisation_get().today(timezone.now())
        by_id = {mapping.pk: mapping for mapping in mappings}
        for wording in (
            MappingVersion.objects.filter(mapping__in=by_id).select_related("owner").order_by("number")
        ):
            mapping = by_id[wording.mapping_id]
            if wording.effective_from <= today or "current" not in mapping.__dict__:
                mapping.current = wording
        return MappingSerializer(list(mappings), many=True).data

    def _answer(self, mapping: Mapping, code: int = status.HTTP_200_OK) -> Response:
        fresh = self.queryset.get(pk=mapping.pk)
        return Response(self._shown([fresh])[0], status=code)
