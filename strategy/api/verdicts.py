"""Verdicts on beliefs and the series they rest on, as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from strategy.models import MappingVerdict


class VerdictSerializer(serializers.ModelSerializer[MappingVerdict]):
    """What one run said. Lags and periods are in periods of `frequency`. `reason` tells why a belief is contradicted;
    `facts` has the table of lags, seasons and shifts taken out, and what was set aside."""

    wording = serializers.IntegerField(source="mapping_version.number", read_only=True)
    facts = serializers.JSONField(read_only=True)

    class Meta:
        model = MappingVerdict
        fields = [
            "id", "wording", "week", "revision", "tested_at", "stated", "verdict", "reason", "provisional",
            "arithmetic", "frequency", "window_start", "window_end", "periods", "rows_used", "lags", "lag",
            "plausible_lags", "p_value", "p_adjusted", "family", "association", "effect", "effect_low", "effect_high",
            "metric_logged", "goal_logged", "smallest_link", "minimum_detectable", "periods_to_settle", "settles_late",
            "facts", "method", "seed",
        ]  # fmt: skip
        read_only_fields = fields


class VerdictBriefSerializer(serializers.ModelSerializer[MappingVerdict]):
    """A verdict in short; all of it stands under the mapping's verdicts."""

    class Meta:
        model = MappingVerdict
        fields = [
            "id", "week", "verdict", "reason", "provisional", "arithmetic", "frequency", "periods", "lag", "window_end",
        ]  # fmt: skip
        read_only_fields = fields


class PeriodSerializer(serializers.Serializer[Any]):
    """One period of both series. A surprise is what is left beyond trend, season, shift and momentum, in logs where
    the side was logged. Empty: no value, or set aside for the reason given."""

    start = serializers.DateField()
    metric = serializers.FloatField(allow_null=True)
    goal = serializers.FloatField(allow_null=True)
    metric_surprise = serializers.FloatField(allow_null=True)
    goal_surprise = serializers.FloatField(allow_null=True)
    set_aside = serializers.CharField(allow_blank=True)


class AnalysedSeriesSerializer(serializers.Serializer[Any]):
    """Both series as one verdict compared them, oldest first."""

    verdict = serializers.IntegerField()
    week = serializers.DateField()
    frequency = serializers.CharField()
    metric_logged = serializers.BooleanField()
    goal_logged = serializers.BooleanField()
    periods = PeriodSerializer(many=True)
