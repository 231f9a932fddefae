"""The reference of the API: what is read out of the document, its examples, its guide, and the page."""

from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from common.api_scopes import SCOPES
from common.quarters import FiscalCalendar
from config.api_docs import Operation, reference, reference_filter, reference_read
from config.api_guide import guide, guide_read, inline
from config.templatetags.api_reference import marked
from contest.calculations.changes import ChangeContext, MappingFact, change_clean
from metrics.models import Observation
from metrics.tests.factories import MetricFactory

DOCUMENT = {
    "info": {"title": "A", "version": "1", "description": "About it."},
    "paths": {
        "/a/{id}/": {
            "patch": {
                "operationId": "a_change",
                "description": "Changes it.\n\nWith `care`.",
                "tags": ["some-things"],
                "x-required-scope": "a:write",
                "parameters": [
                    {
                        "in": "path",
                        "name": "id",
                        "required": True,
                        "schema": {"type": "integer"},
                        "example": 7,
                    },
                    {
                        "in": "query",
                        "name": "state",
                        "required": True,
                        "schema": {"type": "string", "enum": ["on", "off"]},
                        "description": "Only these.\n\n* `on` - Switched on\n* `off` - off",
                    },
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "array", "items": {}}]
                            }
                        }
                    }
                },
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}
                    },
                    "404": {"description": "Gone"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Kind": {"type": "string", "enum": ["x", "y"]},
            "A": {
                "type": "object",
                "title": "Whole",
                "required": ["kind", "name"],
                "properties": {
                    "kind": {"allOf": [{"$ref": "#/components/schemas/Kind"}], "description": "Which."},
                    "name": {"type": "string", "maxLength": 40, "example": "It's mine"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/A"}},
                    "at": {"type": "string", "format": "date", "nullable": True},
                    "share": {"type": "number", "minimum": 0, "default": 0.5},
                },
            },
            "Page": {
                "type": "object",
                "properties": {
                    "count": {"type": "integer"},
                    "results": {"type": "array", "items": {"$ref": "#/components/schemas/A"}},
                },
            },
        }
    },
}


@pytest.fixture(scope="module")
def operation() -> Operation:
    return reference_read(DOCUMENT).sections[0].operations[0]


def _all() -> list[Operation]:
    return [operation for section in reference().sections for operation in section.operations]


# --- reading a document -------------------------------------------------------------------------------


def test_it_sorts_operations_by_resource_and_splits_what_is_said(operation):
    section = reference_read(DOCUMENT).sections[0]

    assert (section.id, section.title) == ("some-things", "Some things")
    assert (operation.method, operation.path, operation.scope) == ("PATCH", "/a/{id}/", "a:write")
    assert (operation.summary, operation.description) == ("Changes it.", "With `care`.")


def test_it_tells_parameters_with_their_choices_in_words(operation):
    state = operation.query_parameters[0]

    assert (state.type, state.required, state.description) == ("text", True, "Only these.")
    assert [(choice.value, choice.label) for choice in state.choices] == [("on", "Switched on"), ("off", "")]


def test_it_tells_each_form_of_a_body_with_inner_fields_and_stops_at_a_shape_that_holds_itself(operation):
    whole, rows = operation.bodies

    assert (whole.title, rows.type) == ("Whole", "list of any value")
    names = [field.name for field in whole.fields]
    assert names[:4] == ["kind", "name", "parts", "parts[].kind"]
    assert len(names) < 20
    by_name = {field.name: field for field in whole.fields}
    assert by_name["kind"].description == "Which."
    assert [choice.value for choice in by_name["kind"].choices] == ["x", "y"]
    assert by_name["at"].type == "date or null"
    assert by_name["name"].limits == "up to 40 characters"
    assert by_name["share"].limits == "at least 0; when left out: 0.5"
    assert (by_name["parts[].kind"].parent, by_name["parts[].kind"].last) == ("parts[].", "kind")


