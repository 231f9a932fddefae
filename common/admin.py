"""The Django admin of the platform's rows, and the base of admin classes that only show."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.models import AuditEvent, Heartbeat, JobRun, OutboxMessage, SlugRedirect
from common.outbox import outbox_send_again

admin.site.site_header = "Bearing administration"
admin.site.site_title = "Bearing"
admin.site.index_title = "Rows behind the pages"


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows without letting anybody change them; `actions` may call services."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


def _json(value: Any) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what. What is confidential yet is on its own page alone, for admins too."""

    list_display = ["at", "actor", "service", "action", "subject_label", "subject"]
    list_filter = ["action", "service"]
    list_select_related = ["actor"]
    search_fields = ["action", "subject", "subject_label", "reason", "actor__email"]
    date_hierarchy = "at"
    fields = [
        "at",
        "actor",
        "service",
        "action",
        "subject",
        "subject_label",
        "before_json",
        "after_json",
        "reason",
    ]
    readonly_fields = ["before_json", "after_json"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return super().get_queryset(request).filter(confidential=False)

    @admin.display(description="before")
    def before_json(self, event: AuditEvent) -> SafeString:
        return _json(event.before)

    @admin.display(description="after")
    def after_json(self, event: AuditEvent) -> SafeString:
        return _json(event.after)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = [
        "kind",
        "subject",
        "period",
        "state",
        "attempts",
        "due_at",
        "started_at",
        "finished_at",
        "error",
    ]
    list_filter = ["state", "kind"]
    search_fields = ["kind", "subject", "period", "error"]
    date_hierarchy = "created_at"


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Who was told what about, and whether it got out. The words of a message stay out: they may hold a link."""

    list_display = ["kind", "subject", "recipients", "state", "attempts", "due_at", "sent_at", "error"]
    list_filter = ["state", "kind"]
    search_fields = ["dedupe_key", "error"]
    exclude = ["payload"]
    actions = ["send_again"]

    @admin.display(description="subject")
    def subject(self, message: OutboxMessage) -> str:
        return str(message.payload.get("subject", ""))

    @admin.display(description="to")
    def recipients(self, message: OutboxMessage) -> str:
        return ", ".join(message.payload.get("to", []))

    @admin.action(description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        for message in queryset:
            outbox_send_again(message=message, now=timezone.now())
        self.message_user(request, "They are back in the queue.", messages.SUCCESS)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ["name", "at"]


@admin.register(SlugRedirect)
class SlugRedirectAdmin(ReadOnlyAdmin):
    list_display = ["kind", "scope", "slug", "object_id"]
    list_filter = ["kind"]
    search_fields = ["slug"]
