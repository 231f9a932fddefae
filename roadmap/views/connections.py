"""Connecting a board: choose the tool, prove the credentials, choose the board and its team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from common.audit import audit_list
from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.jobs import job_request
from common.pages import is_fragment_request, render_page
from roadmap.boards import BoardProvider, provider_choices, provider_get
from roadmap.boards.base import BoardData
from roadmap.forms import BoardChooseForm, BoardNameForm, ConnectionEditForm, ConnectionNameForm
from roadmap.models import Board, Connection
from roadmap.selectors.boards import provider_of, teams_without_board, tool_of
from roadmap.services import (
    ConnectionValuesError,
    board_create,
    connection_boards,
    connection_create,
    connection_try,
    connection_update,
)
from roadmap.views.access import boards_change_required, connection_get_or_404, product_of
from teams.models import User

TRY_RESULT = "roadmap/partials/_try_result.html"
SECRET_KEPT_HINT = "Stored and never shown. Leave it empty to keep it."  # noqa: S105 - a hint, no secret


@login_required
@require_GET
def tool_choose(request: HttpRequest, product: str) -> HttpResponse:
    """Step 1: which tool."""
    owner = product_of(request, product)
    boards_change_required(request, owner)
    tools = [tool_of(provider_get(kind)) for kind, _ in provider_choices()]
    stored = Connection.objects.filter(product=owner)
    context = {
        "product": owner,
        "tools": tools,
        "connections": [row for row in stored if provider_of(row.kind)],
    }
    return render_page(request, "roadmap/tool_choose.html", context)


@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def connection_new(request: HttpRequest, product: str, kind: str) -> HttpResponse:
    """Step 2: address and credentials, with a real call to try them."""
    owner = product_of(request, product)
    user = boards_change_required(request, owner)
    provider = _provider_or_404(kind)
    form = ConnectionNameForm(request.POST or None, initial={"name": provider.label})
    values = provider.settings_form(request.POST or None)
    tried: dict[str, Any] = {}
    if request.method == "POST" and "try" in request.POST:
        tried = _try(provider, values, None)
        if is_fragment_request(request):
            return render_page(request, TRY_RESULT, tried)
    elif request.method == "POST" and form.is_valid() and values.is_valid():
        made = _save(
            form,
            values,
            lambda: connection_create(
                product=owner,
                kind=kind,
                name=form.cleaned_data["name"],
                values=_given(request, values),
                actor=user,
            ),
        )
        if made is not None:
            return redirect("roadmap:connection-boards", owner.slug, made.pk)
    context = {
        "product": owner,
        "provider": tool_of(provider),
        "form": form,
        "values": values,
        "connection": None,
        **tried,
    }
    status = 200 if tried else max(form_status(form), form_status(values))
    return render_page(
        request, "roadmap/connection_form.html", context | {"tried": bool(tried)}, status=status
    )


@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def connection_edit(request: HttpRequest, product: str, connection: int) -> HttpResponse:
    """Change address, name or credentials; what is stored of these is never shown."""
    owner = product_of(request, product)
    user = boards_change_required(request, owner)
    stored = connection_get_or_404(request, owner, connection)
    provider = _provider_or_404(stored.kind)
    form = ConnectionEditForm(request.POST or None, initial={"name": stored.name, "version": stored.version})
    values = provider.settings_form(request.POST or None, initial=stored.settings)
    for name in provider.secret_fields if stored.sealed else ():
        values.fields[name].required = False
        values.fields[name].help_text = SECRET_KEPT_HINT
    tried: dict[str, Any] = {}
    if request.method == "POST" and "try" in request.POST:
        tried = _try(provider, values, stored)
        if is_fragment_request(request):
            return render_page(request, TRY_RESULT, tried)
    elif request.method == "POST" and form.is_valid() and values.is_valid():
        saved = _save(
            form,
            values,
            lambda: connection_update(
                connection=stored,
                name=form.cleaned_data["name"],
                values=_given(request, values),
                actor=user,
                expected_version=form.cleaned_data["version"],
            ),
        )
        if saved is not None:
            messages.success(request, "Connection saved")
            return redirect("roadmap:board-list", owner.slug)
    context = {
        "product": owner,
        "provider": tool_of(provider),
        "form": form,
        "values": values,
        "connection": stored,
        "history": list(audit_list(stored)),
        **tried,
    }
    status = 200 if tried else max(form_status(form), form_status(values))
    return render_page(
        request, "roadmap/connection_form.html", context | {"tried": bool(tried)}, status=status
    )


@login_required
@require_http_methods(["GET", "POST"])
def connection_board_choose(request: HttpRequest, product: str, connection: int) -> HttpResponse:
    """Step 3: which of the tool's boards, and whose it is."""
    owner = product_of(request, product)
    user = boards_change_required(request, owner)
    stored = connection_get_or_404(request, owner, connection)
    provider = _provider_or_404(stored.kind)
    boards, error = ([], "") if provider.is_upload else _boards(stored)
    teams = teams_without_board(product=owner)
    initial = {"team": teams[0].pk if len(teams) == 1 else None}
    form: BoardNameForm | BoardChooseForm = (
        BoardNameForm(request.POST or None, product=owner, initial=initial)
        if provider.is_upload
        else BoardChooseForm(request.POST or None, product=owner, boards=boards, initial=initial)
    )
    if request.method == "POST" and form.is_valid():
        board = form_save(form, lambda: _board_make(stored, form, user))
        if board is not None:
            return _first_read(request, board, user, is_upload=provider.is_upload)
    context = {
        "product": owner,
        "provider": tool_of(provider),
        "connection": stored,
        "form": form,
        "error": error,
    }
    return render_page(request, "roadmap/board_choose.html", context, status=form_status(form))


