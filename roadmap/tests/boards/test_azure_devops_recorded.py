"""Azure DevOps' own published examples, read in place; and answers with any field missing or of another type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import ApplicationError
from roadmap.boards.azure_devops_answers import SYSTEM_FIELDS, AzureBoard, AzureCards, areas_read
from roadmap.boards.azure_devops_moves import Memory, batch_read, moves_told
from roadmap.tests.azure_devops_server import fixture

EXAMPLES = Path("boards/public/azure_devops")
ODD_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), st.floats(),
    st.just("<b"), st.just("9999-12-31T23:59:59+00:00"), st.just("0001-01-01T00:00:00+14:00"),
)  # fmt: skip
ITEM = fixture("work_item")
BOARD = AzureBoard.of(fixture("board"))


@pytest.fixture
def examples(shared_folder: Path) -> Path:
    return shared_folder / EXAMPLES


def example(path: Path) -> Any:
    """The body of one of Microsoft's examples, or a recorded answer as it is."""
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    return content["responses"]["200"]["body"] if "responses" in content else content


def cards_of(board: AzureBoard) -> AzureCards:
    return AzureCards(
        board=board, web_url="http://server/x", project_url="http://server/x/y", where=SYSTEM_FIELDS
    )


# --- published examples ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["boardId", "boardName"])
def test_it_reads_the_published_columns(examples: Path, name: str) -> None:
    columns = example(examples / "work" / f"GET__work_boards__{name}__columns.json")["value"]

    board = AzureBoard.of({"name": "Backlog items", "columns": columns})

    assert [column.name for column in board.columns_data()] == ["New", "Approved", "Committed", "Done"]
    assert [column.wip_limit for column in board.columns_data()] == [None, 5, 5, None]
    assert board.types == ("Product Backlog Item", "Bug")
    assert board.fields == SYSTEM_FIELDS
    assert board.finished == {"1016c466-6cb6-4bf9-9a19-4e9cc88204df"}


def test_it_reads_the_published_areas(examples: Path) -> None:
    field, values = areas_read(example(examples / "work" / "GET__work_teamsettings_teamfieldvalues.json"))

    assert field == "System.AreaPath"
    assert values[0] == ("Fabrikam-Fiber\\Auto", False)
    assert len(values) == 3


@pytest.mark.parametrize(
    ("name", "token", "count"),
    [("", "3;2;1", 3), ("_includeIdentityRef-true_watermark-794", "813;350;1", 2)],
)
def test_it_reads_the_published_revisions(examples: Path, name: str, token: str, count: int) -> None:
    batch = batch_read(
        example(examples / "wit" / f"GET__wit_reporting_workItemRevisions{name}.json"), SYSTEM_FIELDS
    )

    assert (batch.token, batch.is_last, batch.broken) == (token, True, 0)
    assert len(batch.revisions) == count
    assert all(revision.system[0] for revision in batch.revisions)


def test_a_published_revision_holds_from_when_it_was_made(examples: Path) -> None:
    batch = batch_read(example(examples / "wit" / "GET__wit_reporting_workItemRevisions.json"), SYSTEM_FIELDS)

    first, second, _ = batch.revisions

    assert (first.at.isoformat(), second.at.isoformat()) == (
        "2014-03-18T17:16:56.250000+00:00", "2014-03-18T17:17:05.760000+00:00",
    )  # fmt: skip


def test_it_reads_the_recorded_work_items(examples: Path) -> None:
    items = example(examples / "faros" / "workitems.json")["value"]

    cards = cards_of(BOARD).cards(items)

    assert [card.external_id for card in cards] == [str(item["id"]) for item in items]
    assert [card.title for card in cards] == [item["fields"]["System.Title"] for item in items]
    assert cards[1].labels == ("Tag1", "Tag2")
    assert cards[1].description == "Follow the code samples from MSDN"
    assert all(card.created_at and card.updated_at for card in cards)


def test_it_reads_the_published_batch(examples: Path) -> None:
    items = example(examples / "wit" / "POST__wit_WorkItemsBatch_ids-_ids__fields-_columns_.json")["value"]

    assert [card.type for card in cards_of(BOARD).cards(items)] == ["Product Backlog Item", "Task", "Task"]


