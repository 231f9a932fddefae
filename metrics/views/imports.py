"""Imports of a product: list, upload, the look before the commit, the result, taking back."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from metrics.calculations.tables import FileOptions
from metrics.forms import FileOptionsForm, UploadForm
from metrics.models import ImportRun, Metric
from metrics.permissions import can_import, can_take_back
from metrics.services import import_take_back
from metrics.services.imports import (
    import_commit,
    import_discard,
    import_errors_csv,
    import_look,
    import_open,
    size_words,
)
from teams.models import Product
from teams.permissions import archived_refuse, participation_required, person_of, product_get_or_404

PAGE_SIZE = 50
# What a multipart form adds around the file: boundaries, the other fields, the token.
FORM_OVERHEAD = 64 * 1024


@login_required
@require_GET
def import_list(request: HttpRequest, product: str) -> HttpResponse:
    """Where the product's figures came from, newest first."""
    found = product_get_or_404(request.user, product)
    runs = (
        ImportRun.objects.visible_to(request.user)
        .filter(product=found)
        .exclude(state=ImportRun.State.DISCARDED)
        .select_related("metric", "actor", "job")
        .defer("written", "errors", "options")
    )
    context = {
        "product": found,
        "page": Paginator(runs, PAGE_SIZE).get_page(request.GET.get("page")),
        "may_import": can_import(person_of(request), found),
    }
    return render_page(request, "metrics/import_list.html", context)


