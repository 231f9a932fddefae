"""What is done to a goal: activate, retire, bring back, move, evaluate now, and an admin's acts on a quarter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.models import JobRun
from common.pages import render_page
from strategy.calculations.closing import closes_on
from strategy.forms import AddressForm, ReasonForm, ResultForm
from strategy.models import Goal, QuarterResult
from strategy.services import (
    evaluation_request,
    goal_activate,
    goal_bring_back,
    goal_exempt_quarter,
    goal_retire,
    goal_slug_change,
    quarter_result_correct,
)
from strategy.services.requests import KIND
from strategy.views.access import Visit, visit


@login_required
@require_POST
def goal_start(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """Makes a draft count."""
    at = visit(request, product, write=True)
    found = at.goal(goal)
    try:
        goal_activate(goal=found, actor=at.user, now=at.now)
        counting = at.organisation.calendar.quarter_of(found.counting_from or at.today).label
        messages.success(request, f"Goal activated. It counts from {counting}")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect(found)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def goal_put_away(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """Retires a goal after a page that says what that does."""
    at = visit(request, product, write=True)
    return _reasoned(request, at, at.goal(goal), goal_retire, "strategy/goal_retire.html", "Goal retired")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def goal_restore(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """Brings a retired goal back."""
    at = visit(request, product, write=True)
    return _reasoned(
        request, at, at.goal(goal), goal_bring_back, "strategy/goal_restore.html", "Goal brought back"
    )


def _reasoned(
    request: HttpRequest, at: Visit, goal: Goal, act: Callable[..., Goal], template: str, words: str
) -> HttpResponse:
    form = ReasonForm(request.POST or None, initial={"version": goal.version})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = form_save(
            form,
            lambda: act(
                goal=goal, actor=at.user, reason=data["reason"], now=at.now, expected_version=data["version"]
            ),
            stored=lambda _current: {},
        )
        if done is not None:
            messages.success(request, words)
            return redirect(goal)
    context = {"product": at.product, "goal": goal, "form": form}
    return render_page(request, template, context, status=form_status(form))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def goal_address(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """Moves a goal to another address."""
    at = visit(request, product, write=True)
    found = at.goal(goal)
    form = AddressForm(request.POST or None, initial={"slug": found.slug, "version": found.version})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        moved = form_save(
            form,
            lambda: goal_slug_change(
                goal=found, slug=data["slug"], actor=at.user, now=at.now, expected_version=data["version"]
            ),
        )
        if moved is not None:
            messages.success(request, "Address changed")
            return redirect(moved)
    context = {"product": at.product, "goal": found, "form": form}
    return render_page(request, "strategy/goal_address.html", context, status=form_status(form))


@login_required
@require_POST
def goals_evaluate(request: HttpRequest, product: str) -> HttpResponse:
    """Asks for an evaluation of the product's goals now."""
    at = visit(request, product, write=True)
    run = evaluation_request(product_id=at.product.pk, now=at.now, requested_by=at.user, settle=timedelta())
    assert run is not None
    return redirect(reverse("strategy:evaluation-run", args=[at.product.slug, run.pk]))


@login_required
@require_GET
def evaluation_run(request: HttpRequest, product: str, run: int) -> HttpResponse:
    """How an evaluation goes; polled until it is over."""
    at = visit(request, product)
    job = JobRun.objects.filter(kind=KIND, subject=str(at.product.pk), pk=run).first()
    if job is None:
        raise Http404("No such run.")
    context = {"product": at.product, "run": job}
    return render_page(
        request, "strategy/evaluation_run.html", context, partial="strategy/partials/_run.html"
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quarter_result(request: HttpRequest, product: str, goal: str, quarter: str) -> HttpResponse:
    """One quarter's result with all its revisions; an admin corrects or exempts it here, with a reason."""
    at = visit(request, product, admin=request.method == "POST")
    found = at.goal(goal)
    try:
        wanted = at.organisation.calendar.parse(quarter)
    except ValueError:
        raise Http404("No such quarter.") from None
    form = ResultForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        saved = form_save(form, lambda: _act(at, found, wanted, form))
        if saved is not None:
            messages.success(request, f"{wanted.label} is judged anew")
            return redirect("strategy:quarter-result", at.product.slug, found.slug, wanted.slug)
    revisions = found.results.filter(quarter_start=wanted.start).select_related(
        "goal_version__metric", "evaluated_by"
    )
    rows = list(revisions.order_by("-revision"))
    context = {
        "product": at.product,
        "goal": found,
        "quarter": wanted,
        "result": rows[0] if rows else None,
        "revisions": rows,
        "closes": closes_on(wanted.end, at.organisation.quarter_close_days),
        "form": form,
        "is_admin": at.user.is_superuser,
    }
    return render_page(request, "strategy/quarter_result.html", context, status=form_status(form))


def _act(at: Visit, goal: Goal, quarter: Any, form: forms.Form) -> QuarterResult:
    """Exempts the quarter or corrects its result."""
    data = form.cleaned_data
    if data["act"] == "exempt":
        return goal_exempt_quarter(
            goal=goal, quarter=quarter, actor=at.user, reason=data["reason"], now=at.now
        )
    result = goal.results.current().filter(quarter_start=quarter.start).first()
    if result is None:
        raise ApplicationError("This quarter has not been judged yet.")
    actual = data["actual"] if data["act"] == "actual" else None
    return quarter_result_correct(
        result=result, actor=at.user, reason=data["reason"], now=at.now, actual=actual
    )
