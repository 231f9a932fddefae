"""Products: made, renamed, archived, brought back; by whom, and what happens when two do it at once."""

from __future__ import annotations

import pytest

from common.audit import audit_list
from common.errors import ApplicationError, ConflictError
from teams.models import Membership, Product, Team
from teams.services.products import product_archive, product_create, product_restore, product_update


def test_a_new_product_comes_with_its_product_team_and_a_manager(organisation, dana, now):
    product = product_create(actor=dana, name="  Ledger   Pro ", now=now, description="Books")

    team = Team.objects.get(product=product)
    assert (product.name, product.slug, team.kind) == ("Ledger Pro", "ledger-pro", "product")
    assert Membership.objects.get(team=team).user == dana
    assert Membership.objects.get(team=team).role == "product_manager"
    assert audit_list(product)[0].action == "product created"


def test_it_refuses_a_second_product_of_the_same_name(product, dana, now):
    with pytest.raises(ApplicationError, match="of that name already") as caught:
        product_create(actor=dana, name="FIELDNOTE", now=now)

    assert caught.value.field == "name"
    assert Product.objects.count() == 1


def test_a_name_without_letters_of_the_alphabet_gets_an_address_too(organisation, dana, now):
    first = product_create(actor=dana, name="手帳", now=now)
    second = product_create(actor=dana, name="帳簿", now=now)

    assert (first.slug, second.slug) == ("product", "product-2")


def test_an_address_that_old_links_use_is_not_given_away(product, alice, dana, now):
    product_update(actor=alice, product=product, expected_version=1, name="Notebook", description="")

    other = product_create(actor=dana, name="Fieldnote", now=now)

    assert other.slug == "fieldnote-2"


def test_a_renamed_product_leads_its_old_links_to_the_same_page(product, alice, logged_in):
    product_update(actor=alice, product=product, expected_version=1, name="Notebook", description="")

    response = logged_in(alice).get("/p/fieldnote/teams/?archived=1")

    assert response.status_code == 301
    assert response["Location"] == "/p/notebook/teams/?archived=1"


def test_a_stranger_learns_nothing_from_an_old_address(product, alice, charlie, logged_in):
    product_update(actor=alice, product=product, expected_version=1, name="Notebook", description="")

    assert logged_in(charlie).get("/p/fieldnote/teams/").status_code == 404


def test_renaming_there_and_back_leaves_one_address(product, alice):
    product_update(actor=alice, product=product, expected_version=1, name="Notebook", description="")
    product_update(actor=alice, product=product, expected_version=2, name="Fieldnote", description="")

    product.refresh_from_db()
    assert product.slug == "fieldnote"


def test_the_second_of_two_who_save_sees_both_versions(product, alice, logged_in):
    browser = logged_in(alice)
    product_update(actor=alice, product=product, expected_version=1, name="Fieldnote", description="Theirs")

    response = browser.post(
        "/p/fieldnote/edit/", {"name": "Fieldnote", "description": "Mine", "version": "1"}
    )

    page = response.content.decode()
    assert response.status_code == 409
    assert "Theirs" in page
    assert "Mine" in page
    assert Product.objects.get().description == "Theirs"
    assert 'name="version" value="2"' in page

    again = browser.post("/p/fieldnote/edit/", {"name": "Fieldnote", "description": "Mine", "version": "2"})
    assert again.status_code == 302
    assert Product.objects.get().description == "Mine"


def test_it_is_archived_and_brought_back(product, alice, now):
    product_archive(actor=alice, product=product, expected_version=1, now=now)
    with pytest.raises(ApplicationError, match="archived already"):
        product_archive(actor=alice, product=product, expected_version=2, now=now)
    product.refresh_from_db()

    product_restore(actor=alice, product=product, expected_version=product.version)

    actions = [event.action for event in audit_list(product)]
    assert Product.objects.get().archived_at is None
    assert actions == ["product brought back", "product archived"]


def test_archiving_with_an_old_version_changes_nothing(product, alice, now):
    with pytest.raises(ConflictError):
        product_archive(actor=alice, product=product, expected_version=9, now=now)

    assert Product.objects.get().archived_at is None


def test_the_archive_button_offers_the_way_back(product, alice, logged_in):
    browser = logged_in(alice)

    page = browser.post("/p/fieldnote/archive/", follow=True).content.decode()

    assert "/p/fieldnote/bring-back/" in page
    assert Product.objects.get().archived_at is not None


def test_only_admins_make_products(alice, dana, logged_in):
    assert logged_in(alice).post("/products/new/", {"name": "Mine"}).status_code == 403

    response = logged_in(dana).post("/products/new/", {"name": "Ledger", "is_sample": "on", "slug": "evil"})

    made = Product.objects.get(name="Ledger")
    assert response["Location"] == "/p/ledger/start/"
    assert (made.slug, made.is_sample) == ("ledger", False)


def test_an_empty_name_is_refused_with_the_text_kept(dana, logged_in):
    response = logged_in(dana).post("/products/new/", {"name": "  ", "description": "Keep these words"})

    assert response.status_code == 422
    assert "Keep these words" in response.content.decode()


def test_markup_in_a_name_is_shown_as_text(product, alice, dana, logged_in):
    name = "<script>alert(1)</script>"
    product_update(actor=alice, product=product, expected_version=1, name=name, description=name)

    page = logged_in(dana).get("/products/").content.decode()

    assert name not in page
    assert "&lt;script&gt;" in page
