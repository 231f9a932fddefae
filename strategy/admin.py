"""The Django admin of goals: search, read-only results, evaluate now."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.admin import ReadOnlyAdmin
from strategy.models import (
    Explanation,
    Forecast,
    Goal,
    GoalTarget,
    GoalVersion,
    Insight,
    Mapping,
    MappingReview,
    MappingVerdict,
    MappingVersion,
    QuarterResult,
)
from strategy.services import TestSummary, mappings_test, quarters_evaluate
from teams.models import Product
from teams.selectors import organisation_get


class ReadOnlyInline(admin.TabularInline):
    """Rows under another row, to look at."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class GoalVersionInline(ReadOnlyInline):
    model = GoalVersion
    fields = [
        "number",
        "effective_from",
        "title",
        "metric",
        "direction",
        "baseline",
        "origin",
        "author",
        "reason",
    ]


class GoalTargetInline(ReadOnlyInline):
    model = GoalTarget
    fields = ["quarter_start", "quarter_end", "value", "low", "high"]


class MappingVersionInline(ReadOnlyInline):
    model = MappingVersion
    fields = ["number", "effective_from", "belief", "direction", "lag_weeks", "strength", "owner", "reason"]


@admin.register(Goal)
class GoalAdmin(ReadOnlyAdmin):
    """Goals are written on their pages, so that every rule holds; here they are found and evaluated."""

    list_display = ["slug", "product", "state", "activated_at", "counting_from", "streak_from"]
    list_filter = ["state", "product"]
    list_select_related = ["product"]
    search_fields = ["slug", "versions__title", "product__name"]
    inlines = [GoalVersionInline]
    actions = ["evaluate_now"]

    @admin.action(description="Evaluate now")
    def evaluate_now(self, request: HttpRequest, queryset: QuerySet[Goal]) -> None:
        summary = quarters_evaluate(now=timezone.now(), goals=queryset)
        self.message_user(
            request,
            f"{summary.goals} goals evaluated: {summary.created} results added, {summary.updated} updated, "
            f"{summary.closed} quarters closed.",
            messages.SUCCESS,
        )


@admin.register(GoalVersion)
class GoalVersionAdmin(ReadOnlyAdmin):
    list_display = ["title", "goal", "number", "effective_from", "metric", "origin", "author"]
    list_filter = ["origin", "direction", "horizon"]
    list_select_related = ["goal", "metric", "author"]
    search_fields = ["title", "bet", "goal__slug"]
    inlines = [GoalTargetInline]


@admin.register(Mapping)
class MappingAdmin(ReadOnlyAdmin):
    list_display = ["metric", "goal", "active_from", "active_until"]
    list_filter = ["goal__product"]
    list_select_related = ["metric", "goal"]
    search_fields = ["metric__name", "metric__key", "goal__slug", "versions__belief"]
    inlines = [MappingVersionInline]
    actions = ["test_again"]

    @admin.action(description="Test the beliefs of these products again")
    def test_again(self, request: HttpRequest, queryset: QuerySet[Mapping]) -> None:
        """A further verdict of this week for every belief of the products: they share their chance of a false alarm."""
        products = Product.objects.active().filter(
            pk__in=queryset.order_by().values_list("goal__product_id", flat=True)
        )
        summary = TestSummary()
        for product in products:
            summary.add(mappings_test(now=timezone.now(), product=product, again=True))
        self.message_user(
            request,
            f"{summary.beliefs} beliefs tested: {summary.stated} verdicts stated, {summary.changed} of them changed.",
            messages.SUCCESS,
        )


@admin.register(QuarterResult)
class QuarterResultAdmin(ReadOnlyAdmin):
    """Every revision of every judgement. Corrections are made on the quarter's own page, with a reason."""

    list_display = [
        "goal", "quarter_start", "revision", "verdict", "actual", "target", "streak", "case", "provisional",
        "late_data", "correct",
    ]  # fmt: skip
    list_filter = ["verdict", "provisional", "late_data", "case", "goal__product"]
    list_select_related = ["goal__product"]
    search_fields = ["goal__slug", "reason"]
    date_hierarchy = "quarter_start"

    @admin.display(description="correct")
    def correct(self, result: QuarterResult) -> SafeString | str:
        """A link to the page on which an admin corrects the quarter."""
        if result.provisional or result.superseded_at is not None:
            return "–"
        slug = organisation_get().calendar.quarter_of(result.quarter_start).slug
        url = reverse("strategy:quarter-result", args=[result.goal.product.slug, result.goal.slug, slug])
        return format_html('<a href="{}">Correct</a>', url)


@admin.register(Forecast)
class ForecastAdmin(ReadOnlyAdmin):
    """Every forecast as it was made. Run again on the jobs page; scored by itself when its quarter has closed."""

    list_display = [
        "metric", "goal", "target", "quarter_start", "made_on", "chance", "lack", "is_current", "outcome", "hit",
        "brier", "in_record",
    ]  # fmt: skip
    list_filter = ["is_current", "in_record", "lack", "frequency", "product"]
    list_select_related = ["metric", "goal", "target__team", "target__metric"]
    search_fields = ["metric__name", "metric__key", "goal__slug"]
    date_hierarchy = "made_on"


@admin.register(MappingVerdict)
class MappingVerdictAdmin(ReadOnlyAdmin):
    """Every verdict as it was given. Nothing is overwritten: a mapping's action adds one to this week."""

    list_display = [
        "mapping", "week", "revision", "stated", "verdict", "reason", "provisional", "arithmetic", "periods", "lag",
        "p_adjusted", "family", "method",
    ]  # fmt: skip
    list_filter = ["stated", "verdict", "reason", "provisional", "frequency", "mapping__goal__product"]
    list_select_related = ["mapping__metric", "mapping__goal"]
    search_fields = ["mapping__metric__name", "mapping__metric__key", "mapping__goal__slug"]
    date_hierarchy = "week"
    exclude = ["series"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MappingVerdict]:
        """Without both series, which no list shows and which are larger than all else."""
        return super().get_queryset(request).defer("series", "facts")


@admin.register(Explanation)
class ExplanationAdmin(ReadOnlyAdmin):
    """Added and changed beside the belief that they are about."""

    list_display = ["title", "mapping", "happened_on", "event", "author", "removed_at"]
    list_filter = ["mapping__goal__product"]
    list_select_related = ["mapping__metric", "mapping__goal", "event", "author"]
    search_fields = ["title", "text", "mapping__metric__name"]


@admin.register(Insight)
class InsightAdmin(ReadOnlyAdmin):
    """Added and changed on their pages."""

    list_display = ["__str__", "product", "stance", "source", "dated", "author", "removed_at"]
    list_filter = ["stance", "is_quote", "product"]
    list_select_related = ["product", "author"]
    search_fields = ["text", "source", "segment"]
    date_hierarchy = "dated"


@admin.register(MappingReview)
class MappingReviewAdmin(ReadOnlyAdmin):
    """Every review with the verdict that it looked at. Written once, never changed."""

    list_display = ["mapping", "outcome", "verdict_then", "next_review_on", "author", "created_at"]
    list_filter = ["outcome", "mapping__goal__product"]
    list_select_related = ["mapping__metric", "mapping__goal", "verdict", "author"]
    search_fields = ["reason", "mapping__metric__name"]
    date_hierarchy = "created_at"

    @admin.display(description="verdict then")
    def verdict_then(self, review: MappingReview) -> str:
        """The verdict in a word."""
        return review.verdict.get_verdict_display() if review.verdict is not None else "Untested"
