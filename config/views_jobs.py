"""Settings → Background jobs: for admins only."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from common.errors import ApplicationError
from common.health import parts
from common.jobs import JobKind, UnknownJobKindError, job_kind_get
from common.outbox import outbox_unsent
from common.pages import render_page
from config import jobs_overview
from teams.models import User
from teams.permissions import admin_required

PAGE = 50


def _kind_or_404(name: str) -> JobKind:
    try:
        return job_kind_get(name)
    except UnknownJobKindError:
        raise Http404("No such kind of job.") from None


def _person(request: HttpRequest) -> User:
    """Whoever asks; the admin check has seen that it is somebody."""
    return cast("User", request.user)


@login_required
@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """The last run of every kind, and messages that did not get out."""
    admin_required(request.user)
    now = timezone.now()
    kinds = jobs_overview.kind_lines(now=now)
    context = {
        "kinds": kinds,
        "failing": [line for line in kinds if line.last and line.last.run.state == "failed"],
        "is_busy": any(line.busy for line in kinds),
        "unwell": [part for part in parts(now) if not part.is_well],
        "unsent": list(outbox_unsent()[:PAGE]),
    }
    return render_page(request, "settings/jobs.html", context, partial="settings/partials/_jobs_table.html")


@login_required
@require_GET
def job_detail(request: HttpRequest, kind: str) -> HttpResponse:
    """The history of one kind."""
    admin_required(request.user)
    found = _kind_or_404(kind)
    page = Paginator(jobs_overview.run_list(kind=found.name), PAGE).get_page(request.GET.get("page"))
    context = {
        "kind": found,
        "page": page,
        "lines": jobs_overview.run_lines(found, list(page)),
        "is_busy": any(not run.is_over for run in page),
    }
    return render_page(request, "settings/job.html", context, partial="settings/partials/_runs_table.html")


@login_required
@require_POST
def job_run_now(request: HttpRequest, kind: str) -> HttpResponse:
    """Starts a kind by hand and returns to where the button was."""
    admin_required(request.user)
    found = _kind_or_404(kind)
    try:
        runs = jobs_overview.kind_run_now(kind=found, actor=_person(request), now=timezone.now())
    except ApplicationError as error:
        messages.warning(request, error.message)
    else:
        times = "" if len(runs) == 1 else f" ({len(runs)} runs)"
        messages.success(request, f"{found.title} started{times}")
    return redirect("job-list")


@login_required
@require_POST
def message_send_again(request: HttpRequest, message_id: int) -> HttpResponse:
    """Puts a message that did not get out back in the queue."""
    admin_required(request.user)
    message = get_object_or_404(outbox_unsent(), pk=message_id)
    jobs_overview.message_send_again(message=message, actor=_person(request), now=timezone.now())
    messages.success(request, "Message put back in the queue")
    return redirect("job-list")
