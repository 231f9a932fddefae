"""Metrics, imports and targets for organisation admins. Figures themselves have no row ids, so they stay out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.errors import ApplicationError
from metrics.models import (
    Event,
    ImportRun,
    Metric,
    MetricDefinition,
    ObservationRevision,
    Target,
    TargetOffer,
)
from metrics.services import import_take_back, rollup_rebuild
from teams.permissions import person_of


class ReadOnlyAdmin(admin.ModelAdmin):
    """Looked at only: these rows are written by services, and tell what happened."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DefinitionInline(admin.TabularInline):
    model = MetricDefinition
    extra = 0
    can_delete = False
    fields = ("number", "reason", "author", "created_at", "content")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Metric)
class MetricAdmin(ReadOnlyAdmin):
    """Changed on its page, where a defining change asks for its reason."""

    list_display = ("name", "key", "product", "kind", "frequency", "aggregation", "archived_at")
    list_filter = ("kind", "frequency", "product")
    search_fields = ("name", "key", "definition")
    list_select_related = ("product",)
    inlines = (DefinitionInline,)
    actions = ("rollup_again",)

    @admin.action(description="Sum the quarters of the chosen metrics afresh", permissions=["view"])
    def rollup_again(self, request: HttpRequest, queryset: QuerySet[Metric]) -> None:
        result = rollup_rebuild(metric_ids=list(queryset.values_list("pk", flat=True)))
        self.message_user(request, f"{result.metrics} metrics looked at, {result.mended} quarters mended.")


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "kind",
        "state",
        "product",
        "metric",
        "actor",
        "created",
        "changed",
        "created_at",
    )
    list_filter = ("kind", "state", "product")
    search_fields = ("name", "metric__key")
    list_select_related = ("product", "metric", "actor")
    exclude = ("written",)
    date_hierarchy = "created_at"
    actions = ("take_back",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        return super().get_queryset(request).defer("written")

    @admin.action(description="Take the chosen imports back", permissions=["view"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[ImportRun]) -> None:
        for run in queryset.order_by("-pk"):
            try:
                import_take_back(run=run, actor=person_of(request), now=timezone.now())
            except ApplicationError as error:
                self.message_user(request, f"{run}: {error.message}", messages.WARNING)


@admin.register(ObservationRevision)
class ObservationRevisionAdmin(ReadOnlyAdmin):
    list_display = ("metric", "date", "old_value", "new_value", "at", "run")
    search_fields = ("metric__key", "metric__name")
    list_select_related = ("metric", "run")
    date_hierarchy = "at"


class OfferInline(admin.TabularInline):
    model = TargetOffer
    extra = 0
    can_delete = False
    fields = ("created_at", "side", "author", "baseline", "commit", "stretch", "note")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Target)
class TargetAdmin(ReadOnlyAdmin):
    list_display = ("team", "metric", "quarter_start", "baseline", "commit", "stretch", "state", "locked_at")
    list_filter = ("state", "quarter_start", "team")
    search_fields = ("metric__name", "metric__key", "team__name")
    list_select_related = ("team", "metric")
    inlines = (OfferInline,)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Added and changed on its page, where the days are checked."""

    list_display = (
        "title", "product", "metric", "kind", "starts_on", "ends_on", "set_aside", "author", "removed_at",
    )  # fmt: skip
    list_filter = ("kind", "set_aside", "product")
    search_fields = ("title", "text", "metric__name", "metric__key")
    list_select_related = ("product", "metric", "author")
    date_hierarchy = "starts_on"