def test_it_tells_what_a_row_of_a_page_has_and_keeps_failures_apart(operation):
    answer = operation.answers[0]

    assert (answer.status, answer.words, answer.is_paged) == (200, "OK", True)
    assert answer.shapes[0].fields[0].name == "kind"
    assert operation.failures == (404,)


def test_its_example_holds_the_required_fields_and_survives_a_quote(operation):
    words = shlex.split(operation.examples[0].text)

    assert "$BEARING/a/7/?state=on" in words
    assert json.loads(words[-1]) == {"kind": "x", "name": "It's mine"}
    assert [example.title for example in operation.examples] == ["Whole", ""]


def test_the_filter_keeps_what_has_every_word():
    whole = reference()

    found = reference_filter(whole, "GOALS:write Retires")

    assert {o.id for s in found.sections for o in s.operations} == {
        "goals_retire_create",
        "mappings_retire_create",
    }
    assert reference_filter(whole, "nothing-like-it").sections == ()
    assert reference_filter(whole, "  ") is whole


# --- this installation's document ---------------------------------------------------------------------


def test_the_reference_is_made_without_the_database_and_once():
    reference.cache_clear()

    assert reference() is reference()
    assert reference().count > 50


def test_every_operation_says_what_it_does_and_which_scope_it_needs():
    for operation in _all():
        assert operation.summary, operation.id
        assert operation.scope in SCOPES, operation.id
        assert operation.scope.endswith(":read") == (operation.method == "GET"), operation.id
        assert operation.answers, operation.id


def test_every_example_can_be_pasted_into_a_shell():
    for operation in _all():
        for example in operation.examples:
            words = shlex.split(example.text)
            assert words[0] == "curl"
            assert "{" not in next(word for word in words if word.startswith("$BEARING"))
            if "--data" in words:
                json.loads(words[words.index("--data") + 1])


def test_every_body_example_holds_what_is_required():
    for operation in _all():
        for shape in operation.bodies:
            if isinstance(shape.sample, dict):
                wanted = {field.name for field in shape.fields if field.required and field.depth == 0}
                assert wanted <= set(shape.sample), operation.id


def test_each_way_to_push_figures_works_as_the_example_says(alice, product, product_team):
    for key in ("activation-rate", "sign-ups"):
        MetricFactory(product=product, key=key, frequency="weekly")
    client = APIClient()
    client.force_authenticate(alice)
    push = next(operation for operation in _all() if operation.id == "observations_push")

    for example in push.examples:
        words = shlex.split(example.text)
        kind = next(word for word in words if word.startswith("Content-Type: ")).partition(": ")[2]
        response = client.generic("POST", "/api/v1/observations/", words[-1], content_type=kind)
        assert response.status_code == 201, (example.title, response.content)

    assert [example.title for example in push.examples] == ["Rows", "Columns", "CSV"]
    assert Observation.objects.count() == 2


# --- the guide ----------------------------------------------------------------------------------------


def test_the_guide_tells_everything_a_first_call_needs():
    titles = [chapter.title for chapter in guide()]

    assert titles == [
        "First steps",
        "Tokens",
        "Lists",
        "Changing something",
        "How likely a target is",
        "What the figures say of a belief",
        "What a quarter said of a goal",
        "What a proposal changes",
        "Errors",
        "How many calls",
    ]
    assert {block.kind for chapter in guide() for block in chapter.blocks} == {"paragraph", "code", "table"}


def test_the_guides_changes_are_such_as_can_be_proposed():
    calendar = FiscalCalendar()
    context = ChangeContext(
        calendar=calendar,
        first_quarter=calendar.parse("2027-Q1"),
        direction="increase",
        impact_metrics={},
        outcome_metrics={"sign-ups": "Sign-ups"},
        mappings={
            number: MappingFact(number, f"m{number}", "M", "It moves.", "+", None, 0, 2, "")
            for number in (4, 5)
        },
    )
    (chapter,) = (chapter for chapter in guide() if chapter.title == "What a proposal changes")
    targets, changes = (json.loads(block.text) for block in chapter.blocks if block.kind == "code")

    assert change_clean("revise_target", targets, context) == targets
    assert len(change_clean("change_mappings", changes, context)["changes"]) == 3