def _provider_or_404(kind: str) -> type[BoardProvider]:
    provider = provider_of(kind)
    if provider is None:
        raise Http404("No such tool.")
    return provider


def _given(request: HttpRequest, values: forms.Form) -> dict[str, Any]:
    """What was typed, for the service, which cleans it again."""
    return {name: request.POST.get(values.add_prefix(name)) for name in values.fields}


def _save(form: forms.Form, values: forms.Form, save: Any) -> Connection | None:
    """Saves; a refusal of the tool's own fields goes to the form that shows them."""

    def guarded() -> Connection | None:
        try:
            saved: Connection = save()
        except ConnectionValuesError as error:
            for field, messages_ in error.errors.items():
                for message in messages_:
                    values.add_error(field if field in values.fields else None, message)
            return None
        return saved

    return form_save(form, guarded)


def _try(provider: type[BoardProvider], values: forms.Form, stored: Connection | None) -> dict[str, Any]:
    if not values.is_valid():
        return {"result": None, "error": "Fill in the fields that are marked, then try again."}
    given: Mapping[str, Any] = values.cleaned_data
    try:
        return {"result": connection_try(kind=provider.kind, values=given, connection=stored), "error": ""}
    except ApplicationError as error:
        return {"result": None, "error": error.message}


def _boards(stored: Connection) -> tuple[list[BoardData], str]:
    try:
        boards = connection_boards(connection=stored)
    except ApplicationError as error:
        return [], error.message
    return boards, "" if boards else "These credentials see no board. Give them access to one in the tool."


def _board_make(stored: Connection, form: BoardNameForm | BoardChooseForm, user: User) -> Board:
    team = form.cleaned_data["team"]
    if isinstance(form, BoardNameForm):
        name, external_id, url = form.cleaned_data["board_name"], "file", ""
    else:
        chosen = form.boards[form.cleaned_data["board"]]
        name, external_id, url = chosen.name, chosen.external_id, chosen.url
    return board_create(
        connection=stored,
        team=team,
        external_id=external_id,
        name=name,
        url=url,
        actor=user,
        now=timezone.now(),
    )


def _first_read(request: HttpRequest, board: Board, user: User, *, is_upload: bool) -> HttpResponse:
    slug = board.team.product.slug
    if is_upload:
        return redirect("roadmap:board-upload", slug, board.pk)
    run = job_request(kind="board_sync", subject=str(board.pk), requested_by=user)
    # The first read is on its way: the minute's look must not ask for another.
    Board.objects.filter(pk=board.pk).update(next_sync_at=None)
    messages.success(request, f"{board} connected")
    return redirect(f"{reverse('roadmap:board-detail', args=[slug, board.pk])}?run={run.pk}")
