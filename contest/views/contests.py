"""The list of contests, one contest, its evidence, and what its managers do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from common.audit import audit_list
from common.errors import ApplicationError, ConflictError
from common.pages import render_page
from contest.forms import ReasonForm
from contest.models import Contest, Proposal
from contest.selectors import contest_lists, contest_page, contests_of_goal, proposal_get_or_404
from contest.selectors.facts import goal_today
from contest.selectors.pack import belief_rows
from contest.selectors.page import contest_may, proposal_row, proposal_rows
from contest.services import contest_cancel, contest_close_by_choice, contest_delay
from contest.views.access import Visit, visit
from strategy.selectors import goal_get_or_404
from teams.permissions import admin_required, archived_refuse, is_product_manager, product_get_or_404
from teams.selectors import organisation_get


@login_required
@require_GET
def contest_list(request: HttpRequest, product: str) -> HttpResponse:
    """Open and past contests of a product, with the rule that opens one."""
    found = product_get_or_404(request.user, product)
    lists = contest_lists(user=request.user, product=found, now=timezone.now())
    return render_page(
        request,
        "contest/contest_list.html",
        {"product": found, "lists": lists, "organisation": organisation_get()},
    )


@login_required
@require_GET
def contest_detail(request: HttpRequest, product: str, contest_id: int) -> HttpResponse:
    """Why it opened, what is proposed, who may act, what happens next."""
    at = visit(request, product, contest_id)
    page = contest_page(contest=at.contest, user=at.user, now=at.now)
    return render_page(
        request,
        "contest/contest_detail.html",
        {"product": at.product, "page": page, "contest": at.contest, "history": audit_list(at.contest)},
    )


@login_required
@require_GET
def contest_evidence(request: HttpRequest, product: str, contest_id: int) -> HttpResponse:
    """The frozen evidence pack in full."""
    at = visit(request, product, contest_id)
    page = contest_page(contest=at.contest, user=at.user, now=at.now)
    return render_page(
        request,
        "contest/contest_evidence.html",
        {
            "product": at.product,
            "page": page,
            "contest": at.contest,
            "pack": at.contest.evidence,
            "beliefs": belief_rows(at.contest),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contest_delay_page(request: HttpRequest, product: str, contest_id: int) -> HttpResponse:
    """A product manager delays the end of proposals, once."""
    at = visit(request, product, contest_id)
    archived_refuse(at.product)
    if not is_product_manager(at.user, at.product):
        raise PermissionDenied("Only a product manager can delay a contest.")
    return _reasoned(
        request, at, "contest/contest_delay.html", contest_delay, "Contest delayed by 14 days", {}
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contest_cancel_page(request: HttpRequest, product: str, contest_id: int) -> HttpResponse:
    """An admin cancels a contest that bad data opened."""
    at = visit(request, product, contest_id)
    admin_required(at.user)
    return _reasoned(request, at, "contest/contest_cancel.html", contest_cancel, "Contest cancelled", {})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contest_close(request: HttpRequest, product: str, contest_id: int) -> HttpResponse:
    """A product manager chooses an entry, sees its effect, and confirms with a reason."""
    at = visit(request, product, contest_id)
    archived_refuse(at.product)
    if not is_product_manager(at.user, at.product):
        raise PermissionDenied("Only a product manager can choose an entry.")
    organisation = organisation_get()
    today = goal_today(goal=at.contest.goal, today=at.today, calendar=organisation.calendar)
    chosen = request.POST.get("entry") or request.GET.get("entry") or ""
    if not chosen.isdigit():
        rows = proposal_rows(contest=at.contest, user=at.user, today=today)
        entries = [row for row in rows if row.proposal.state == Proposal.State.PROPOSED]
        context = {"product": at.product, "contest": at.contest, "entries": entries, "may": _may(at)}
        return render_page(request, "contest/contest_choose.html", context)
    entry = proposal_get_or_404(user=at.user, contest=at.contest, proposal_id=int(chosen))
    row = proposal_row(entry, contest=at.contest, user=at.user, today=today)

    def close(
        *, contest: Contest, actor: Any, reason: str, expected_version: int | None, now: Any
    ) -> Contest:
        return contest_close_by_choice(
            contest=contest,
            proposal=entry,
            actor=actor,
            reason=reason,
            expected_version=expected_version,
            now=now,
        )

    return _reasoned(
        request, at, "contest/contest_close.html", close, "Contest decided", {"row": row, "today": today}
    )


def _may(at: Visit) -> Any:
    return contest_may(contest=at.contest, user=at.user, now=at.now)


def _reasoned(
    request: HttpRequest,
    at: Visit,
    template: str,
    service: Callable[..., Contest],
    done: str,
    extra: dict[str, Any],
) -> HttpResponse:
    """A confirm page with a reason: shows the effect on GET, does it on POST."""
    status = 200
    form = ReasonForm(request.POST or None, initial={"version": at.contest.version})
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                service(
                    contest=at.contest,
                    actor=at.user,
                    reason=form.cleaned_data["reason"],
                    expected_version=form.cleaned_data["version"],
                    now=at.now,
                )
            except ConflictError as error:
                form = _form_again(form, error.current.version)
                form.add_error(
                    None, "The contest changed since you opened this page. Read it again, then confirm."
                )
                status = 409
            except ApplicationError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                messages.success(request, done)
                return redirect(at.contest)
    context = {"product": at.product, "contest": at.contest, "form": form, "may": _may(at), **extra}
    return render_page(request, template, context, status=status)


def _form_again(form: ReasonForm, version: int) -> ReasonForm:
    """The same words, based on the version as it stands now."""
    fresh = ReasonForm({"reason": form.cleaned_data["reason"], "version": version})
    fresh.is_valid()
    return fresh


@login_required
@require_GET
def goal_panel(request: HttpRequest, product: str, goal: str) -> HttpResponse:
    """The contests of one goal, as a part of the goal's page; a page of its own without htmx."""
    found = product_get_or_404(request.user, product)
    now = timezone.now()
    row = goal_get_or_404(user=request.user, product=found, slug=goal, today=organisation_get().today(now))
    rows = contests_of_goal(goal=row, now=now)
    context = {"product": found, "goal": row, "rows": rows, "organisation": organisation_get()}
    return render_page(
        request, "contest/goal_contests.html", context, partial="contest/partials/_goal_panel.html"
    )
