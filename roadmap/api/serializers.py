"""What the API shows and takes of boards, cards and editions. Credentials are in none of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from metrics.models import Metric
from roadmap.models import Board, Card, CardMove, Column, Edition, EditionCard, EditionTeam, SyncRun
from roadmap.services.boards import board_closed_as
from roadmap.services.cards import CARD_CONTEXT_FIELDS


class BoardSerializer(serializers.ModelSerializer[Board]):
    """A board of a team. `last_error` says why the last read failed and what to do, "" when it did not."""

    product = serializers.SlugField(source="team.product.slug", read_only=True)
    team = serializers.SlugField(source="team.slug", read_only=True)
    tool = serializers.CharField(source="connection.kind", read_only=True)
    closed_as = serializers.SerializerMethodField()

    class Meta:
        model = Board
        fields = [
            "id", "product", "team", "tool", "external_id", "name", "url", "closed_as", "last_synced_at",
            "last_complete_read_at", "next_sync_at", "failures", "last_error", "archived_at", "version",
        ]  # fmt: skip
        read_only_fields = fields

    def get_closed_as(self, board: Board) -> str:
        return board_closed_as(board)


class ColumnSerializer(serializers.ModelSerializer[Column]):
    """A board's column. `stage` is "" while nobody has said what the column means and its name tells nothing."""

    class Meta:
        model = Column
        fields = [
            "id",
            "board",
            "external_id",
            "name",
            "position",
            "wip_limit",
            "stage",
            "stage_origin",
            "is_active",
        ]
        read_only_fields = fields


class ContextEntrySerializer(serializers.Serializer[Any]):
    """One field of a card's context and where it comes from."""

    value = serializers.CharField()
    origin = serializers.ChoiceField(choices=["tool", "person"])


class CardSerializer(serializers.ModelSerializer[Card]):
    """A card as its tool has it, with its context."""

    team = serializers.SlugField(source="board.team.slug", read_only=True)
    column_name = serializers.CharField(source="column.name", default="", read_only=True)
    metric = serializers.SlugField(source="metric.key", default=None, read_only=True)
    # DRF keeps what it passes down under the same name; the card's own field wins here.
    context = serializers.DictField(  # type: ignore[assignment]
        child=ContextEntrySerializer(), read_only=True
    )

    class Meta:
        model = Card
        fields = [
            "id", "board", "team", "external_id", "key", "title", "url", "type", "column", "column_name", "swimlane",
            "labels", "priority", "blocked", "blocked_reason", "closed", "due_on", "stage_since", "first_seen_at",
            "missing_since", "gone_at", "metric", "metric_origin", "metric_key_unknown", "context", "version",
        ]  # fmt: skip
        read_only_fields = fields


class CardWriteSerializer(serializers.Serializer[Any]):
    """What a person says about a card; fields that are left out stay as they are. `metric` null points at none."""

    metric = serializers.SlugRelatedField(
        slug_field="key", queryset=Metric.objects.none(), allow_null=True, required=False
    )
    opportunity = serializers.CharField(required=False, allow_blank=True, max_length=500)
    persona = serializers.CharField(required=False, allow_blank=True, max_length=500)
    expected_outcome = serializers.CharField(required=False, allow_blank=True, max_length=500)
    rationale = serializers.CharField(required=False, allow_blank=True, max_length=500)
    assumption = serializers.CharField(required=False, allow_blank=True, max_length=500)
    experiment = serializers.CharField(required=False, allow_blank=True, max_length=500)
    collateral = serializers.CharField(required=False, allow_blank=True, max_length=500)
    story_map = serializers.CharField(required=False, allow_blank=True, max_length=500)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        card = self.context.get("card")
        if card is not None:
            metrics = Metric.objects.of_product(card.board.team.product).active()
            fields["metric"].queryset = metrics  # type: ignore[attr-defined]
        return fields

    def texts(self) -> dict[str, str]:
        """The texts that were given; call when valid."""
        return {
            name: self.validated_data[name] for name in CARD_CONTEXT_FIELDS if name in self.validated_data
        }


class MoveSerializer(serializers.ModelSerializer[CardMove]):
    """A change of column. An observed one lies between `not_before` and `at`."""

    class Meta:
        model = CardMove
        fields = ["from_column", "to_column", "from_raw", "to_raw", "not_before", "at", "source"]
        read_only_fields = fields


class SyncRunSerializer(serializers.ModelSerializer[SyncRun]):
    """One read of a board: its counts, its change list by the tool's own ids, its notes and its error."""

    class Meta:
        model = SyncRun
        fields = [
            "id", "board", "job", "state", "started_at", "finished_at", "requests_made", "cards_read", "counts",
            "changes", "notes", "error",
        ]  # fmt: skip
        read_only_fields = fields


class SyncAskedSerializer(serializers.Serializer[Any]):
    """The job that reads the board; its run appears under `sync-runs` once a worker has begun."""

    job = serializers.IntegerField()
    state = serializers.CharField()
    runs = serializers.CharField(help_text="Where the run of this job is found.")


class CheckSerializer(serializers.Serializer[Any]):
    """What the tool answered to a real call."""

    title = serializers.CharField()
    version = serializers.CharField(allow_blank=True)
    columns_count = serializers.IntegerField(allow_null=True)
    cards_count = serializers.IntegerField(allow_null=True)


class EditionSerializer(serializers.ModelSerializer[Edition]):
    """The weekly overview of one product. It is never changed; a late board makes a revision."""

    product = serializers.SlugField(source="product.slug", read_only=True)
    week = serializers.CharField(read_only=True)

    class Meta:
        model = Edition
        fields = ["id", "product", "week", "revision", "cutoff_at", "published_at", "schema", "totals"]
        read_only_fields = fields


class EditionTeamSerializer(serializers.ModelSerializer[EditionTeam]):
    """How fresh a team's boards were."""

    class Meta:
        model = EditionTeam
        fields = ["team_name", "freshness", "boards"]
        read_only_fields = fields


class EditionCardSerializer(serializers.ModelSerializer[EditionCard]):
    """A frozen card."""

    team = serializers.CharField(source="edition_team.team_name", read_only=True)

    class Meta:
        model = EditionCard
        fields = [
            "card", "team", "key", "title", "url", "stage", "column_name", "metric_name", "goals", "context", "blocked",
            "blocked_reason", "ageing", "contradicted", "days_in_stage", "weeks_unchanged", "change",
        ]  # fmt: skip
        read_only_fields = fields


class EditionDetailSerializer(EditionSerializer):
    """One edition with its teams and its difference from the last one."""

    teams = EditionTeamSerializer(many=True, read_only=True)
    difference = serializers.SerializerMethodField()

    class Meta(EditionSerializer.Meta):
        fields = [*EditionSerializer.Meta.fields, "teams", "difference"]
        read_only_fields = fields

    @extend_schema_field(serializers.DictField())
    def get_difference(self, edition: Edition) -> dict[str, Any]:
        return dict(edition.difference)
