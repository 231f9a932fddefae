"""All addresses. Each app brings its own; this file only mounts them."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path

from config import gallery, views, views_jobs, views_overview, views_sample

# Log in where allauth's rate limits hold. Rights follow from memberships, so groups are not shown; nor are
# allauth's own rows of addresses, which are not used.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
for model in (Group, EmailAddress, EmailConfirmation):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("settings/components/", gallery.components, name="components"),
    path("settings/jobs/", views_jobs.job_list, name="job-list"),
    path(
        "settings/jobs/messages/<int:message_id>/send/",
        views_jobs.message_send_again,
        name="job-message-send",
    ),
    path("settings/jobs/<str:kind>/", views_jobs.job_detail, name="job-detail"),
    path("settings/jobs/<str:kind>/run/", views_jobs.job_run_now, name="job-run"),
    path("settings/sample/", views_sample.sample_page, name="sample"),
    path("settings/sample/remove/", views_sample.sample_remove_view, name="sample-remove"),
    path("settings/sample/create/", views_sample.sample_create_view, name="sample-create"),
    path("accounts/", include("teams.account_urls")),
    path("api/", include("config.api")),
    path("", views.home, name="home"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("p/<slug:product>/", views_overview.overview, name="overview"),
    path("p/<slug:product>/changes/", views_overview.changes, name="product-changes"),
    path("p/<slug:product>/start/", views.product_start, name="product-start"),
    path("", include("teams.urls")),
    path("", include("metrics.urls")),
    path("", include("contest.urls")),
    path("", include("roadmap.urls")),
    path("", include("strategy.urls")),
]
