"""Forecasts and their track record over the API, to read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import BearingViewSet
from strategy.models import Forecast
from strategy.selectors.track_record import calibrations_shown, track_record
from teams.models import Product
from teams.selectors import organisation_get


class ForecastSerializer(serializers.ModelSerializer[Forecast]):
    """What was said on one day, and, once the quarter has closed, what came. `chance` is 0 to 1; `low` to `high` is
    the 80 % range. Without a chance `lack` says why. `pace` is where the straight line ends."""

    product = serializers.SlugField(source="product.slug", read_only=True)
    goal = serializers.IntegerField(source="goal_id", read_only=True, allow_null=True)
    target = serializers.IntegerField(source="target_id", read_only=True, allow_null=True)
    metric = serializers.CharField(source="metric.key", read_only=True)

    class Meta:
        model = Forecast
        fields = [
            "id", "product", "goal", "target", "metric", "quarter_start", "quarter_end", "made_on", "made_at",
            "is_current", "direction", "aim", "aim_low", "aim_high", "chance", "lack", "centre", "low", "high",
            "pace", "pace_hits", "kind", "frequency", "points", "periods_left", "calibration", "method", "seed",
            "outcome", "hit", "inside", "brier", "scored_at",
        ]  # fmt: skip
        read_only_fields = fields


class TallySerializer(serializers.Serializer[Any]):
    """Scored forecasts taken together. Shares and scores are 0 to 1, empty where there is nothing to divide by."""

    n = serializers.IntegerField()
    said = serializers.FloatField(allow_null=True)
    happened = serializers.FloatField(allow_null=True)
    brier = serializers.FloatField(allow_null=True)
    inside = serializers.FloatField(allow_null=True)
    brier_beside = serializers.FloatField(allow_null=True)
    brier_line = serializers.FloatField(allow_null=True)


class PartSerializer(serializers.Serializer[Any]):
    """One part of the record: chances from `low` to `high`, or so many weeks left."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the base class's label
    low = serializers.FloatField()
    high = serializers.FloatField()
    tally = TallySerializer()


class CalibrationSerializer(serializers.Serializer[Any]):
    """The constant that widens the ranges of one frequency."""

    frequency = serializers.CharField()
    value = serializers.FloatField()
    since = serializers.DateField(allow_null=True)
    is_fitted = serializers.BooleanField()


class TrackRecordSerializer(serializers.Serializer[Any]):
    """How often a product's forecasts came true, one a goal or team target and ISO week."""

    product = serializers.SlugField()
    total = TallySerializer()
    reliability = serializers.FloatField(allow_null=True)
    tenths = PartSerializer(many=True)
    horizons = PartSerializer(many=True)
    calibrations = CalibrationSerializer(many=True)


class ForecastFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="product__slug")
    goal = filters.NumberFilter(field_name="goal_id")
    target = filters.NumberFilter(field_name="target_id")
    metric = filters.CharFilter(field_name="metric__key")
    quarter = filters.CharFilter(method="of_quarter", label="A quarter like 2026-Q4.")
    current = filters.BooleanFilter(field_name="is_current")
    scored = filters.BooleanFilter(field_name="scored_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Forecast
        fields: ClassVar[list[str]] = []

    def of_quarter(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """The forecasts of the quarter named like 2026-Q4."""
        try:
            quarter = organisation_get().calendar.parse(value)
        except ValueError:
            raise serializers.ValidationError({"quarter": "Name the quarter like 2026-Q4."}) from None
        return rows.filter(quarter_start=quarter.start)


class ForecastViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """The chance that a goal or a team's target is reached at the end of its quarter, newest first."""

    queryset = (
        Forecast.objects.select_related("product", "metric").defer("inputs").order_by("-made_on", "-pk")
    )
    serializer_class = ForecastSerializer
    filterset_class = ForecastFilter
    required_scope = "goals"
    lookup_value_regex = "[0-9]+"


class TrackRecordViewSet(BearingViewSet):
    """How often the forecasts of a product came true, by the chance given and by the weeks left."""

    queryset = Product.objects.order_by("pk")
    serializer_class = TrackRecordSerializer
    required_scope = "goals"
    lookup_field = "slug"

    def retrieve(self, request: Request, slug: str) -> Response:
        """The record of one product."""
        product: Product = self.get_object()
        record = track_record(product=product)
        shown = {
            "product": product.slug,
            "total": record.total,
            "reliability": record.reliability,
            "tenths": record.tenths,
            "horizons": record.horizons,
            "calibrations": calibrations_shown(product=product),
        }
        return Response(TrackRecordSerializer(shown).data)
