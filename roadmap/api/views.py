"""Boards, cards, reads and editions over the API; the writes are those of the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from common.api import BearingViewSet
from common.errors import PermanentError
from common.jobs import job_request
from roadmap.api.serializers import (
    BoardSerializer,
    CardSerializer,
    CardWriteSerializer,
    CheckSerializer,
    ColumnSerializer,
    EditionCardSerializer,
    EditionDetailSerializer,
    EditionSerializer,
    MoveSerializer,
    SyncAskedSerializer,
    SyncRunSerializer,
)
from roadmap.models import Board, Card, CardMove, Column, Edition, EditionCard, SyncRun
from roadmap.services import board_check, card_context_update
from teams.models import Team, User
from teams.permissions import archived_refuse, can_act_for_team, can_write_strategy

NUMBER = "[0-9]+"


def board_change_required(request: Request, team: Team) -> User:
    """Whoever asks, if they may change boards of the team; otherwise PermissionDenied."""
    user = request.user
    archived_refuse(team.product, team)
    if not isinstance(user, User) or not (
        can_write_strategy(user, team.product) or can_act_for_team(user, team)
    ):
        raise PermissionDenied(
            "Only the product's managers and leads, and the team's own members, can change this."
        )
    return user


class BoardFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="team__product__slug")
    team = filters.CharFilter(field_name="team__slug")
    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Board
        fields: ClassVar[list[str]] = []


class BoardViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """The boards of the products that you may see. Credentials are never shown; connect boards on the pages."""

    queryset = Board.objects.select_related("team__product", "connection").order_by("pk")
    serializer_class = BoardSerializer
    filterset_class = BoardFilter
    required_scope = "boards"
    lookup_value_regex = NUMBER

    @extend_schema(request=None, responses={200: CheckSerializer})
    @action(detail=True, methods=["post"], uses_etag=False)
    def check(self, request: Request, pk: str) -> Response:
        """Calls the tool once: does it answer, and does it show this board?"""
        board = self.get_object()
        board_change_required(request, board.team)
        result = board_check(board=board, now=timezone.now())
        return Response(CheckSerializer(result).data)

    @extend_schema(request=None, responses={202: SyncAskedSerializer})
    @action(detail=True, methods=["post"], uses_etag=False)
    def sync(self, request: Request, pk: str) -> Response:
        """Asks a worker to read the board. The answer names the job; its run is found under `sync-runs`."""
        board = self.get_object()
        user = board_change_required(request, board.team)
        if board.archived_at is not None:
            raise PermanentError("The board is archived. Bring it back first.")
        job = job_request(kind="board_sync", subject=str(board.pk), requested_by=user)
        url = f"{reverse('api:sync-run-list', request=request)}?job={job.pk}"
        return Response({"job": job.pk, "state": job.state, "runs": url}, status=status.HTTP_202_ACCEPTED)


class ColumnFilter(filters.FilterSet):
    board = filters.NumberFilter(field_name="board_id")

    class Meta:
        model = Column
        fields: ClassVar[list[str]] = ["stage", "is_active"]


class ColumnViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """Columns and the stages that they stand for."""

    queryset = Column.objects.select_related("board").order_by("board", "position", "pk")
    serializer_class = ColumnSerializer
    filterset_class = ColumnFilter
    required_scope = "boards"
    lookup_value_regex = NUMBER

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()
        return self.queryset.filter(board__in=Board.objects.visible_to(self.request.user))


class CardFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="board__team__product__slug")
    team = filters.CharFilter(field_name="board__team__slug")
    board = filters.NumberFilter(field_name="board_id")
    metric = filters.CharFilter(field_name="metric__key")
    linked = filters.BooleanFilter(field_name="metric", lookup_expr="isnull", exclude=True)
    gone = filters.BooleanFilter(field_name="gone_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Card
        fields: ClassVar[list[str]] = ["blocked", "closed"]


class CardViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """Cards of the boards that you may see. Only what people say about them can be changed here."""

    queryset = Card.objects.select_related("board__team__product", "column", "metric").order_by("pk")
    serializer_class = CardSerializer
    filterset_class = CardFilter
    required_scope = "boards"
    lookup_value_regex = NUMBER

    @extend_schema(request=CardWriteSerializer, responses={200: CardSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Says what the card points at and why; the tool's values never overwrite it again."""
        card = self.get_object()
        user = board_change_required(request, card.board.team)
        serializer = CardWriteSerializer(data=request.data, context={"card": card})
        serializer.is_valid(raise_exception=True)
        metric = (
            {"metric": serializer.validated_data["metric"]} if "metric" in serializer.validated_data else {}
        )
        card_context_update(
            card=card,
            values=serializer.texts(),
            actor=user,
            expected_version=self.expected_version(request, card),
            **metric,
        )
        return Response(self.get_serializer(card).data)

    @extend_schema(responses={200: MoveSerializer(many=True)}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def moves(self, request: Request, pk: str) -> Response:
        """The card's way over the board, newest first."""
        rows = CardMove.objects.filter(card=self.get_object()).order_by("-at", "-pk")
        return Response(MoveSerializer(rows, many=True).data)


class SyncRunFilter(filters.FilterSet):
    board = filters.NumberFilter(field_name="board_id")
    job = filters.NumberFilter(field_name="job_id")

    class Meta:
        model = SyncRun
        fields: ClassVar[list[str]] = ["state"]


class SyncRunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """The reads of boards, newest first."""

    queryset = SyncRun.objects.order_by("-started_at", "-pk")
    serializer_class = SyncRunSerializer
    filterset_class = SyncRunFilter
    required_scope = "boards"
    lookup_value_regex = NUMBER

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()
        return self.queryset.filter(board__in=Board.objects.visible_to(self.request.user))


class EditionFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="product__slug")
    week = filters.CharFilter(method="of_week", label="An ISO week such as 2026-W47")

    class Meta:
        model = Edition
        fields: ClassVar[list[str]] = ["revision"]

    def of_week(self, queryset: Any, name: str, value: str) -> Any:
        """Editions of one week; an unknown way of writing it matches nothing."""
        year, _, week = value.partition("-W")
        if not (year.isdecimal() and week.isdecimal()):
            return queryset.none()
        return queryset.filter(iso_year=int(year[:4]), iso_week=int(week[:2]))


class EditionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """Weekly editions, newest first; one edition comes with its teams and its difference from the last."""

    queryset = Edition.objects.select_related("product").order_by("-iso_year", "-iso_week", "-revision", "pk")
    filterset_class = EditionFilter
    required_scope = "roadmap"
    lookup_value_regex = NUMBER

    def get_serializer_class(self) -> Any:
        return EditionDetailSerializer if self.action == "retrieve" else EditionSerializer

    @extend_schema(responses={200: EditionCardSerializer(many=True)}, filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def cards(self, request: Request, pk: str) -> Response:
        """The frozen cards of the edition, by team and stage."""
        rows = EditionCard.objects.filter(edition=self.get_object()).select_related("edition_team")
        page = self.paginate_queryset(rows.order_by("edition_team__team_name", "stage", "pk"))
        return self.get_paginated_response(EditionCardSerializer(page, many=True).data)
