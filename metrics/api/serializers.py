"""Metrics, targets and imports as the API shows and takes them."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from metrics.models import ImportRun, Metric, Target
from teams.models import Product, Team


class MetricSerializer(serializers.ModelSerializer[Metric]):
    """A metric; `product` is a slug, empty for the organisation's own."""

    product = serializers.SlugRelatedField(
        slug_field="slug", queryset=Product.objects.all(), allow_null=True, required=False
    )
    numerator = serializers.SlugRelatedField(
        slug_field="key", queryset=Metric.objects.all(), allow_null=True, required=False
    )
    denominator = serializers.SlugRelatedField(
        slug_field="key", queryset=Metric.objects.all(), allow_null=True, required=False
    )
    key = serializers.SlugField(max_length=80, required=False, help_text="Made of the name when left out.")
    reason = serializers.CharField(
        write_only=True, required=False, help_text="Needed when a field that defines the figure changes."
    )

    class Meta:
        model = Metric
        fields: ClassVar[list[str]] = [
            "key",
            "product",
            "name",
            "definition",
            "definition_number",
            "kind",
            "unit",
            "decimals",
            "direction",
            "aggregation",
            "frequency",
            "numerator",
            "denominator",
            "archived_at",
            "version",
            "reason",
        ]
        read_only_fields: ClassVar[list[str]] = ["definition_number", "archived_at", "version"]


class ObservationSerializer(serializers.Serializer[Any]):
    """One figure."""

    date = serializers.DateField()
    value = serializers.FloatField()


class ImportRunSerializer(serializers.ModelSerializer[ImportRun]):
    """One way in of figures, with what it did."""

    product: Any = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    metric: Any = serializers.SlugRelatedField(slug_field="key", read_only=True)

    class Meta:
        model = ImportRun
        fields: ClassVar[list[str]] = [
            "id",
            "product",
            "metric",
            "kind",
            "state",
            "name",
            "rows",
            "created",
            "changed",
            "unchanged",
            "deleted",
            "first_date",
            "last_date",
            "undo_of",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields


class TargetSerializer(serializers.ModelSerializer[Target]):
    """A Stream Team's target; `quarter` is a slug such as 2026-Q4, `team` an id, `metric` a key."""

    team = serializers.PrimaryKeyRelatedField(queryset=Team.objects.all())
    metric = serializers.SlugRelatedField(slug_field="key", queryset=Metric.objects.all())
    quarter = serializers.CharField(write_only=True)
    note = serializers.CharField(write_only=True, required=False, allow_blank=True)
    side = serializers.ChoiceField(
        choices=["product", "team"], write_only=True, required=False, help_text="For which side you speak."
    )

    class Meta:
        model = Target
        fields: ClassVar[list[str]] = [
            "id",
            "team",
            "metric",
            "quarter",
            "quarter_start",
            "quarter_end",
            "baseline",
            "commit",
            "stretch",
            "state",
            "product_agreed_at",
            "team_agreed_at",
            "locked_commit",
            "locked_at",
            "override_reason",
            "note",
            "side",
            "version",
        ]
        read_only_fields: ClassVar[list[str]] = [
            "quarter_start",
            "quarter_end",
            "state",
            "product_agreed_at",
            "team_agreed_at",
            "locked_commit",
            "locked_at",
            "version",
        ]


class SideSerializer(serializers.Serializer[Any]):
    """For which side an agreement is given; left out when you speak for one side only."""

    side = serializers.ChoiceField(choices=["product", "team"], required=False)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why, in a sentence."""

    reason = serializers.CharField(required=False, allow_blank=True)