def test_a_version_is_asked_for_wherever_one_is_checked():
    asked = {operation.id for operation in _all() if operation.header_parameters}

    assert {
        "goals_activate_create",
        "proposals_submit_create",
        "targets_agree_create",
        "teams_partial_update",
    } <= asked
    assert not asked & {
        "boards_sync_create",
        "boards_check_create",
        "imports_take_back_create",
        "goals_create",
    }


def test_the_guide_keeps_blank_lines_of_code_and_cells_of_tables():
    (chapter,) = guide_read(
        "Before.\n\n## One two\n\nText\nmore.\n\n```sh\na\n\nb\n```\n\n| A | B |\n|---|---|\n| 1 | `2` |\n"
    )

    paragraph, code, table = chapter.blocks
    assert (chapter.id, paragraph.html, code.text) == ("guide-one-two", "Text more.", "a\n\nb")
    assert (table.head, table.rows) == (("A", "B"), (("1", "<code>2</code>"),))


def test_marks_become_elements_and_everything_else_is_escaped():
    assert inline("**a** *b* `<c>` [d](/e/) [f](g.yaml)") == (
        '<b>a</b> <em>b</em> <code>&lt;c&gt;</code> <a href="/e/">d</a> f'
    )
    assert inline("[x](javascript:alert)") == "x"
    assert marked("<script>\n\ntwo") == "<p>&lt;script&gt;</p><p>two</p>"


# --- the page -----------------------------------------------------------------------------------------


class _Ids(HTMLParser):
    """Ids, and the places on the same page that links lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: set[str] = set()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a" and (given.get("href") or "").startswith("#"):
            self.targets.add(given["href"][1:])


@pytest.fixture(params=["", "?q=goals"])
def page(request, client, db) -> str:
    response = client.get(reverse("api-docs") + request.param)
    assert response.status_code == 200
    return response.content.decode()


def test_every_link_on_the_page_leads_somewhere_and_every_id_is_one_places(page):
    parser = _Ids()
    parser.feed(page)

    assert sorted(parser.ids) == sorted(set(parser.ids))
    assert parser.targets <= set(parser.ids)


def test_the_page_needs_no_relaxed_policy_and_nothing_from_elsewhere(client, db):
    response = client.get(reverse("api-docs"))

    page = response.content.decode()
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "<style" not in page
    assert "<script>" not in page
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)


def test_the_page_shows_all_operations_to_anybody_and_the_shell_to_who_is_logged_in(client, logged_in, alice):
    anonymous = client.get(reverse("api-docs")).content.decode()
    known = logged_in(alice).get(reverse("api-docs")).content.decode()

    assert (
        anonymous.count('<article class="apiop"')
        == known.count('<article class="apiop"')
        == reference().count
    )
    assert "Log in" in anonymous
    assert 'class="side"' not in anonymous
    assert 'class="side"' in known


def test_the_page_is_filtered_without_script_and_by_part(client, db):
    whole = client.get(reverse("api-docs"), {"q": "sync-runs list"})
    part = client.get(reverse("api-docs"), {"q": "sync-runs list"}, headers={"HX-Request": "true"})
    nothing = client.get(reverse("api-docs"), {"q": "<b>nothing"})

    assert whole.content.decode().count('<article class="apiop"') == 1
    assert part.content.decode().lstrip().startswith('<div class="apiref"')
    assert "No operation matches" in nothing.content.decode()
    assert "<b>nothing" not in nothing.content.decode()


def test_the_page_costs_no_query_for_who_is_not_logged_in(client, django_assert_num_queries, db):
    client.get(reverse("api-docs"))

    with django_assert_num_queries(0):
        client.get(reverse("api-docs"))
