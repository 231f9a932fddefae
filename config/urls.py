"""All addresses. Each app brings its own; this file only mounts them."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from config import gallery, views, views_jobs

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign] - allauth's rate limits hold

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
    path("accounts/", include("teams.account_urls")),
    path("api/", include("config.api")),
    path("", views.home, name="home"),
    path("p/<slug:product>/start/", views.product_start, name="product-start"),
    path("", include("teams.urls")),
    path("", include("contest.urls")),
]
