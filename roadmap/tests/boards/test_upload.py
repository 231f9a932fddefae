"""Cards from an uploaded file: what is taken, and what is refused with which words."""

from __future__ import annotations

import codecs
import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from common.errors import PermanentError
from roadmap.boards import upload_files
from roadmap.boards.base import CardData, Snapshot
from roadmap.boards.upload import UploadProvider, upload_preview
from roadmap.boards.upload_files import UploadError, table_read
from roadmap.boards.upload_mapping import mapping_from_preset, mapping_guess
from roadmap.tests.boards.contract import ContractCase

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "upload"


class Contract(ContractCase):
    content = b"Id,Title,Column\n"

    def config(self) -> dict[str, Any]:
        return {"content": self.content, "complete": True}

    def cards(self, count: int) -> None:
        rows = "".join(f"{n},Card {n},{'Ready' if n % 2 else 'Done'}\n" for n in range(count))
        self.content = f"Id,Title,Column\n{rows}".encode()


def read(content: str | bytes, **config: Any) -> Snapshot:
    data = content.encode() if isinstance(content, str) else content
    return UploadProvider({"content": data, **config}).fetch()


def problems(content: str | bytes, **config: Any) -> list[str]:
    with pytest.raises(UploadError) as refused:
        read(content, **config)
    assert refused.value.message.endswith("Nothing was taken from the file.")
    return [str(problem) for problem in refused.value.problems]


def test_it_reads_a_plain_list() -> None:
    content = (FIXTURES / "plain.csv").read_bytes()

    snapshot = read(content, mapping=mapping_from_preset("plain", table_read(content).headers))

    assert [column.name for column in snapshot.columns] == ["In validation", "In progress", "Released"]
    assert snapshot.cards[0] == CardData(
        external_id="A-1",
        identity="A-1",
        key="A-1",
        title="Shorter first run",
        column_external_id="in validation",
        state_raw="In validation",
        labels=("metric:activated-teams", "onboarding"),
        created_at=datetime(2026, 10, 1, tzinfo=UTC),
        due_date=date(2026, 12, 1),
        description="Opportunity: New teams give up\nPersona: Team administrator",
    )
    assert snapshot.cards[1].blocked
    assert not snapshot.complete


def test_it_keeps_what_looks_like_a_formula_as_text() -> None:
    snapshot = read((FIXTURES / "plain.csv").read_bytes())

    assert snapshot.cards[2].title == '=HYPERLINK("http://example.org")'
    assert snapshot.cards[2].labels == ("a", "b")


def test_it_reads_a_json_list_with_its_own_columns() -> None:
    snapshot = read((FIXTURES / "plain.json").read_bytes())

    assert [column.name for column in snapshot.columns] == [
        "Ideas",
        "In validation",
        "In progress",
        "Released",
    ]
    assert [card.external_id for card in snapshot.cards] == ["1", "2"]
    assert snapshot.cards[0].labels == ("metric:activated-teams", "onboarding")
    assert snapshot.cards[1].blocked


def test_it_reads_an_issue_trackers_export_by_its_preset() -> None:
    content = (FIXTURES / "jira.csv").read_bytes()
    mapping = mapping_from_preset("jira_csv", table_read(content).headers)

    snapshot = read(content, mapping=mapping)

    assert "description" not in mapping
    assert snapshot.cards[0].labels == ("activation", "q4")
    assert snapshot.cards[0].created_at == datetime(2026, 11, 12, 15, 4, tzinfo=UTC)
    assert snapshot.cards[1].due_date == date(2026, 12, 1)
    assert "Researcher" not in str(snapshot.cards[0].assignees)


def test_it_is_complete_only_when_told_so() -> None:
    assert read("Title,Column\nA,Ready\n", complete=True).complete
    assert not read("Title,Column\nA,Ready\n").complete


def test_it_takes_the_title_as_identity_without_ids() -> None:
    snapshot = read("Title,Column\nA,Ready\nB,Ready\n")

    assert [card.identity for card in snapshot.cards] == ["A", "B"]
    assert problems("Title,Column\nA,Ready\nA,Done\n") == [
        "Row 3, column Title: 'A' is in row 2 already. Add a column with ids, or make the titles differ."
    ]


@pytest.mark.parametrize(
    "content",
    [
        "Title,Column\nÜber,Ready\n".encode(),
        codecs.BOM_UTF8 + "Title,Column\nÜber,Ready\n".encode(),
        "Title,Column\nÜber,Ready\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "Title,Column\nÜber,Ready\n".encode("utf-16-be"),
        "Title;Column\nÜber;Ready\n".encode(),
        "Title\tColumn\nÜber\tReady\n".encode(),
        '"Title";"Col,umn"\n"Über";"Ready"\n'.encode(),
        "Title,Column\r\nÜber,Ready\r\n".encode(),
    ],
)
def test_it_finds_encoding_and_separator_by_itself(content: bytes) -> None:
    headers = table_read(content).headers

    snapshot = read(content, mapping={"title": headers[0], "column": headers[1]})

    assert [(card.title, card.state_raw) for card in snapshot.cards] == [("Über", "Ready")]


