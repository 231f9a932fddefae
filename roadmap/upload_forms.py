"""Input of the two upload pages: which file, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from roadmap.boards.upload import UploadPreview
from roadmap.boards.upload_files import DELIMITERS, ENCODINGS, FORMATS, MAX_BYTES
from roadmap.boards.upload_mapping import CARD_FIELDS, REQUIRED_FIELDS

MATCH = "match-"


class UploadFileForm(forms.Form):
    """A file with a board's cards."""

    file = forms.FileField(
        label="File",
        help_text="CSV or JSON, up to 10 MB. Needed: a column with titles and one with the board's columns.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.json,text/csv,application/json"}),
    )

    def clean_file(self) -> Any:
        """Refuses a file over the limit before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {MAX_BYTES // 1024 // 1024} MB. Export fewer cards."
            )
        return file


class UploadReadingForm(forms.Form):
    """How a chosen file is read: its format, encoding and separator, and which header fills which field of a card."""

    form = forms.ChoiceField(label="Format", choices=list(FORMATS.items()), required=False)
    encoding = forms.ChoiceField(label="Encoding", choices=list(ENCODINGS.items()), required=False)
    delimiter = forms.ChoiceField(
        label="Separator",
        choices=[("", "Found by itself"), *((sign, name.capitalize()) for sign, name in DELIMITERS.items())],
        required=False,
    )
    complete = forms.BooleanField(
        label="Complete export",
        required=False,
        help_text="Every card of the board is in the file: a card that is not in it counts as missing.",
    )

    def __init__(
        self, data: Any = None, *, options: Mapping[str, Any], preview: UploadPreview | None = None
    ) -> None:
        mapping = options.get("mapping") or {}
        initial = {name: options.get(name) for name in ("form", "encoding", "delimiter", "complete")}
        super().__init__(data, initial=initial)
        # A board that a tool exported says by itself what is what.
        self.preview = preview = None if preview is not None and preview.is_matched else preview
        for name, title in CARD_FIELDS.items() if preview is not None else ():
            assert preview is not None
            gone = mapping.get(name, "")
            extra = [(gone, f"{gone} (not in the file)")] if gone and gone not in preview.headers else []
            self.fields[MATCH + name] = forms.ChoiceField(
                label=title,
                choices=[("", "Nothing"), *((header, header) for header in preview.headers), *extra],
                required=False,
                initial=gone,
                help_text="Needed." if name in REQUIRED_FIELDS else _first(preview, gone),
            )

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        """Format, encoding, separator, complete."""
        return [self[name] for name in self.fields if not name.startswith(MATCH)]

    @property
    def match_fields(self) -> list[forms.BoundField]:
        """One choice of a header for each field of a card."""
        return [self[name] for name in self.fields if name.startswith(MATCH)]

    def mapping(self) -> dict[str, str] | None:
        """Which header fills which field; None when there was nothing to match. Call when valid."""
        if self.preview is None:
            return None
        return {
            name.removeprefix(MATCH): value
            for name, value in self.cleaned_data.items()
            if name.startswith(MATCH) and value
        }


def _first(preview: UploadPreview, header: str) -> str:
    """The first value under `header`, so that a wrong match shows."""
    if header not in preview.headers:
        return ""
    place = preview.headers.index(header)
    value = next((row[place] for row in preview.rows if row[place]), "")
    return f"First: {value[:60]}" if value else "Empty in the first rows."
