"""Goals: list, page, new, edit, versions, history, export."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from common.audit import audit_list
from common.forms import form_save, form_status
from common.pages import is_fragment_request, render_page
from metrics.calculations.tables import csv_write
from metrics.selectors import MarkedEvent, events_marked, events_of_metrics
from strategy.charts import PERIODS, chart_span, goal_figure, goal_key, since_of
from strategy.content import GoalContent, content_of
from strategy.forms import MORE_ROWS, GoalEditForm, GoalForm, targets_formset
from strategy.guards import goal_challenge
from strategy.models import Goal, GoalVersion
from strategy.selectors import (
    GoalPage,
    goal_find_or_404,
    goal_page,
    goal_results,
    goal_rows,
    version_differences,
)
from strategy.selectors.filters import GoalFilter
from strategy.selectors.insights import insights_for_goal
from strategy.selectors.results import CSV_COLUMNS, results_csv_rows
from strategy.selectors.reviews import broken_beliefs
from strategy.services import goal_create, goal_version_create
from strategy.views.access import Visit, visit
from teams.permissions import can_participate, can_write_strategy, is_admin


@login_required
@require_GET
def goal_list(request: HttpRequest, product: str) -> HttpResponse:
    """The product's goals with filters that live in the address; retired ones on request."""
    at = visit(request, product)
    wanted = GoalFilter.of(request.GET)
    rows = goal_rows(product=at.product, today=at.today, states=wanted.states)
    context = {
        "product": at.product,
        "rows": wanted.apply(rows),
        "total": len(rows),
        "filter": wanted.choices(rows),
        "is_fragment": is_fragment_request(request),
        "may_write": can_write_strategy(at.user, at.product),
        "quarter": at.organisation.calendar.quarter_of(at.today),
    }
    return render_page(
        request, "strategy/goal_list.html", context, partial="strategy/partials/_goal_list.html"
    )


