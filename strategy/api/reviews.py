"""Reviews of a mapping over the API; the writes are those of the page."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import BearingViewSet, caller
from common.errors import ApplicationError
from strategy.api.serializers import WordingInputSerializer
from strategy.models import Mapping, MappingReview
from strategy.services.reviews import mapping_keep, mapping_review_adjust, mapping_review_retire
from teams.models import User
from teams.permissions import strategy_write_required

REVIEW_FIELDS = ("outcome", "reason", "next_review_on")


class MappingReviewSerializer(serializers.ModelSerializer[MappingReview]):
    """A review of a mapping, with the verdict that was stated then."""

    verdict = serializers.CharField(source="verdict.verdict", default="untested", read_only=True)
    wording = serializers.IntegerField(
        source="mapping_version.number", read_only=True, help_text="The wording that was looked at."
    )
    author = serializers.CharField(source="author.display_name", default=None, read_only=True)

    class Meta:
        model = MappingReview
        fields: ClassVar[list[str]] = [
            "id", "outcome", "reason", "verdict", "wording", "next_review_on", "author", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class MappingReviewInputSerializer(WordingInputSerializer):
    """Keep or retire a mapping with a sentence why, or adjust it: then with the fields of the wording that change."""

    outcome = serializers.ChoiceField(choices=MappingReview.Outcome.choices)
    reason = serializers.CharField(help_text="A sentence: five words or more.")
    next_review_on = serializers.DateField(
        required=False, allow_null=True, help_text="100 days ahead when left out."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """What a wording needs, a review may leave as it is; and it has `next_review_on` instead of `review_on`."""
        fields = super().get_fields()
        del fields["review_on"]
        for name, field in fields.items():
            if name not in {"outcome", "reason"}:
                field.required, field.default = False, serializers.empty
        return fields


def review_write(
    mapping: Mapping, data: dict[str, Any], wording: dict[str, Any], *, actor: User, expected: int | None
) -> MappingReview:
    """Writes the review that `data` asks for; `wording` are the fields that an adjustment changes.

    Raises ApplicationError when they do not fit the outcome.
    """
    outcome = data["outcome"]
    if wording and outcome != MappingReview.Outcome.ADJUST:
        raise ApplicationError(
            f"Only an adjusting review changes {', '.join(sorted(wording))}.", field="outcome"
        )
    common: dict[str, Any] = {
        "mapping": mapping,
        "reason": data["reason"],
        "actor": actor,
        "now": timezone.now(),
        "expected_version": expected,
    }
    day = data.get("next_review_on")
    if outcome == MappingReview.Outcome.RETIRE:
        return mapping_review_retire(**common)
    if outcome == MappingReview.Outcome.ADJUST:
        changes = wording | ({"review_on": day} if day else {})
        return mapping_review_adjust(**common, changes=changes)
    return mapping_keep(**common, next_review_on=day)


class MappingReviewsMixin(BearingViewSet):
    """`/mappings/<id>/reviews/`: what reviews there were, and another one."""

    @extend_schema(responses={200: MappingReviewSerializer(many=True)}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def reviews(self, request: Request, pk: str) -> Response:
        """The reviews of the mapping, newest first."""
        mapping: Mapping = self.get_object()
        rows = mapping.reviews.select_related("verdict", "mapping_version", "author")
        return Response(MappingReviewSerializer(rows, many=True).data)

    @extend_schema(request=MappingReviewInputSerializer, responses={201: MappingReviewSerializer})
    @reviews.mapping.post
    def review(self, request: Request, pk: str) -> Response:
        """Reviews the mapping: kept, adjusted or retired, with a sentence why. For product managers and leads."""
        mapping: Mapping = self.get_object()
        strategy_write_required(request.user, mapping.goal.product)
        given = MappingReviewInputSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        data = dict(given.validated_data)
        wording = {name: value for name, value in data.items() if name not in REVIEW_FIELDS}
        review = review_write(
            mapping,
            data,
            wording,
            actor=caller(request),
            expected=self.expected_version(request, mapping),
        )
        return Response(MappingReviewSerializer(review).data, status=status.HTTP_201_CREATED)
