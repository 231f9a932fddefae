"""Boards: the list, one board with its cards and reads, what its columns mean, and its files."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ApplicationError, ConflictError
from common.forms import form_save, form_status
from common.jobs import job_request
from common.models import JobRun
from common.pages import is_fragment_request, render_page
from roadmap.boards.stages import stage_propose
from roadmap.forms import ColumnsForm
from roadmap.models import Board, Card, Column, Stage, SyncRun
from roadmap.selectors.boards import (
    board_row,
    board_rows,
    column_rows,
    columns_preview,
    connection_rows,
    run_changes,
    teams_without_board,
)
from roadmap.selectors.cutoffs import cutoff_next
from roadmap.services import (
    board_archive,
    board_closed_as,
    board_restore,
    columns_map,
)
from roadmap.views.access import board_get_or_404, boards_change_required, can_change_boards, product_of
from teams.models import User
from teams.permissions import archived_refuse, can_write_strategy

CARDS_A_PAGE = 100
RUNS_SHOWN = 10


@login_required
@require_GET
def board_list(request: HttpRequest, product: str) -> HttpResponse:
    """Every board with its state, and the connections behind them."""
    owner = product_of(request, product)
    now = timezone.now()
    context = {
        "product": owner,
        "boards": board_rows(product=owner, now=now),
        "archived": board_rows(product=owner, now=now, archived=True),
        "connections": connection_rows(product=owner),
        "without": teams_without_board(product=owner),
        "next_cutoff": cutoff_next(now=now),
        "may_change": can_write_strategy(request.user, owner),
    }
    return render_page(request, "roadmap/board_list.html", context)


@login_required
@require_GET
def board_detail(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """One board: can it be read, what is on it, what did the last reads find?"""
    owner = product_of(request, product)
    stored = board_get_or_404(request, owner, board)
    now = timezone.now()
    runs = list(SyncRun.objects.filter(board=stored)[:RUNS_SHOWN])
    row = board_row(board=stored, now=now)
    cards = (
        Card.objects.filter(board=stored)
        .present()
        .select_related("column", "metric")
        .order_by("column__position", "pk")
    )
    context: dict[str, Any] = {
        "product": owner,
        "row": row,
        "board": stored,
        "columns": column_rows(board=stored),
        "cards": Paginator(cards, CARDS_A_PAGE).get_page(request.GET.get("page")),
        "runs": runs,
        "changes": run_changes(run=runs[0]) if runs else [],
        "proposals": _proposals(stored) if row.unmatched else [],
        "stages": Stage.choices,
        "job": _job(stored, request.GET.get("run", "")),
        "may_change": can_change_boards(_user(request), owner, stored.team),
        "may_connect": can_write_strategy(request.user, owner),
        "next_cutoff": cutoff_next(now=now),
        "history": list(audit_list(stored, limit=20)),
    }
    return render_page(request, "roadmap/board_detail.html", context)


@login_required
@require_POST
def board_sync_now(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """Asks a worker to read the board; the page shows how far it is."""
    owner = product_of(request, product)
    stored = board_get_or_404(request, owner, board)
    user = boards_change_required(request, owner, stored.team)
    if stored.archived_at:
        messages.error(request, "Bring the board back first.")
        return redirect(stored)
    payload = {"accept_missing": True} if request.POST.get("accept_missing") else {}
    with transaction.atomic():
        run = _job_waiting(stored) or job_request(
            kind="board_sync", subject=str(stored.pk), requested_by=user, payload=payload
        )
    return redirect(f"{stored.get_absolute_url()}?run={run.pk}")


@login_required
@require_GET
def board_sync_progress(request: HttpRequest, product: str, board: int, run: int) -> HttpResponse:
    """The progress of a read; when it is over the page is loaded anew."""
    owner = product_of(request, product)
    stored = board_get_or_404(request, owner, board)
    job = get_object_or_404(JobRun, pk=run, kind="board_sync", subject=str(stored.pk))
    if not is_fragment_request(request):
        return redirect(f"{stored.get_absolute_url()}?run={job.pk}")
    response = render_page(
        request, "roadmap/partials/_sync_job.html", {"product": owner, "board": stored, "job": job}
    )
    if job.is_over:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def board_columns(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """What each column means, with what that does to the roadmap before it is saved."""
    owner = product_of(request, product)
    stored = board_get_or_404(request, owner, board)
    user = boards_change_required(request, owner, stored.team)
    archived_refuse(stored)
    rows = column_rows(board=stored)
    columns = [row.column for row in rows if row.column.is_active or row.cards]
    form = ColumnsForm(request.POST or None, board=stored, columns=columns)
    preview = _preview(stored, form)
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST or is_fragment_request(request):
            if is_fragment_request(request):
                return render_page(request, "roadmap/partials/_columns_preview.html", {"preview": preview})
        elif _columns_save(form, stored, user):
            messages.success(request, "Columns saved")
            return redirect(stored)
    counts = {row.column.pk: row.cards for row in rows}
    context = {
        "product": owner,
        "board": stored,
        "form": form,
        "fields": [(form[f"column-{column.pk}"], column, counts[column.pk]) for column in columns],
        "preview": preview,
    }
    return render_page(request, "roadmap/board_columns.html", context, status=form_status(form))


@login_required
@require_POST
def column_fix(request: HttpRequest, product: str, board: int, column: int) -> HttpResponse:
    """One click: gives one unmatched column its stage."""
    owner = product_of(request, product)
    stored = board_get_or_404(request, owner, board)
    user = boards_change_required(request, owner, stored.team)
    archived_refuse(stored)
    row = get_object_or_404(Column, pk=column, board=stored)
    try:
        columns_map(board=stored, stages={row.pk: request.POST.get("stage", "")}, actor=user)
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, f"{row} now counts as {Column.objects.get(pk=row.pk).get_stage_display() or 'no stage'}"
        )
    return redirect(stored)


@login_required
@require_http_methods(["GET", "POST"])
def board_archive_page(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """A page that says what archiving does, and does it."""
    owner = product_of(request, product)
    stored = board_get_or_404(request, owner, board)
    user = boards_change_required(request, owner, stored.team)
    if request.method == "POST":
        return _archive(request, stored, user, board_archive, f"{stored} archived")
    return render_page(request, "roadmap/board_archive.html", {"product": owner, "board": stored})


@login_required
@require_POST
def board_restore_now(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """Brings an archived board back."""
    owner = product_of(request, product)
    stored = board_get_or_404(request, owner, board)
    user = boards_change_required(request, owner, stored.team)
    return _archive(request, stored, user, board_restore, f"{stored} brought back")


def _archive(request: HttpRequest, board: Board, user: User, service: Any, words: str) -> HttpResponse:
    version = request.POST.get("version", "")
    try:
        service(
            board=board,
            actor=user,
            now=timezone.now(),
            expected_version=int(version) if version.isdecimal() else None,
        )
    except ConflictError:
        messages.error(request, "Somebody changed the board meanwhile. Look again, then repeat it.")
    else:
        messages.success(request, words)
    return redirect(board)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _job(board: Board, run: str) -> JobRun | None:
    """The read that the address names, or one that is under way."""
    if run.isdecimal():
        return JobRun.objects.filter(pk=int(run), kind="board_sync", subject=str(board.pk)).first()
    return _job_waiting(board)


def _job_waiting(board: Board) -> JobRun | None:
    states = [JobRun.State.WAITING, JobRun.State.RUNNING]
    return JobRun.objects.filter(kind="board_sync", subject=str(board.pk), state__in=states).first()


def _proposals(board: Board) -> list[tuple[Column, str]]:
    """Unmatched columns, each with the stage that its name suggests, "" for none."""
    columns = Column.objects.filter(board=board, is_active=True, stage="")
    return [(column, stage_propose(column.name) or "") for column in columns]


def _preview(board: Board, form: ColumnsForm) -> Any:
    """What the form as it stands would do."""
    if form.is_bound and form.is_valid():
        stages, closed_as = form.stages(), form.cleaned_data["closed_as"]
    else:
        stages = {column.pk: str(form.fields[f"column-{column.pk}"].initial or "") for column in form.columns}
        closed_as = board_closed_as(board)
    return columns_preview(board=board, stages=stages, closed_as=closed_as)


def _columns_save(form: ColumnsForm, board: Board, user: User) -> bool:
    def stored(current: Board) -> dict[str, Any]:
        stages = {f"column-{column.pk}": column.stage for column in current.columns.all()}
        return {**stages, "closed_as": board_closed_as(current)}

    saved = form_save(
        form,
        lambda: columns_map(
            board=board,
            stages=form.stages(),
            closed_as=form.cleaned_data["closed_as"],
            actor=user,
            expected_version=form.cleaned_data["version"],
        ),
        stored,
    )
    return saved is not None