def test_our_own_board_has_the_published_properties(examples: Path) -> None:
    definitions = json.loads((examples / "openapi" / "work-7.1.trimmed.json").read_text())["definitions"]
    board = fixture("board")

    def known(name: str) -> set[str]:
        return set(definitions[name]["properties"])

    assert set(board) <= known("Board") | known("BoardReference")
    assert all(set(column) <= known("BoardColumn") for column in board["columns"])
    assert all(set(row) <= known("BoardRow") for row in board["rows"])
    assert set(board["fields"]) == known("BoardFields")
    assert all(set(item) <= known("BoardReference") for item in fixture("boards")["value"])


# --- any answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id", "fields", *sorted(ITEM["fields"])])
@given(value=ODD_VALUES, gone=st.booleans())
@settings(max_examples=15, deadline=None)
def test_it_reads_a_work_item_or_counts_it_as_broken(name: str, value: Any, gone: bool) -> None:
    item = {**ITEM, "fields": dict(ITEM["fields"])}
    holder = item["fields"] if name in ITEM["fields"] else item
    holder.pop(name)
    if not gone:
        holder[name] = value

    cards = AzureCards(board=BOARD, web_url="http://s", project_url="http://s/p", where=BOARD.fields).cards(
        [item]
    )

    assert len(cards) <= 1
    assert all(card.title.strip() and card.identity and card.state_raw is not None for card in cards)
    # Whatever else is odd, a work item with a number and a title is a card.
    assert cards or name in {"id", "fields", "System.Title"}


@given(
    value=ODD_VALUES,
    name=st.sampled_from(["id", "name", "itemLimit", "stateMappings", "isSplit", "columnType"]),
)
@settings(max_examples=60, deadline=None)
def test_it_reads_a_board_or_says_that_it_cannot(value: Any, name: str) -> None:
    answer = fixture("board")
    answer["columns"][1][name] = value

    try:
        board = AzureBoard.of(answer)
    except ApplicationError:
        return

    assert all(isinstance(column.name, str) and column.name for column in board.columns_data())
    assert len({column.external_id for column in board.columns_data()}) == len(board.columns_data())


@given(value=ODD_VALUES)
@settings(max_examples=40, deadline=None)
def test_it_reads_the_fields_of_a_board_or_takes_the_teams(value: Any) -> None:
    answer = fixture("board")
    answer["fields"]["columnField"] = value

    assert AzureBoard.of(answer).fields.column == "System.BoardColumn"


@given(revision=ODD_VALUES, changed=ODD_VALUES, column=ODD_VALUES, done=ODD_VALUES, number=ODD_VALUES)
@settings(max_examples=60, deadline=None)
def test_it_reads_a_revision_or_counts_it_as_broken(
    revision: Any, changed: Any, column: Any, done: Any, number: Any
) -> None:
    fields = {"System.ChangedDate": changed, BOARD.fields.column: column, BOARD.fields.done: done}
    good = {"System.ChangedDate": "2026-10-05T09:30:15.37Z", BOARD.fields.column: "New"}
    values = [
        revision,
        {"id": 41, "rev": number, "fields": fields},
        {"id": 41, "rev": 7, "fields": good | {BOARD.fields.column: column, BOARD.fields.done: done}},
        {"id": 41, "rev": 8, "fields": good},
    ]

    batch = batch_read({"values": values, "continuationToken": "1;1;1", "isLastBatch": True}, BOARD.fields)
    told = moves_told(
        batch.revisions, board=BOARD, memory=Memory(), names=BOARD.names, present={41}, placed={41}, own=True
    )

    assert len(batch.revisions) + batch.broken == len(values)
    assert told.places == {41: "c0000000-0000-4000-8000-000000000001"}


@given(cursor=st.recursive(ODD_VALUES, lambda inner: st.dictionaries(
    st.sampled_from(["token", "names", "places", "x"]), st.one_of(inner, st.lists(inner))), max_leaves=6))  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_it_takes_a_cursor_of_any_shape(cursor: Any) -> None:
    memory = Memory.of(cursor)

    assert isinstance(memory.token, str)
    assert Memory.of(json.loads(json.dumps(memory.cursor()))) == memory