@login_required
@require_GET
def goal_detail(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """Will this goal be met, and is its bet holding?"""
    at = visit(request, product)
    found = goal_find_or_404(user=at.user, product=at.product, slug=goal)
    page = goal_page(goal=found, today=at.today)
    period = request.GET.get("period", "")
    period = period if period in dict(PERIODS) else "2y"
    since = since_of(period, at.today)
    events = _events(page, since)
    may_write = can_write_strategy(at.user, at.product)
    context = {
        "product": at.product,
        "goal": found,
        "page": page,
        "row": page.row,
        "figure": goal_figure(page, since=since, events=events),
        "events": events,
        "broken": broken_beliefs(beliefs=[row.mapping for row in page.beliefs]),
        "insights": insights_for_goal(goal=found, today=at.today),
        "may_add": may_write or can_participate(at.user, at.product),
        "chart_key": goal_key(page),
        "period": period,
        "periods": PERIODS,
        "challenge": goal_challenge(found, now=at.now),
        "may_write": may_write,
        "is_admin": is_admin(at.user),
        "history": audit_list(found, limit=10),
    }
    return render_page(request, "strategy/goal_detail.html", context)


def _events(page: GoalPage, since: date | None) -> list[MarkedEvent]:
    """The events on the goal's chart."""
    first, last = chart_span(page, since)
    found = events_of_metrics(
        product=page.goal.product, metrics=[page.goal.current.metric], start=first.start, end=last.end
    )
    return events_marked(found)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def goal_new(request: HttpRequest, product: str) -> HttpResponse:
    """A new goal, as a draft."""
    at = visit(request, product, write=True)
    calendar = at.organisation.calendar
    first = calendar.quarter_of(at.today)
    more = MORE_ROWS if "add_quarters" in request.POST else 0
    data = request.POST or None
    form = GoalForm(
        data if not more else None, product=at.product, initial=_kept(request, more) or {"owner": at.user.pk}
    )
    targets = targets_formset(calendar=calendar, first=first, content=None, data=data, more=more)
    if data is not None and not more and form.is_valid() and targets.is_valid():
        values = form.cleaned_data
        contents = [row.content() for row in targets]
        made = form_save(
            form,
            lambda: goal_create(product=at.product, targets=contents, actor=at.user, now=at.now, **values),
        )
        if made is not None:
            messages.success(request, "Goal saved as a draft")
            return redirect(made)
    context = {"product": at.product, "form": form, "targets": targets, "first": first}
    return render_page(request, "strategy/goal_form.html", context, status=_status(form, targets))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def goal_edit(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """Words hold at once, what is measured from the next quarter; both versions when somebody was quicker."""
    at = visit(request, product, write=True)
    found = at.goal(goal)
    calendar = at.organisation.calendar
    draft = found.state == Goal.State.DRAFT
    quarter = calendar.quarter_of(at.today)
    first = quarter if draft else quarter.next
    base = content_of(found.planned or found.current)
    more = MORE_ROWS if "add_quarters" in request.POST else 0
    data = request.POST or None
    initial = _kept(request, more) or _initial(base) | {"version": found.version}
    form = GoalEditForm(data if not more else None, product=at.product, owner_id=base.owner, initial=initial)
    targets = targets_formset(calendar=calendar, first=first, content=base, data=data, more=more)
    if data is not None and not more and form.is_valid() and targets.is_valid():
        values = dict(form.cleaned_data)
        expected, reason = values.pop("version"), values.pop("reason")
        changes = values | {"targets": [row.content() for row in targets]}
        saved = form_save(
            form,
            lambda: goal_version_create(
                goal=found,
                changes=changes,
                actor=at.user,
                reason=reason,
                now=at.now,
                expected_version=expected,
            ),
            stored=lambda current: _initial(content_of(_newest(current, at))),
        )
        if saved is not None:
            messages.success(request, _saved_words(saved, at, draft))
            return redirect(found)
    context = {
        "product": at.product,
        "goal": found,
        "form": form,
        "targets": targets,
        "first": first,
        "quarter": quarter,
        "draft": draft,
        "base": base,
    }
    return render_page(request, "strategy/goal_form.html", context, status=_status(form, targets))


def _newest(goal: Goal, at: Visit) -> GoalVersion:
    fresh = at.goal(goal.slug)
    return fresh.planned or fresh.current


def _saved_words(version: GoalVersion, at: Visit, draft: bool) -> str:
    if draft or version.effective_from <= at.today:
        return "Goal saved"
    label = at.organisation.calendar.quarter_of(version.effective_from).label
    return f"Goal saved. What is measured changes from {label}"


def _initial(content: GoalContent) -> dict[str, Any]:
    names = ("title", "bet", "owner", "metric", "direction", "baseline", "tolerance", "horizon")
    return {name: getattr(content, name) for name in names} | {"guardrails": sorted(content.guardrails)}


def _kept(request: HttpRequest, more: int) -> dict[str, Any]:
    """What was typed so far, when only rows are added."""
    if not more:
        return {}
    kept: dict[str, Any] = {
        key: value for key, value in request.POST.items() if not key.startswith("targets-")
    }
    return kept | {"guardrails": request.POST.getlist("guardrails")}


def _status(form: Any, targets: Any) -> int:
    return 422 if targets.is_bound and not targets.is_valid() else form_status(form)


@login_required
@require_GET
def goal_version(request: HttpRequest, product: str, goal: str, number: int) -> HttpResponse:
    """One version in full, and what it changed."""
    at = visit(request, product)
    found = at.goal(goal)
    versions = list(
        found.versions.select_related("owner", "metric", "author").prefetch_related("targets", "guardrails")
    )
    version = next((item for item in versions if item.number == number), None)
    if version is None:
        raise Http404("No such version.")
    before = next((item for item in versions if item.number == number - 1), None)
    calendar = at.organisation.calendar
    context = {
        "product": at.product,
        "goal": found,
        "version": version,
        "changes": version_differences(before, version, calendar=calendar) if before else [],
        "targets": [(calendar.quarter_of(row.quarter_start).label, row) for row in version.targets.all()],
        "numbers": [item.number for item in versions],
    }
    return render_page(request, "strategy/goal_version.html", context)


@login_required
@require_GET
def goal_history(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """Everything that was done to the goal."""
    at = visit(request, product)
    found = at.goal(goal)
    context = {"product": at.product, "goal": found, "history": audit_list(found, limit=500)}
    return render_page(request, "strategy/goal_history.html", context)


@login_required
@require_GET
def goal_results_csv(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """The goal's quarter results as a file."""
    at = visit(request, product)
    found = at.goal(goal)
    rows = results_csv_rows(goal_results(goal=found))
    response = HttpResponse(csv_write(CSV_COLUMNS, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.slug}-results.csv"'
    return response
