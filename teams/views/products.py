"""Products: list, new, edit, archive, bring back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.audit import audit_list
from common.errors import ApplicationError
from common.forms import form_save, form_status
from common.pages import render_page
from teams.forms import ProductEditForm, ProductForm
from teams.permissions import (
    admin_required,
    archived_refuse,
    bring_back_required,
    is_admin,
    manager_required,
    person_of,
    product_get_or_404,
    products_managed,
)
from teams.selectors import product_list
from teams.services.products import product_archive, product_create, product_restore, product_update


@login_required
@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """The products that one may see, archived ones apart."""
    in_use, archived = product_list(user=request.user), product_list(user=request.user, archived=True)
    context = {
        "products": in_use,
        "archived": archived,
        "managed": products_managed(request.user, [*in_use, *archived]),
        "may_create": is_admin(request.user),
    }
    return render_page(request, "teams/products.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def product_new(request: HttpRequest) -> HttpResponse:
    """A new product with its Product Team; whoever makes it is its product manager."""
    admin_required(request.user)
    form = ProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor, now = person_of(request), timezone.now()
        product = form_save(form, lambda: product_create(actor=actor, now=now, **form.cleaned_data))
        if product is not None:
            messages.success(request, f"{product} is made")
            return redirect("product-start", product=product.slug)
    return render_page(request, "teams/product_new.html", {"form": form}, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def product_edit(request: HttpRequest, product: str) -> HttpResponse:
    """Name and description, archive, and the product's history."""
    found = product_get_or_404(request.user, product)
    bring_back_required(request.user, found)
    if request.method == "POST":
        archived_refuse(found)
    initial = {"name": found.name, "description": found.description, "version": found.version}
    form = ProductEditForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actor, data = person_of(request), form.cleaned_data
        saved = form_save(
            form,
            lambda: product_update(
                actor=actor,
                product=found,
                expected_version=data["version"],
                name=data["name"],
                description=data["description"],
            ),
        )
        if saved is not None:
            messages.success(request, "Product saved")
            return redirect("teams:product-edit", product=saved.slug)
        found = product_get_or_404(request.user, product)
    context = {"form": form, "product": found, "history": list(audit_list(found, limit=50))}
    return render_page(request, "teams/product_edit.html", context, status=form_status(form))


@login_required
@require_POST
def product_put_away(request: HttpRequest, product: str) -> HttpResponse:
    """Archives the product; the answer offers to bring it back."""
    found = product_get_or_404(request.user, product)
    manager_required(request.user, found)
    try:
        product_archive(
            actor=person_of(request), product=found, expected_version=found.version, now=timezone.now()
        )
        undo = reverse("teams:product-restore", args=[found.slug])
        messages.success(request, f"{found} is archived", extra_tags=f"undo:{undo}")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("teams:product-list")


@login_required
@require_POST
def product_bring_back(request: HttpRequest, product: str) -> HttpResponse:
    """Takes an archived product into use again."""
    found = product_get_or_404(request.user, product)
    bring_back_required(request.user, found)
    try:
        product_restore(actor=person_of(request), product=found, expected_version=found.version)
        messages.success(request, f"{found} is back in use")
    except ApplicationError as error:
        messages.error(request, error.message)
    return redirect("teams:product-edit", product=found.slug)
