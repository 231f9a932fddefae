"""Contests to read, proposals to make; the writes are those of the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import BearingViewSet, caller
from contest.api.serializers import (
    ContestDetailSerializer,
    ContestSerializer,
    ProposalCreateSerializer,
    ProposalEditSerializer,
    ProposalSerializer,
)
from contest.errors import ProposalRefusedError
from contest.models import Contest, Proposal
from contest.services import proposal_create, proposal_edit, proposal_submit, proposal_withdraw
from contest.services.messages import electors
from teams.models import User
from teams.permissions import participation_required
from teams.selectors import organisation_get


class ContestFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="goal__product__slug")
    goal = filters.CharFilter(field_name="goal__slug")
    open = filters.BooleanFilter(method="is_open", label="Only open, or only finished contests")

    class Meta:
        model = Contest
        fields: ClassVar[list[str]] = ["phase", "outcome"]

    def is_open(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.open() if value else queryset.over()


class ContestViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """Contests open by themselves: there is nothing to create. A single one carries its frozen evidence pack."""

    queryset = Contest.objects.select_related("goal__product", "goal_version", "applied_version").order_by(
        "-opened_at", "-pk"
    )
    serializer_class = ContestSerializer
    filterset_class = ContestFilter
    required_scope = "contests"
    lookup_value_regex = "[0-9]+"

    def get_serializer_class(self) -> type[ContestSerializer]:
        return ContestDetailSerializer if self.action == "retrieve" else ContestSerializer


class ProposalFilter(filters.FilterSet):
    product = filters.CharFilter(field_name="contest__goal__product__slug")

    class Meta:
        model = Proposal
        fields: ClassVar[list[str]] = ["contest", "kind", "state"]


class ProposalViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, BearingViewSet):
    """The proposals that you may see: drafts only when they are yours."""

    queryset = (
        Proposal.objects.select_related("contest__goal__product", "base_version")
        .prefetch_related("authors")
        .order_by("contest", "pk")
    )
    serializer_class = ProposalSerializer
    filterset_class = ProposalFilter
    required_scope = "contests"
    lookup_value_regex = "[0-9]+"

    @extend_schema(request=ProposalCreateSerializer, responses={201: ProposalSerializer})
    def create(self, request: Request) -> Response:
        """Makes a proposal, or a draft. For members of the product but viewers."""
        serializer = ProposalCreateSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        contest = data.pop("contest")
        participation_required(request.user, contest.goal.product)
        people = _co_authors(contest, data.pop("co_authors", []))
        proposal = proposal_create(
            contest=contest, author=caller(request), co_authors=people, now=timezone.now(), **data
        )
        return Response(self.get_serializer(proposal).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ProposalEditSerializer, responses={200: ProposalSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes what is given; the kind stays. For its authors."""
        proposal = self.get_object()
        participation_required(request.user, proposal.contest.goal.product)
        serializer = ProposalEditSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        if "co_authors" in data:
            data["co_authors"] = _co_authors(proposal.contest, data["co_authors"])
        saved = proposal_edit(
            proposal=proposal,
            actor=caller(request),
            expected_version=self.expected_version(request, proposal),
            now=timezone.now(),
            **data,
        )
        return Response(self.get_serializer(saved).data)

    @extend_schema(request=None, responses={200: ProposalSerializer})
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Proposes a draft, or a withdrawn proposal again. For its authors."""
        proposal = self.get_object()
        participation_required(request.user, proposal.contest.goal.product)
        saved = proposal_submit(
            proposal=proposal,
            actor=caller(request),
            expected_version=self.expected_version(request, proposal),
            now=timezone.now(),
        )
        return Response(self.get_serializer(saved).data)

    @extend_schema(request=None, responses={200: ProposalSerializer})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Takes a proposal out of the contest; it can be proposed again. For its authors."""
        proposal = self.get_object()
        participation_required(request.user, proposal.contest.goal.product)
        saved = proposal_withdraw(
            proposal=proposal,
            actor=caller(request),
            expected_version=self.expected_version(request, proposal),
        )
        return Response(self.get_serializer(saved).data)


def _co_authors(contest: Contest, emails: list[str]) -> list[User]:
    """The people with these addresses among the product's members but viewers."""
    today = organisation_get().today(timezone.now())
    known = {person.email.lower(): person for person in electors(contest.goal.product, today)}
    if missing := [email for email in emails if email.lower() not in known]:
        raise ProposalRefusedError(
            f"{', '.join(missing)} cannot propose here. Name members of the product but viewers.",
            field="co_authors",
        )
    return [known[email.lower()] for email in emails]