@csrf_exempt  # the check reads the body, so it comes after the size (below)
def import_new(request: HttpRequest, product: str) -> HttpResponse:
    """Refuses a body over the limit before reading it; everything else is `_import_new`."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if (
        request.method == "POST"
        and int(length if length.isdigit() else 0) > settings.IMPORT_MAX_BYTES + FORM_OVERHEAD
    ):
        return _too_large(request, product)
    answer: HttpResponse = _import_new(request, product)
    return answer


@login_required
def _too_large(request: HttpRequest, product: str) -> HttpResponse:
    found = product_get_or_404(request.user, product)
    participation_required(request.user, found)
    form = UploadForm(metrics=_plain_metrics(found))
    context = {"form": form, "product": found, "refused": size_words()}
    return render_page(request, "metrics/import_new.html", context, status=413)


@csrf_protect
@login_required
@require_http_methods(["GET", "POST"])
def _import_new(request: HttpRequest, product: str) -> HttpResponse:
    """Choose a file or paste rows."""
    found = product_get_or_404(request.user, product)
    participation_required(request.user, found)
    form = UploadForm(request.POST or None, request.FILES or None, metrics=_plain_metrics(found))
    if request.GET.get("metric") and not form.is_bound:
        form.initial["metric"] = _plain_metrics(found).filter(key=request.GET["metric"]).first()
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, metrics=_plain_metrics(found))
    if request.method == "POST" and form.is_valid():
        data, actor = form.cleaned_data, person_of(request)
        file = data["file"]
        content = file.read() if file else data["pasted"].encode()
        run = form_save(
            form,
            lambda: import_open(
                product=found,
                actor=actor,
                content=content,
                name=file.name if file else "Pasted rows",
                metric=data["metric"],
                now=timezone.now(),
            ),
        )
        if run is not None:
            return redirect("metrics:import-detail", product=found.slug, run=run.pk)
    context = {"form": form, "product": found, "refused": ""}
    return render_page(request, "metrics/import_new.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def import_detail(request: HttpRequest, product: str, run: int) -> HttpResponse:
    """The look before the commit (POST: read it otherwise), the progress, or the result."""
    found, one = _run_get_or_404(request, product, run)
    if one.state != ImportRun.State.PREVIEW:
        return _result(request, found, one)
    if one.actor_id != request.user.pk:
        raise Http404("A file that is not committed yet is only its sender's to see.")
    metrics = _plain_metrics(found)
    options = FileOptions.from_dict(one.options.get("file", {}))
    form = FileOptionsForm(request.POST or None, initial=FileOptionsForm.initial_of(options), metrics=metrics)
    if request.method == "POST" and form.is_valid():
        import_look(run=one, user=person_of(request), options=form.options(), now=timezone.now())
        return redirect("metrics:import-detail", product=found.slug, run=one.pk)
    context = {
        "product": found,
        "run": one,
        "form": form,
        "header": one.options.get("header", []),
        "head": one.options.get("head", []),
        "refused": one.options.get("refused", ""),
        "error_total": one.options.get("error_total", 0),
        "figures": one.created + one.changed + one.unchanged,
        "collapsed": one.options.get("collapsed", 0),
    }
    return render_page(request, "metrics/import_preview.html", context, status=form_status(form))


def _result(request: HttpRequest, product: Product, run: ImportRun) -> HttpResponse:
    undone = ImportRun.objects.filter(undo_of=run).defer("written").first()
    context = {
        "product": product,
        "run": run,
        "undone": undone,
        "left": run.options.get("left", []),
        "left_total": run.options.get("left_total", 0),
        "may_take_back": run.state == ImportRun.State.DONE
        and bool(run.created + run.changed + run.deleted)
        and can_take_back(person_of(request), run),
    }
    return render_page(request, "metrics/import_detail.html", context)


@login_required
@require_GET
def import_progress(request: HttpRequest, product: str, run: int) -> HttpResponse:
    """The progress of a long import alone; the whole result once it is over."""
    found, one = _run_get_or_404(request, product, run)
    context: dict[str, Any] = {"product": found, "run": one}
    response = (
        render_page(
            request, "metrics/import_detail.html", context, partial="metrics/partials/_import_progress.html"
        )
        if one.job is not None and not one.job.is_over and request.headers.get("HX-Request")
        else None
    )
    if response is not None:
        return response
    answer = redirect("metrics:import-detail", product=found.slug, run=one.pk)
    if request.headers.get("HX-Request"):
        refresh = HttpResponse(status=200)
        refresh["HX-Redirect"] = answer["Location"]
        return refresh
    return answer


@login_required
@require_GET
def import_errors(request: HttpRequest, product: str, run: int) -> HttpResponse:
    """Every error of a file as CSV."""
    _, one = _run_get_or_404(request, product, run)
    if one.state != ImportRun.State.PREVIEW or one.actor_id != request.user.pk:
        raise Http404("There are no errors to download.")
    content = import_errors_csv(run=one, user=person_of(request), now=timezone.now())
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{one.pk}-errors.csv"'
    return response


@login_required
@require_POST
def import_store(request: HttpRequest, product: str, run: int) -> HttpResponse:
    """Commits a file that was looked at."""
    found, one = _run_get_or_404(request, product, run)
    participation_required(request.user, found)
    if one.actor_id != request.user.pk:
        raise PermissionDenied("Only whoever chose the file commits it.")
    try:
        done = import_commit(run=one, actor=person_of(request), now=timezone.now())
        if done.state == ImportRun.State.DONE:
            messages.success(request, "The figures are imported")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("metrics:import-detail", product=found.slug, run=one.pk)


@login_required
@require_POST
def import_forget(request: HttpRequest, product: str, run: int) -> HttpResponse:
    """Discards a file that was looked at."""
    found, one = _run_get_or_404(request, product, run)
    if one.actor_id != request.user.pk:
        raise PermissionDenied("Only whoever chose the file discards it.")
    try:
        import_discard(run=one, now=timezone.now())
        messages.success(request, "The file is discarded")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("metrics:import-list", product=found.slug)


@login_required
@require_POST
def import_undo(request: HttpRequest, product: str, run: int) -> HttpResponse:
    """Takes an import back."""
    found, one = _run_get_or_404(request, product, run)
    archived_refuse(found)
    if not can_take_back(person_of(request), one):
        raise PermissionDenied("Only whoever brought the figures in, or a manager or lead, takes them back.")
    try:
        undo = import_take_back(run=one, actor=person_of(request), now=timezone.now())
        messages.success(request, "The import is taken back")
        return redirect("metrics:import-detail", product=found.slug, run=undo.pk)
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("metrics:import-detail", product=found.slug, run=one.pk)


def _run_get_or_404(request: HttpRequest, product: str, run: int) -> tuple[Product, ImportRun]:
    found = product_get_or_404(request.user, product)
    runs = ImportRun.objects.visible_to(request.user).filter(product=found)
    runs = runs.select_related("metric", "actor", "job", "undo_of", "product").defer(
        "written", "undo_of__written"
    )
    return found, get_object_or_404(runs, pk=run)


def _plain_metrics(product: Product) -> Any:
    """The metrics that can have figures."""
    return Metric.objects.of_product(product).active().filter(numerator=None).order_by("name")
