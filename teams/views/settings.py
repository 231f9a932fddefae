"""The organisation's rules and its audit trail, for admins."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dates import MONTHS
from django.views.decorators.http import require_GET, require_http_methods

from common.audit import audit_list
from common.forms import form_save, form_status
from common.pages import render_page
from teams.forms import ActivityForm, FiscalYearForm, OrganisationForm
from teams.permissions import admin_required, person_of
from teams.selectors import activity_kinds, activity_list, organisation_get
from teams.services.organisation import (
    EDITABLE,
    fiscal_year_plan,
    fiscal_year_start_next,
    organisation_update,
)


@login_required
@require_http_methods(["GET", "POST"])
def organisation_settings(request: HttpRequest) -> HttpResponse:
    """Name, zone and the rules by which Bearing decides."""
    admin_required(request.user)
    organisation = organisation_get()
    initial = {name: getattr(organisation, name) for name in EDITABLE} | {"version": organisation.version}
    form = OrganisationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        version = values.pop("version")
        saved = form_save(
            form,
            lambda: organisation_update(actor=person_of(request), expected_version=version, values=values),
        )
        if saved is not None:
            messages.success(request, "Settings saved")
            return redirect("teams:settings")
    context = {
        "form": form,
        "organisation": organisation,
        "month": MONTHS[organisation.fiscal_year_start],
        "next_month": MONTHS.get(organisation.fiscal_year_start_next or 0, ""),
        "quarter": organisation.calendar.quarter_of(organisation.today(timezone.now())),
        "history": list(audit_list(organisation, limit=30)),
    }
    return render_page(request, "teams/settings.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def fiscal_year(request: HttpRequest) -> HttpResponse:
    """Plans when the fiscal year starts, from the first day of a future one."""
    admin_required(request.user)
    organisation, now = organisation_get(), timezone.now()
    month = organisation.fiscal_year_start_next or organisation.fiscal_year_start
    form = FiscalYearForm(request.POST or None, initial={"month": month, "version": organisation.version})
    if request.method == "POST" and form.is_valid():
        actor, data = person_of(request), form.cleaned_data
        saved = form_save(
            form,
            lambda: fiscal_year_plan(
                actor=actor, expected_version=data["version"], month=data["month"], now=now
            ),
            stored=lambda current: {"month": current.fiscal_year_start_next or current.fiscal_year_start},
        )
        if saved is not None:
            planned = saved.fiscal_year_start_from
            text = (
                f"The change holds from {planned:%-d %B %Y}" if planned else "The fiscal year stays as it is"
            )
            messages.success(request, text)
            return redirect("teams:settings")
    today = organisation.today(now)
    starts = [(MONTHS[number], fiscal_year_start_next(number, today)) for number in range(1, 13)]
    context = {
        "form": form,
        "organisation": organisation,
        "month": MONTHS[organisation.fiscal_year_start],
        "starts": starts,
    }
    return render_page(request, "teams/fiscal_year.html", context, status=form_status(form))


@login_required
@require_GET
def activity(request: HttpRequest) -> HttpResponse:
    """Who changed what, when and why, with filters."""
    admin_required(request.user)
    form = ActivityForm(request.GET or None, kinds=activity_kinds())
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    events = activity_list(
        actor=chosen["actor"].pk if chosen.get("actor") else None,
        product=chosen["product"].pk if chosen.get("product") else None,
        kind=chosen.get("kind", ""),
        query=chosen.get("q", ""),
        since=chosen.get("since"),
        until=chosen.get("until"),
    )
    page = Paginator(events, 50).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "filtered": any(chosen.values())}
    return render_page(request, "teams/activity.html", context, status=form_status(form))
