"""Contests and proposals as the API shows them."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contest.models import Contest, Proposal
from contest.selectors.page import authors_shown

WORD_FIELDS = (
    "why",
    "evidence",
    "outcome_1_quarter",
    "outcome_4_quarters",
    "outcome_12_quarters",
    "risks",
)


class ContestSerializer(serializers.ModelSerializer[Contest]):
    """A contest without its evidence pack."""

    product = serializers.SlugField(source="goal.product.slug", read_only=True)
    goal = serializers.SlugField(source="goal.slug", read_only=True)
    goal_title = serializers.CharField(source="goal_version.title", read_only=True)
    goal_version = serializers.IntegerField(source="goal_version.number", read_only=True)
    applied_version = serializers.IntegerField(
        source="applied_version.number", read_only=True, allow_null=True, default=None
    )
    missed_quarters = serializers.SerializerMethodField()

    class Meta:
        model = Contest
        fields: ClassVar[list[str]] = [
            "id",
            "version",
            "product",
            "goal",
            "goal_title",
            "goal_version",
            "phase",
            "outcome",
            "opened_at",
            "proposals_until",
            "first_missed_quarter",
            "missed_quarters",
            "data_changed",
            "delayed_at",
            "delayed_reason",
            "decided_at",
            "decision_reason",
            "chosen",
            "applied_version",
            "applies_on",
            "cancelled_at",
            "cancelled_reason",
            "policy",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_missed_quarters(self, contest: Contest) -> list[dict[str, Any]]:
        """The frozen quarters that opened it, with target, actual, attainment and case."""
        return [row for row in contest.evidence.get("quarters", []) if row["missed"]]


class ContestDetailSerializer(ContestSerializer):
    """The same with the frozen evidence pack."""

    class Meta(ContestSerializer.Meta):
        fields: ClassVar[list[str]] = [*ContestSerializer.Meta.fields, "evidence_schema", "evidence"]
        read_only_fields = fields


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """A proposal. `authors` is empty until the decision, except for the authors themselves."""

    base_version = serializers.IntegerField(source="base_version.number", read_only=True)
    authors = serializers.SerializerMethodField()
    mine = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields: ClassVar[list[str]] = [
            "id",
            "version",
            "contest",
            "kind",
            "state",
            "title",
            *WORD_FIELDS,
            "change",
            "change_schema",
            "base_version",
            "authors",
            "mine",
            "submitted_at",
        ]
        read_only_fields = fields

    def get_authors(self, proposal: Proposal) -> list[str]:
        """Names, once they may be shown."""
        if self.get_mine(proposal) or authors_shown(proposal.contest):
            return [str(author) for author in proposal.authors.all()]
        return []

    def get_mine(self, proposal: Proposal) -> bool:
        """Whether the caller is one of the authors."""
        user = self.context["request"].user
        return user.pk in {author.pk for author in proposal.authors.all()}


class ProposalEditSerializer(serializers.Serializer[Any]):
    """What a PATCH may change. The service checks what a complete proposal needs."""

    title = serializers.CharField(required=False, max_length=140)
    why = serializers.CharField(required=False, allow_blank=True)
    evidence = serializers.CharField(required=False, allow_blank=True)
    outcome_1_quarter = serializers.CharField(required=False, allow_blank=True)
    outcome_4_quarters = serializers.CharField(required=False, allow_blank=True)
    outcome_12_quarters = serializers.CharField(required=False, allow_blank=True)
    risks = serializers.CharField(required=False, allow_blank=True)
    change = serializers.DictField(
        required=False, help_text="In the shape of the kind; the guide shows each."
    )
    co_authors = serializers.ListField(
        child=serializers.EmailField(), required=False, help_text="E-mail addresses of members but viewers."
    )


class ProposalCreateSerializer(ProposalEditSerializer):
    """What a POST needs: the contest, the kind and a title; without `draft` everything that a proposal needs."""

    contest = serializers.PrimaryKeyRelatedField(queryset=Contest.objects.none())
    kind = serializers.ChoiceField(
        choices=[choice for choice in Proposal.Kind.choices if choice[0] != "keep"]
    )
    title = serializers.CharField(max_length=140)
    draft = serializers.BooleanField(
        default=False, help_text="Seen by its authors only, and may be incomplete."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Starts from the contests that the caller may see, so that others' do not exist."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            visible = Contest.objects.visible_to(request.user).select_related("goal__product")
            fields["contest"].queryset = visible  # type: ignore[attr-defined]
        return fields
