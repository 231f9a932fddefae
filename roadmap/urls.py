"""Addresses of the roadmap, its boards and cards, and the page of a team."""

from __future__ import annotations

from django.urls import path, register_converter

from roadmap.views import boards, cards, connections, editions, flow, teams, uploads

app_name = "roadmap"


class WeekConverter:
    """An ISO week such as 2026-W47."""

    regex = r"[0-9]{4}-W[0-9]{2}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(WeekConverter, "week")
P = "p/<slug:product>/"
BOARD = P + "boards/<int:board>/"
CONNECTION = P + "boards/connections/<int:connection>/"

urlpatterns = [
    path(P + "roadmap/", editions.roadmap, name="roadmap"),
    path(P + "roadmap/collate/", editions.collate, name="collate"),
    path(P + "roadmap/collate/<int:run>/", editions.collation, name="collation"),
    path(P + "roadmap/<week:week>/", editions.edition_detail, name="edition-detail"),
    path(P + "roadmap/<week:week>/cards.csv", editions.edition_csv, name="edition-csv"),
    path(P + "roadmap/<week:week>/edition.json", editions.edition_json, name="edition-json"),
    path(P + "flow/", flow.product_flow, name="product-flow"),
    path(P + "flow/cards.csv", flow.product_flow_csv, name="product-flow-csv"),
    path(P + "teams/<slug:team>/flow/", flow.team_flow, name="team-flow"),
    path(P + "teams/<slug:team>/flow/cards.csv", flow.team_flow_csv, name="team-flow-csv"),
    path(P + "boards/", boards.board_list, name="board-list"),
    path(P + "boards/new/", connections.tool_choose, name="board-new"),
    path(P + "boards/new/<slug:kind>/", connections.connection_new, name="connection-new"),
    path(CONNECTION + "edit/", connections.connection_edit, name="connection-edit"),
    path(CONNECTION + "boards/", connections.connection_board_choose, name="connection-boards"),
    path(BOARD, boards.board_detail, name="board-detail"),
    path(BOARD + "sync/", boards.board_sync_now, name="board-sync"),
    path(BOARD + "sync/<int:run>/", boards.board_sync_progress, name="board-sync-progress"),
    path(BOARD + "columns/", boards.board_columns, name="board-columns"),
    path(BOARD + "columns/<int:column>/stage/", boards.column_fix, name="column-fix"),
    path(BOARD + "upload/", uploads.board_upload, name="board-upload"),
    path(BOARD + "upload/preview/", uploads.board_upload_preview, name="board-upload-preview"),
    path(BOARD + "upload/take/", uploads.board_upload_take, name="board-upload-take"),
    path(BOARD + "upload/discard/", uploads.board_upload_discard, name="board-upload-discard"),
    path(BOARD + "archive/", boards.board_archive_page, name="board-archive"),
    path(BOARD + "bring-back/", boards.board_restore_now, name="board-restore"),
    path(P + "cards/<int:card>/", cards.card_detail, name="card-detail"),
    path(P + "cards/<int:card>/edit/", cards.card_edit, name="card-edit"),
    path(P + "cards/<int:card>/tool-values/", cards.card_reset, name="card-reset"),
    path(P + "teams/<slug:team>/", teams.team_detail, name="team-detail"),
    path(P + "goals/<slug:goal>/work/", teams.goal_work_panel, name="goal-work"),
]
