"""What the API shows and takes of goals, their versions, results and mappings."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from common.quarters import FiscalCalendar
from metrics.models import Metric
from strategy.api.verdicts import VerdictBriefSerializer
from strategy.content import TargetContent
from strategy.models import Goal, GoalVersion, Mapping, MappingVersion, QuarterResult
from teams.models import Product, User
from teams.selectors import organisation_get


class QuarterField(serializers.CharField):
    """A quarter named like 2026-Q4."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return organisation_get().calendar.parse(str(data))
        except ValueError:
            raise serializers.ValidationError("Name the quarter like 2026-Q4.") from None


@extend_schema_serializer(component_name="GoalTarget")
class TargetSerializer(serializers.Serializer[Any]):
    """A quarter's target: a value, or the two edges of a band. All empty takes the quarter's target away."""

    quarter = QuarterField()
    value = serializers.FloatField(required=False, allow_null=True)
    low = serializers.FloatField(required=False, allow_null=True)
    high = serializers.FloatField(required=False, allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        calendar: FiscalCalendar = self.context.get("calendar") or organisation_get().calendar
        return {
            "quarter": calendar.quarter_of(instance.quarter_start).slug,
            "value": instance.value,
            "low": instance.low,
            "high": instance.high,
        }


class ContentSerializer(serializers.Serializer[Any]):
    """What a version of a goal says."""

    title = serializers.CharField(max_length=140)
    bet = serializers.CharField()
    owner = serializers.SlugRelatedField[User](
        slug_field="email", queryset=User.objects.filter(is_active=True)
    )
    metric = serializers.SlugRelatedField[Metric](slug_field="key", queryset=Metric.objects.none())
    direction = serializers.ChoiceField(choices=GoalVersion.Direction.choices, default="increase")
    baseline = serializers.FloatField()
    tolerance = serializers.FloatField(default=0.0, min_value=0)
    horizon = serializers.ChoiceField(choices=GoalVersion.Horizon.choices, default="short")
    guardrails = serializers.SlugRelatedField[Metric](
        slug_field="key", queryset=Metric.objects.none(), many=True, required=False
    )
    targets = TargetSerializer(many=True, required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Only metrics that the caller sees can be named; others do not exist for them."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            metrics = Metric.objects.visible_to(request.user)
            fields["metric"].queryset = metrics  # type: ignore[attr-defined]
            fields["guardrails"].child_relation.queryset = metrics  # type: ignore[attr-defined]
        return fields

    def validate_targets(self, rows: list[dict[str, Any]]) -> list[TargetContent]:
        return [
            TargetContent(
                row["quarter"].start, row["quarter"].end, row.get("value"), row.get("low"), row.get("high")
            )
            for row in rows
        ]


class GoalInputSerializer(ContentSerializer):
    """A new goal."""

    product = serializers.SlugRelatedField[Product](slug_field="slug", queryset=Product.objects.none())

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            fields["product"].queryset = Product.objects.visible_to(request.user)  # type: ignore[attr-defined]
        return fields


class GoalEditSerializer(ContentSerializer):
    """An edit: any fields, and why."""

    reason = serializers.CharField(required=False, allow_blank=True)


@extend_schema_serializer(component_name="StrategyReason")
class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is done."""

    reason = serializers.CharField()


class VersionSerializer(serializers.ModelSerializer[GoalVersion]):
    """One version of a goal. `effective_from` is the day from which it holds."""

    owner = serializers.EmailField(source="owner.email", read_only=True)
    metric = serializers.CharField(source="metric.key", read_only=True)
    guardrails = serializers.SlugRelatedField[Metric](slug_field="key", many=True, read_only=True)
    targets = TargetSerializer(many=True, read_only=True)

    class Meta:
        model = GoalVersion
        fields = [
            "number", "effective_from", "title", "bet", "owner", "metric", "direction", "baseline", "tolerance",
            "horizon", "guardrails", "targets", "origin", "reason", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class GoalSerializer(serializers.ModelSerializer[Goal]):
    """A goal with the version in force as `current`, and the one that follows as `planned`, if any."""

    product = serializers.SlugField(source="product.slug", read_only=True)
    current = VersionSerializer(read_only=True)
    planned = VersionSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Goal
        fields = [
            "id", "product", "slug", "state", "activated_at", "counting_from", "streak_from", "retired_at",
            "current", "planned", "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = fields


class ResultSerializer(serializers.ModelSerializer[QuarterResult]):
    """How a quarter was judged. Provisional results change until the quarter closes."""

    goal_version = serializers.IntegerField(source="goal_version.number", read_only=True)
    metric = serializers.CharField(source="goal_version.metric.key", read_only=True)

    class Meta:
        model = QuarterResult
        fields = [
            "quarter_start", "quarter_end", "revision", "verdict", "actual", "target", "target_low", "target_high",
            "attainment", "metrics_share", "case", "counts", "streak", "missed_recently", "provisional", "late_data",
            "goal_version", "metric", "evaluated_at", "reason",
        ]  # fmt: skip
        read_only_fields = fields


class WordingSerializer(serializers.ModelSerializer[MappingVersion]):
    """One wording of a belief."""

    owner = serializers.EmailField(source="owner.email", read_only=True)

    class Meta:
        model = MappingVersion
        fields = [
            "number", "effective_from", "belief", "direction", "effect", "lag_weeks", "strength", "falsifier",
            "owner", "review_on", "reason", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class MappingSerializer(serializers.ModelSerializer[Mapping]):
    """A mapping with the wording in force as `current`. `active_until` is the first day without it."""

    product = serializers.SlugField(source="goal.product.slug", read_only=True)
    goal = serializers.IntegerField(source="goal_id", read_only=True)
    metric = serializers.CharField(source="metric.key", read_only=True)
    current = WordingSerializer(read_only=True)
    stated_verdict = VerdictBriefSerializer(read_only=True, allow_null=True)
    newest_verdict = VerdictBriefSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Mapping
        fields = [
            "id", "product", "goal", "metric", "active_from", "active_until", "retired_reason", "current", "stated_verdict", "newest_verdict",
            "created_at", "updated_at", "version",
        ]  # fmt: skip
        read_only_fields = fields


class WordingInputSerializer(serializers.Serializer[Any]):
    """What a belief says."""

    belief = serializers.CharField()
    direction = serializers.ChoiceField(choices=MappingVersion.Direction.choices, default="+")
    effect = serializers.FloatField(required=False, allow_null=True)
    lag_weeks = serializers.IntegerField(
        min_value=0,
        max_value=104,
        allow_null=True,
        default=None,
        help_text="0: in the same week. Null: not named.",
    )
    strength = serializers.ChoiceField(choices=MappingVersion.Strength.choices, default=2)
    falsifier = serializers.CharField(required=False, allow_blank=True)
    owner = serializers.SlugRelatedField[User](
        slug_field="email", queryset=User.objects.filter(is_active=True)
    )
    review_on = serializers.DateField(required=False, allow_null=True)


class MappingInputSerializer(WordingInputSerializer):
    """A new mapping: the goal by id, the metric by key."""

    goal = serializers.PrimaryKeyRelatedField[Goal](queryset=Goal.objects.none())
    metric = serializers.SlugRelatedField[Metric](slug_field="key", queryset=Metric.objects.none())

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            fields["goal"].queryset = Goal.objects.visible_to(request.user)  # type: ignore[attr-defined]
            fields["metric"].queryset = Metric.objects.visible_to(request.user)  # type: ignore[attr-defined]
        return fields


class MappingEditSerializer(WordingInputSerializer):
    """A new wording, and why."""

    reason = serializers.CharField()
