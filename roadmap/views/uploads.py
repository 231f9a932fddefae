"""A board's files: choose one, look at what it would do, change how it is read, take it or discard it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from roadmap.boards import provider_get
from roadmap.boards.upload_mapping import PRESET_LABELS
from roadmap.models import Board, SyncRun, UploadDraft
from roadmap.services import upload_discard, upload_look, upload_open, upload_read_as, upload_take
from roadmap.upload_forms import UploadFileForm, UploadReadingForm
from roadmap.views.access import board_get_or_404, boards_change_required, product_of
from teams.models import Product, User
from teams.permissions import archived_refuse


@login_required
@require_http_methods(["GET", "POST"])
def board_upload(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """Step 1: choose a file. Nothing is taken from it yet."""
    owner, stored, user = _upload_board(request, product, board)
    form = UploadFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = UploadFileForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            draft = form_save(
                form,
                lambda: upload_open(
                    board=stored,
                    actor=user,
                    name=file.name or "file",
                    content=file.read(),
                    now=timezone.now(),
                ),
            )
            if draft is not None:
                return redirect("roadmap:board-upload-preview", owner.slug, stored.pk)
    waiting = UploadDraft.objects.filter(board=stored, actor=user).defer("content").first()
    context = {"product": owner, "board": stored, "form": form, "waiting": waiting}
    return render_page(request, "roadmap/board_upload.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def board_upload_preview(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """Step 2: the first rows, the matching and what taking the file would do (POST: read it otherwise)."""
    owner, stored, user = _upload_board(request, product, board)
    draft = UploadDraft.objects.filter(board=stored, actor=user).first()
    if draft is None:
        if request.method == "POST":
            messages.error(request, "This file was taken or discarded already. Choose it again.")
        return redirect("roadmap:board-upload", owner.slug, stored.pk)
    draft.board = stored
    look = upload_look(draft=draft)
    form = UploadReadingForm(request.POST or None, options=draft.options, preview=look.preview)
    if request.method == "POST" and form.is_valid():
        preset = request.POST.get("preset", "")
        upload_read_as(
            draft=draft,
            reading=form.cleaned_data,
            mapping=form.mapping(),
            complete=form.cleaned_data["complete"],
            preset=preset if preset == "guess" or preset in PRESET_LABELS else "",
        )
        return redirect("roadmap:board-upload-preview", owner.slug, stored.pk)
    context = {
        "product": owner,
        "board": stored,
        "draft": draft,
        "look": look,
        "form": form,
        "presets": list(PRESET_LABELS.items()),
        "complete": bool(draft.options.get("complete")),
    }
    return render_page(request, "roadmap/board_upload_preview.html", context, status=form_status(form))


@login_required
@require_POST
def board_upload_take(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """Step 3: takes the file that was looked at."""
    owner, stored, user = _upload_board(request, product, board)
    draft = UploadDraft.objects.filter(board=stored, actor=user).first()
    if draft is None:
        messages.error(request, "This file was taken or discarded already. Choose it again.")
        return redirect("roadmap:board-upload", owner.slug, stored.pk)
    draft.board = stored
    try:
        run = upload_take(draft=draft, actor=user, now=timezone.now())
    except ApplicationError as error:
        messages.error(request, error.message)
        kept = UploadDraft.objects.filter(pk=draft.pk).exists()
        return redirect("roadmap:board-upload-preview", owner.slug, stored.pk) if kept else redirect(stored)
    if run.state == SyncRun.State.FAILED:
        messages.error(request, run.error)
    else:
        messages.success(request, "File taken")
    return redirect(stored)


@login_required
@require_POST
def board_upload_discard(request: HttpRequest, product: str, board: int) -> HttpResponse:
    """Forgets the file."""
    owner, stored, user = _upload_board(request, product, board)
    draft = UploadDraft.objects.filter(board=stored, actor=user).defer("content").first()
    if draft is not None:
        upload_discard(draft=draft)
        messages.success(request, "The file is discarded")
    return redirect("roadmap:board-upload", owner.slug, stored.pk)


def _upload_board(request: HttpRequest, product: str, board: int) -> tuple[Product, Board, User]:
    """The board and who may fill it; Http404 for a board that is read from its tool."""
    owner = product_of(request, product)
    stored = board_get_or_404(request, owner, board)
    user = boards_change_required(request, owner, stored.team)
    archived_refuse(stored)
    if not provider_get(stored.connection.kind).is_upload:
        raise Http404("This board is read from its tool; it takes no files.")
    return owner, stored, user
