"""Addresses of metrics, imports and team targets."""

from __future__ import annotations

from django.urls import path

from metrics.views import events, imports, metrics, targets

app_name = "metrics"
METRICS, IMPORTS = "p/<slug:product>/metrics/", "p/<slug:product>/imports/"
EVENTS = "p/<slug:product>/events/"
TARGETS = "p/<slug:product>/teams/<slug:team>/targets/"

urlpatterns = [
    path(METRICS, metrics.metric_list, name="metric-list"),
    path(METRICS + "new/", metrics.metric_new, name="metric-new"),
    # every product's address may name the organisation's metrics; "-" stands for no product
    path(METRICS + "<slug:key>/", metrics.metric_detail, name="metric-detail"),
    path(METRICS + "<slug:key>/edit/", metrics.metric_edit, name="metric-edit"),
    path(METRICS + "<slug:key>/figures/", metrics.figure_record, name="figure-record"),
    path(METRICS + "<slug:key>/figures/delete/", metrics.figure_delete, name="figure-delete"),
    path(METRICS + "<slug:key>/archive/", metrics.metric_put_away, name="metric-archive"),
    path(METRICS + "<slug:key>/bring-back/", metrics.metric_bring_back, name="metric-restore"),
    path(METRICS + "<slug:key>/figures.csv", metrics.metric_export, name="metric-export"),
    path(IMPORTS, imports.import_list, name="import-list"),
    path(IMPORTS + "new/", imports.import_new, name="import-new"),
    path(IMPORTS + "<int:run>/", imports.import_detail, name="import-detail"),
    path(IMPORTS + "<int:run>/progress/", imports.import_progress, name="import-progress"),
    path(IMPORTS + "<int:run>/errors.csv", imports.import_errors, name="import-errors"),
    path(IMPORTS + "<int:run>/commit/", imports.import_store, name="import-commit"),
    path(IMPORTS + "<int:run>/discard/", imports.import_forget, name="import-discard"),
    path(IMPORTS + "<int:run>/take-back/", imports.import_undo, name="import-take-back"),
    path(EVENTS, events.event_list, name="event-list"),
    path(EVENTS + "new/", events.event_new, name="event-new"),
    path(EVENTS + "<int:event>/edit/", events.event_edit, name="event-edit"),
    path(EVENTS + "<int:event>/remove/", events.event_take_away, name="event-remove"),
    path(EVENTS + "<int:event>/bring-back/", events.event_bring_back, name="event-restore"),
    path(TARGETS, targets.target_list, name="target-list"),
    path(TARGETS + "new/", targets.target_new, name="target-new"),
    path(TARGETS + "carry-over/", targets.target_carry, name="target-carry"),
    path(TARGETS + "<int:target>/", targets.target_edit, name="target-edit"),
    path(TARGETS + "<int:target>/agree/", targets.target_accept, name="target-agree"),
    path(TARGETS + "<int:target>/withdraw/", targets.target_remove, name="target-withdraw"),
]
