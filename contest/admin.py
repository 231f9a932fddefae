"""Contests in the admin: read, search, and cancel for bad data on the contest's own page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contest.models import Contest, FollowUp, Proposal


class ReadOnly(admin.ModelAdmin):
    """Rows that only the services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Contest)
class ContestAdmin(ReadOnly):
    list_display = (
        "goal_title",
        "product",
        "phase",
        "outcome",
        "opened_at",
        "proposals_until",
        "data_changed",
        "page",
    )
    list_filter = ("phase", "outcome", "data_changed", "goal__product")
    search_fields = ("goal_version__title", "goal__slug", "decision_reason", "cancelled_reason")
    date_hierarchy = "opened_at"
    ordering = ("-opened_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("goal__product", "goal_version")

    @admin.display(description="goal", ordering="goal_version__title")
    def goal_title(self, contest: Contest) -> str:
        return contest.goal_version.title

    @admin.display(ordering="goal__product__name")
    def product(self, contest: Contest) -> str:
        return str(contest.goal.product)

    @admin.display(description="on its page")
    def page(self, contest: Contest) -> SafeString:
        """The contest's page, where an admin cancels it with a reason."""
        return format_html('<a href="{}">Open (cancel with a reason there)</a>', contest.get_absolute_url())


@admin.register(Proposal)
class ProposalAdmin(ReadOnly):
    list_display = ("title", "kind", "state", "contest_goal", "submitted_at")
    list_filter = ("kind", "state")
    search_fields = ("title", "why", "contest__goal_version__title")
    ordering = ("-id",)
    # Authors stay hidden until the decision, here too.
    exclude: ClassVar[list[str]] = ["authors"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Drafts are their authors' alone."""
        rows: QuerySet[Any] = super().get_queryset(request).select_related("contest__goal_version")
        return rows.exclude(submitted_at=None)

    @admin.display(description="goal")
    def contest_goal(self, proposal: Proposal) -> str:
        return proposal.contest.goal_version.title


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnly):
    list_display = ("contest", "number", "quarter_start", "due_on", "told_at")
    list_filter = ("number",)
