"""Reviewing a belief: what is known of it, and what follows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from common.display.values import long_date
from common.forms import form_save, form_status
from common.pages import render_page
from strategy.calculations.reviews import says_why
from strategy.forms import MappingEditForm
from strategy.models import Mapping, MappingReview
from strategy.selectors.beliefs import belief_page
from strategy.selectors.insights import insights_for_mapping
from strategy.selectors.reviews import review_due
from strategy.selectors.stated import stated_from
from strategy.services.reviews import NEXT_REVIEW, mapping_keep, mapping_review_retire
from strategy.views.access import Visit, visit
from strategy.views.mappings import wording_initial
from strategy.voice_forms import ReviewForm

QUARTERS_SHOWN, INSIGHTS_SHOWN = 4, 6
Outcome = MappingReview.Outcome


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mapping_review(request: HttpRequest, product: str, mapping: int) -> HttpResponse:
    """Keep, adjust or retire a belief, beside what the data and people say of it."""
    at = visit(request, product, write=True)
    found = at.mapping(mapping)
    initial = {"version": found.version, "next_review_on": at.today + NEXT_REVIEW}
    form = ReviewForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if data["outcome"] == Outcome.ADJUST and says_why(data["reason"]):
            return _adjust_ask(request, at, found, data)
        review = form_save(form, lambda: _review(at, found, data), stored=lambda _current: {})
        if review is not None:
            messages.success(request, _said(review))
            return redirect(found)
        found = at.mapping(mapping)  # a refused write has read it afresh, without the goal's title
    return render_page(
        request, "strategy/mapping_review.html", _context(at, found, form), status=form_status(form)
    )


def _review(at: Visit, mapping: Mapping, data: dict[str, Any]) -> MappingReview:
    common: dict[str, Any] = {
        "mapping": mapping,
        "reason": data["reason"],
        "actor": at.user,
        "now": at.now,
        "expected_version": data["version"],
    }
    if data["outcome"] == Outcome.RETIRE:
        return mapping_review_retire(**common)
    # Also where an adjustment lacks its sentence: the service says so, and nothing is written.
    return mapping_keep(**common, next_review_on=data["next_review_on"])


def _adjust_ask(request: HttpRequest, at: Visit, mapping: Mapping, data: dict[str, Any]) -> HttpResponse:
    """The form of the wording, filled in and carrying the review's reason; saving it writes both."""
    initial = wording_initial(mapping) | {
        "version": data["version"],
        "reason": data["reason"],
        "review_on": at.today + NEXT_REVIEW,
    }
    form = MappingEditForm(product=at.product, owner_id=mapping.current.owner_id, initial=initial)
    context = {
        "product": at.product,
        "goal": mapping.goal,
        "mapping": mapping,
        "form": form,
        "has_metrics": True,
        "review": True,
        "action": reverse("strategy:mapping-edit", args=[at.product.slug, mapping.pk]) + "?review=1",
    }
    return render_page(request, "strategy/mapping_form.html", context)


def _context(at: Visit, mapping: Mapping, form: ReviewForm) -> dict[str, Any]:
    page = belief_page(mapping=mapping, today=at.today)
    insights = insights_for_mapping(mapping=mapping, today=at.today, shown=INSIGHTS_SHOWN)
    every = reverse("strategy:insight-list", args=[at.product.slug])
    more = insights.stances.total > INSIGHTS_SHOWN
    return {
        "product": at.product,
        "mapping": mapping,
        "form": form,
        "page": page,
        "quarters": page.quarters[:QUARTERS_SHOWN],
        "stated": stated_from(mapping.stated_verdict),
        "due": review_due(mapping=mapping, today=at.today),
        "insights": insights,
        "insights_more": f"All {insights.stances.total}",
        "insights_url": f"{every}?mapping={mapping.pk}" if more else "",
        "explanations": list(mapping.explanations.standing().select_related("author")),
        "reviews": list(mapping.reviews.select_related("author", "verdict")[:5]),
    }


def _said(review: MappingReview) -> str:
    if review.outcome == Outcome.RETIRE:
        return "Reviewed: the belief is retired"
    return f"Reviewed: the belief is kept, next review on {long_date(review.next_review_on)}"