def test_it_reads_latin_1_only_when_chosen() -> None:
    content = "Title,Column\nÜber,Ready\n".encode("latin-1")

    assert read(content, encoding="latin-1").cards[0].title == "Über"
    assert problems(content) == [
        "File: line 2 is not UTF-8. Save the file as UTF-8, or choose Latin-1 if it comes from an older program."
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"\n \n", "it is empty"),
        (b"PK\x03\x04\x14\x00", "Save it as CSV"),
        (b"Title,Column\nA\x00,Ready\n", "binary data"),
        (b"Name of thing,Place\nA,Ready\n", "no column of the file is matched to Title"),
        (b'Title,Column\n"A,Ready\n', "quotes do not match"),
        (b"Title,Column\nA,Ready,more\n", "Row 2: it has 3 cells for 2 headers"),
        (b",,\n1,2,3\n", "holds no headers"),
        (b"\nTitle,Column\nA,Ready\n", "holds no headers"),
        (b"[1, 2]", "a list of objects"),
        (b'{"cards": 3}', "a list of objects"),
        (b'{"cards": [], "columns": [1]}', '"columns" must be a list of names'),
        (b'[{"title": "A"', "not valid JSON (line 1"),
        (b"[" * 100_000, "not valid JSON"),
        (b'[{"title": {"a": 1}, "column": "Ready"}]', "an object cannot be read as a value"),
        (b'[{"title": "A\\u0000", "column": "Ready"}]', "NUL character"),
        (("Title,Column" + ",x" * 300 + "\n").encode(), "more than 200 columns"),
        (b"Title,Column\n" + b"A" * 40_000 + b",Ready\n", "longer than 32,000 characters"),
        (b"Title,Column\n" + b"A" * 200_000 + b",Ready\n", "a cell is too long"),
    ],
)
def test_it_refuses_a_file_that_is_no_list_of_cards(content: bytes, words: str) -> None:
    assert words in " ".join(problems(content))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",Title,Ready", "Row 2, column Id: it is empty. Fill in the id."),
        ("1,,Ready", "Row 2, column Title: it is empty. Fill in the title."),
        ("1,Title,", "Row 2, column Column: it is empty. Fill in the column."),
        ("1,Title,Ready,13/2/26", "Row 2, column Created: '13/2/26' is not a date. Write it like 2026-11-23"),
        ("1,Title,Ready,,perhaps", "Row 2, column Blocked: 'perhaps' is neither yes nor no."),
        ("1,Title,Ready,,,javascript:alert(1)", "Row 2, column Link: it is not a web address."),
        (f"1,{'x' * 501},Ready", "Row 2, column Title: it is longer than 500 characters."),
    ],
)
def test_it_names_row_column_and_mend(row: str, words: str) -> None:
    found = problems(f"Id,Title,Column,Created,Blocked,Link\n{row}\n")

    assert found[0].startswith(words)


def test_it_names_every_broken_row_and_takes_none() -> None:
    rows = "".join(f"{n},,Ready\n" for n in range(150))

    with pytest.raises(UploadError) as refused:
        read(f"Id,Title,Column\n{rows}1,Good,Ready\n")

    assert len(refused.value.problems) == upload_files.PROBLEMS_SHOWN
    assert "There are 150 more." in refused.value.message


def test_it_counts_rows_as_a_spreadsheet_does() -> None:
    found = problems('Id,Title,Column\n1,"two\nlines",Ready\n\n2,,Ready\n')

    assert found[0].startswith("Row 4, column Title")


def test_it_refuses_duplicate_ids() -> None:
    assert problems("Id,Title,Column\n1,A,Ready\n2,B,Ready\n1,C,Ready\n") == [
        "Row 4, column Id: '1' is in row 2 already. Remove one."
    ]


def test_it_refuses_too_much_before_reading_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_files, "MAX_ROWS", 2)

    assert "more than 2 rows" in problems("Title,Column\nA,R\nB,R\nC,R\n")[0]
    assert "more than 2 cards" in problems(json.dumps([{"title": n, "column": "R"} for n in range(3)]))[0]
    assert "larger than 10 MB" in problems(b"x" * (upload_files.MAX_BYTES + 1))[0]


def test_it_names_a_matched_header_that_is_gone() -> None:
    found = problems("Title,Column\nA,Ready\n", mapping={"title": "Title", "column": "List"})

    assert found == [
        "File, column List: it is matched to Column but is not in the file. Choose one of: Title, Column."
    ]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '=cmd|" /C calc"!A0', "'; drop table card; --", "{{ x }}"]
)
def test_it_takes_hostile_text_as_text(text: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["Title", "Column", "Description"], [text, text, text]])

    (card,) = read(buffer.getvalue()).cards

    assert (card.title, card.state_raw, card.description) == (text, text, text)


def test_it_matches_headers_that_read_like_a_field() -> None:
    assert mapping_guess(("Issue_Key", "Summary", "STATUS", "Other", "Due Date", "Status")) == {
        "id": "Issue_Key",
        "title": "Summary",
        "column": "STATUS",
        "due": "Due Date",
    }


def test_it_shows_a_preview_before_anything_is_taken() -> None:
    preview = upload_preview((FIXTURES / "plain.csv").read_bytes(), rows=2)

    assert (preview.format, preview.encoding, preview.delimiter) == ("csv", "utf-8", "comma")
    assert preview.rows_count == 3
    assert len(preview.rows) == 2
    assert preview.rows[0][:3] == ("A-1", "Shorter first run", "In validation")
    assert preview.mapping["due"] == "Due date"


def test_it_says_when_there_is_no_file_yet() -> None:
    with pytest.raises(PermanentError, match="There is no file yet"):
        UploadProvider({}).fetch()

    assert UploadProvider({}).check().title == "Upload a file"


def test_its_check_counts_what_is_in_the_file() -> None:
    result = UploadProvider({"content": (FIXTURES / "plain.csv").read_bytes()}).check()

    assert (result.columns_count, result.cards_count) == (3, 3)
