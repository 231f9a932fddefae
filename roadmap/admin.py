"""The Django admin of boards and editions: for looking, and for asking a read. Credentials are shown nowhere."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin
from common.jobs import job_request
from roadmap.models import Board, BoardFile, Card, Column, Connection, Edition, SyncRun
from roadmap.services import edition_publish
from teams.models import Product
from teams.permissions import person_of


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "product", "last_ok_at", "last_error"]
    list_filter = ["kind", "product"]
    list_select_related = ["product"]
    search_fields = ["name", "last_error"]
    exclude = ["sealed"]


@admin.register(Board)
class BoardAdmin(ReadOnlyAdmin):
    list_display = ["name", "team", "connection", "last_synced_at", "failures", "last_error", "archived_at"]
    list_filter = ["connection__kind", "team__product"]
    list_select_related = ["team", "connection"]
    search_fields = ["name", "team__name", "last_error"]
    fields = [
        "connection", "team", "external_id", "name", "url", "settings", "next_sync_at", "last_synced_at",
        "last_complete_read_at", "failures", "last_error", "archived_at",
    ]  # fmt: skip
    actions = ["sync_now"]

    @admin.action(description="Sync now")
    def sync_now(self, request: HttpRequest, queryset: QuerySet[Board]) -> None:
        boards = [board for board in queryset if board.archived_at is None]
        for board in boards:
            job_request(kind="board_sync", subject=str(board.pk), requested_by=person_of(request))
        self.message_user(request, f"{len(boards)} boards are being read.", messages.SUCCESS)


@admin.register(Column)
class ColumnAdmin(ReadOnlyAdmin):
    list_display = ["name", "board", "position", "stage", "stage_origin", "is_active"]
    list_filter = ["stage", "is_active"]
    list_select_related = ["board"]
    search_fields = ["name", "board__name"]


@admin.register(Card)
class CardAdmin(ReadOnlyAdmin):
    list_display = ["key", "title", "board", "column", "metric", "blocked", "missing_since", "gone_at"]
    list_filter = ["blocked", "closed", "board__team"]
    list_select_related = ["board", "column", "metric"]
    search_fields = ["key", "title", "external_id"]
    fields = [
        "board", "identity", "external_id", "key", "title", "url", "column", "state_raw", "labels", "blocked",
        "closed", "stage_since", "missing_since", "gone_at", "metric", "metric_origin", "context",
    ]  # fmt: skip


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ["board", "state", "started_at", "finished_at", "cards_read", "requests_made", "error"]
    list_filter = ["state"]
    list_select_related = ["board"]
    search_fields = ["board__name", "error"]
    date_hierarchy = "started_at"


@admin.register(BoardFile)
class BoardFileAdmin(ReadOnlyAdmin):
    list_display = ["name", "board", "uploaded_by", "uploaded_at"]
    list_select_related = ["board", "uploaded_by"]
    exclude = ["content"]


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    list_display = ["product", "week", "revision", "cutoff_at", "published_at"]
    list_filter = ["product", "iso_year"]
    list_select_related = ["product"]
    actions = ["publish_now"]

    @admin.action(description="Publish this week's edition of these products")
    def publish_now(self, request: HttpRequest, queryset: QuerySet[Edition]) -> None:
        for product in Product.objects.filter(pk__in=queryset.values("product")):
            edition = edition_publish(product=product, now=timezone.now())
            self.message_user(
                request, f"{product}: {edition.week}, revision {edition.revision}.", messages.SUCCESS
            )
