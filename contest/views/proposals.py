"""Proposals: chosen by kind, written, edited, proposed, withdrawn."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.display.parts import BothVersions
from common.errors import ApplicationError, ConflictError
from common.pages import render_page
from contest.forms import ProposalForms
from contest.models import Proposal
from contest.selectors import proposal_get_or_404
from contest.selectors.facts import GoalToday, goal_today
from contest.selectors.page import authors_shown, contest_may, proposal_row
from contest.services import proposal_create, proposal_edit, proposal_submit, proposal_withdraw
from contest.services.messages import electors
from contest.services.proposals import WORDS
from contest.views.access import Visit, visit
from teams.models import User
from teams.permissions import participation_required
from teams.selectors import organisation_get

KINDS = [
    (
        Proposal.Kind.REVISE_TARGET,
        "goal",
        "Other targets for the coming quarters. The bet and the mappings stay.",
    ),
    (
        Proposal.Kind.CHANGE_MAPPINGS,
        "evidence",
        "Other beliefs: add, revise or retire mappings. The targets stay.",
    ),
    (Proposal.Kind.REPLACE_GOAL, "swap", "Another title, bet, metric and targets. The history stays."),
    (Proposal.Kind.RETIRE_GOAL, "archive", "The goal ends with this quarter and is judged no more."),
]


def _today(at: Visit) -> GoalToday:
    return goal_today(goal=at.contest.goal, today=at.today, calendar=organisation_get().calendar)


def _people(at: Visit) -> list[User]:
    """Who can be a co-author: the members but viewers, without the person writing."""
    return [person for person in electors(at.product, at.today) if person.pk != at.user.pk]


def _page(
    request: HttpRequest, at: Visit, forms: ProposalForms, *, status: int = 200, **extra: Any
) -> HttpResponse:
    context = {
        "product": at.product,
        "contest": at.contest,
        "forms": forms,
        "kind": Proposal.Kind(forms.kind),
        "metric": forms.change.today.version.metric,
        "today": forms.change.today,
        "proposal": None,
        "conflict": [],
        **extra,
    }
    return render_page(request, "contest/proposal_form.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def proposal_new(request: HttpRequest, product: str, contest_id: int) -> HttpResponse:
    """First what it changes, then the proposal itself."""
    at = visit(request, product, contest_id)
    participation_required(at.user, at.product)
    kind = request.POST.get("kind") or request.GET.get("kind") or ""
    if kind not in {choice for choice, _, _ in KINDS} or not at.contest.is_taking_proposals:
        context = {"product": at.product, "contest": at.contest, "kinds": KINDS}
        return render_page(request, "contest/proposal_kind.html", context)
    forms = ProposalForms(kind, _today(at), people=_people(at), data=request.POST or None)
    if request.method != "POST":
        return _page(request, at, forms)
    if forms.is_valid():
        draft = request.POST.get("as") == "draft"
        try:
            proposal = proposal_create(
                contest=at.contest, author=at.user, kind=kind, draft=draft, now=at.now, **forms.values()
            )
        except ApplicationError as error:
            forms.error_add(error)
        else:
            messages.success(request, "Draft saved" if draft else "Proposal made")
            return redirect(proposal)
    return _page(request, at, forms, status=422)


@login_required
@require_GET
def proposal_detail(request: HttpRequest, product: str, contest_id: int, proposal_id: int) -> HttpResponse:
    """One proposal beside the goal of today, with its reasons and expected outcomes."""
    at = visit(request, product, contest_id)
    proposal = proposal_get_or_404(user=at.user, contest=at.contest, proposal_id=proposal_id)
    return _detail(request, at, proposal)


def _detail(
    request: HttpRequest, at: Visit, proposal: Proposal, *, refused: str = "", status: int = 200
) -> HttpResponse:
    today = _today(at)
    row = proposal_row(proposal, contest=at.contest, user=at.user, today=today)
    shown = row.mine or authors_shown(at.contest)
    context = {
        "product": at.product,
        "contest": at.contest,
        "row": row,
        "today": today,
        "may": contest_may(contest=at.contest, user=at.user, now=at.now),
        "history": audit_list(proposal) if shown else [],
        "refused": refused,
    }
    return render_page(request, "contest/proposal_detail.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def proposal_edit_page(request: HttpRequest, product: str, contest_id: int, proposal_id: int) -> HttpResponse:
    """Its authors change a proposal; what somebody else saved meanwhile is shown beside theirs."""
    at, proposal = _own(request, product, contest_id, proposal_id)
    people = _people(at)
    forms = ProposalForms(
        proposal.kind, _today(at), people=people, data=request.POST or None, proposal=proposal
    )
    if request.method != "POST":
        return _page(request, at, forms, proposal=proposal)
    status, conflict = 422, []
    if forms.is_valid():
        try:
            saved = _save(request, at, proposal, forms)
        except ConflictError as error:
            status, conflict = 409, _both(forms, error.current, at)
            data = request.POST.copy()
            data["version"] = str(error.current.version)
            forms = ProposalForms(proposal.kind, _today(at), people=people, data=data, proposal=proposal)
        except ApplicationError as error:
            forms.error_add(error)
        else:
            messages.success(request, "Draft saved" if saved.is_draft else "Proposal saved")
            return redirect(saved)
    return _page(request, at, forms, status=status, proposal=proposal, conflict=conflict)


def _save(request: HttpRequest, at: Visit, proposal: Proposal, forms: ProposalForms) -> Proposal:
    """Saves what was typed and proposes it when asked, both or neither."""
    with transaction.atomic():
        saved = proposal_edit(
            proposal=proposal,
            actor=at.user,
            expected_version=forms.words.cleaned_data["version"],
            now=at.now,
            **forms.values(),
        )
        if request.POST.get("as") == "propose":
            saved = proposal_submit(proposal=saved, actor=at.user, expected_version=saved.version, now=at.now)
    return saved


def _both(forms: ProposalForms, stored: Proposal, at: Visit) -> list[BothVersions]:
    """The two texts field by field, and the two changes as their differences from today."""
    typed = forms.words.cleaned_data
    rows = [
        BothVersions(
            str(forms.words.fields[name].label), str(typed.get(name, "")), str(getattr(stored, name))
        )
        for name in WORDS
    ]
    stored.contest = at.contest
    mine = Proposal(contest=at.contest, kind=stored.kind, change=forms.change.change())
    today = forms.change.today
    words = [
        "; ".join(f"{row.label}: {row.before or '–'} → {row.after or '–'}" for row in today.difference(one))
        for one in (mine, stored)
    ]
    return [row for row in [*rows, BothVersions("What changes", *words)] if row.yours or row.theirs]


@login_required
@require_POST
def proposal_submit_action(
    request: HttpRequest, product: str, contest_id: int, proposal_id: int
) -> HttpResponse:
    """Proposes a draft, or a withdrawn proposal again; says what is missing."""
    at, proposal = _own(request, product, contest_id, proposal_id)
    try:
        proposal_submit(proposal=proposal, actor=at.user, expected_version=_version(request), now=at.now)
    except ApplicationError as error:
        proposal.refresh_from_db()
        return _detail(request, at, proposal, refused=error.message, status=422)
    messages.success(request, "Proposal made")
    return redirect(proposal)


@login_required
@require_POST
def proposal_withdraw_action(
    request: HttpRequest, product: str, contest_id: int, proposal_id: int
) -> HttpResponse:
    """Takes a proposal out of the contest; it can be proposed again."""
    at, proposal = _own(request, product, contest_id, proposal_id)
    try:
        proposal_withdraw(proposal=proposal, actor=at.user, expected_version=_version(request))
    except ApplicationError as error:
        proposal.refresh_from_db()
        return _detail(request, at, proposal, refused=error.message, status=422)
    messages.success(request, "Proposal withdrawn")
    return redirect(at.contest)


def _own(request: HttpRequest, product: str, contest_id: int, proposal_id: int) -> tuple[Visit, Proposal]:
    """A proposal that the person looking wrote; 404 for what they cannot see, 403 for others' and viewers."""
    at = visit(request, product, contest_id)
    participation_required(at.user, at.product)
    proposal = proposal_get_or_404(user=at.user, contest=at.contest, proposal_id=proposal_id)
    if not proposal.authors.filter(pk=at.user.pk).exists():
        raise PermissionDenied("Only its authors can change a proposal.")
    return at, proposal


def _version(request: HttpRequest) -> int | None:
    version = request.POST.get("version", "")
    return int(version) if version.isdigit() else None
