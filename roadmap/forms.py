"""Input of the roadmap's pages: checked here, acted on by the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from common.forms import VersionForm
from metrics.models import Metric
from roadmap.boards.base import BoardData
from roadmap.boards.context import VALUE_MAX
from roadmap.boards.stages import stage_propose
from roadmap.models import Board, Card, Column, Stage
from roadmap.services.boards import CLOSED_AS_CHOICES, board_closed_as
from roadmap.services.cards import CARD_CONTEXT_FIELDS
from teams.models import Product, Team


class ConnectionNameForm(forms.Form):
    """What people call the connection; the tool's own fields are another form."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        help_text="How it is called in Bearing, for instance the tool's name and who uses it.",
    )


class ConnectionEditForm(VersionForm, ConnectionNameForm):
    """The same for a stored connection."""


class BoardChooseForm(forms.Form):
    """Which of the tool's boards belongs to which team."""

    board = forms.ChoiceField(label="Board", help_text="The boards that these credentials can see.")
    team = forms.ModelChoiceField(
        label="Stream Team", queryset=Team.objects.none(), empty_label="Choose a team"
    )

    def __init__(self, *args: Any, product: Product, boards: Sequence[BoardData], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.boards = {board.external_id: board for board in boards}
        choice = self.fields["board"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", "Choose a board"), *((board.external_id, board.name) for board in boards)]
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = Team.objects.filter(product=product).active().stream()


class BoardNameForm(forms.Form):
    """A board made of uploaded files: its name and its team."""

    board_name = forms.CharField(label="Name of the board", max_length=200)
    team = forms.ModelChoiceField(
        label="Stream Team", queryset=Team.objects.none(), empty_label="Choose a team"
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = Team.objects.filter(product=product).active().stream()


class ColumnsForm(VersionForm):
    """The stage of each column, and what closed cards count as."""

    closed_as = forms.ChoiceField(
        label="Cards that the tool has closed before they were released count as",
        choices=list(CLOSED_AS_CHOICES.items()),
        help_text="Closing hides a card from the tool's board without moving it to another column.",
    )

    def __init__(self, data: Any = None, *, board: Board, columns: Sequence[Column]) -> None:
        super().__init__(data, initial={"version": board.version, "closed_as": board_closed_as(board)})
        self.columns = list(columns)
        for column in self.columns:
            proposed = column.stage or stage_propose(column.name) or ""
            self.fields[f"column-{column.pk}"] = forms.ChoiceField(
                label=column.name,
                choices=[("", "No stage: leave it out"), *Stage.choices],
                required=False,
                initial=proposed,
            )

    def stages(self) -> dict[int, str]:
        """The chosen stage by column id; call when valid."""
        return {column.pk: self.cleaned_data[f"column-{column.pk}"] for column in self.columns}


_CONTEXT_LABELS = {
    "opportunity": ("Opportunity", "The problem or wish of the people this is for."),
    "persona": ("Persona or job", "For whom, or which job of theirs."),
    "expected_outcome": ("Expected outcome", "What will be different once it is released."),
    "rationale": ("Rationale", "Why this, and why now."),
    "assumption": ("Assumption", "What must be true for it to work."),
    "experiment": ("Experiment", "How the assumption is tested."),
    "collateral": ("Collateral", "Where its material is."),
    "story_map": ("Story map", "Where its story map is."),
}


def context_label(name: str) -> str:
    """How people read a field of a card's context."""
    return _CONTEXT_LABELS[name][0] if name in _CONTEXT_LABELS else name.replace("_", " ").capitalize()


class CardForm(VersionForm):
    """What a card points at and why, as people say it in Bearing."""

    metric = forms.ModelChoiceField(
        label="Target metric",
        queryset=Metric.objects.none(),
        required=False,
        empty_label="Points at no metric",
    )

    def __init__(self, data: Any = None, *, card: Card, product: Product) -> None:
        values = {name: card.context.get(name, {}).get("value", "") for name in CARD_CONTEXT_FIELDS}
        initial = {"version": card.version, "metric": card.metric_id, **values}
        super().__init__(data, initial=initial)
        metric = self.fields["metric"]
        assert isinstance(metric, forms.ModelChoiceField)
        metric.queryset = Metric.objects.of_product(product).active().order_by("name")
        for name in CARD_CONTEXT_FIELDS:
            label, hint = _CONTEXT_LABELS.get(name, (context_label(name), ""))
            self.fields[name] = forms.CharField(
                label=label,
                help_text=hint,
                required=False,
                max_length=VALUE_MAX,
                widget=forms.Textarea(attrs={"rows": 2})
                if name in {"rationale", "opportunity"}
                else forms.TextInput,
            )

    def context(self) -> dict[str, str]:
        """The texts by field; call when valid."""
        return {name: self.cleaned_data[name] for name in CARD_CONTEXT_FIELDS}
