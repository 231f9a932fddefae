"""The frame of every page as plain values: who is there, which product, what can be gone to.

Nothing here decides what a page shows. A navigation item whose address does not exist is left out, so that a
later page only has to bring its URL name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from common.display.markup import avatar_colour
from common.display.values import initials
from contest.models import Contest
from teams.models import Product
from teams.permissions import may_bring_back
from teams.querysets import visible_products_sql
from teams.selectors import organisation_get

if TYPE_CHECKING:
    from teams.models import User


@dataclass(frozen=True)
class NavItem:
    """One place to go. `count_words` says what is counted: "open", "failing". `key` is its letter after G."""

    label: str
    icon: str
    url: str
    current: bool = False
    count: int = 0
    count_words: str = ""
    hot: bool = False
    key: str = ""


@dataclass(frozen=True)
class NavSection:
    label: str
    items: tuple[NavItem, ...]


@dataclass(frozen=True)
class NavLink:
    label: str
    url: str
    current: bool = False


@dataclass(frozen=True)
class Person:
    """Whoever looks. `theme` is light, dark, or empty for as the device has it."""

    name: str = ""
    email: str = ""
    initials: str = ""
    colour: int = 1
    theme: str = ""
    shortcuts: bool = True
    is_admin: bool = False


@dataclass(frozen=True, eq=False)
class Places:
    """Where one can go from a page: plain values. The same object again while all of them are the same, so that the
    navigation's markup is remembered by it without a comparison of each."""

    sections: tuple[NavSection, ...] = ()
    foot: tuple[NavItem, ...] = ()
    tabbar: tuple[NavItem, ...] = ()
    account: tuple[NavItem, ...] = ()
    help: tuple[NavLink, ...] = ()
    goes: tuple[NavItem, ...] = ()
    search_url: str = ""
    theme_url: str = ""
    logout_url: str = ""
    me_url: str = ""


@dataclass(frozen=True)
class Shell:
    """Everything that base.html needs."""

    person: Person
    places: Places
    product: Product | None = None
    product_name: str = "Bearing"
    others: tuple[NavLink, ...] = ()
    quarter: str = ""
    here: str = "/"
    is_archived: bool = False
    bring_back_url: str = ""  # empty for who may not

    @property
    def in_product(self) -> bool:
        """Whether the page belongs to a product."""
        return self.product is not None


@dataclass(frozen=True)
class _Entry:
    """A navigation item before it is known whether its page exists."""

    label: str
    icon: str
    url_name: str
    key: str = ""
    count: str = ""  # a count that comes with the product
    count_words: str = ""
    hot: bool = False


_STRATEGY = (
    _Entry("Overview", "home", "overview", "o"),
    _Entry("Goals", "goal", "strategy:goal-list", "g"),
    _Entry("Evidence", "evidence", "strategy:evidence-list", "e"),
    _Entry("Contests", "contest", "contest:contest-list", "c", "open_contests", "open", hot=True),
    _Entry("Strategy health", "health", "reviews:health", "h"),
)
_DELIVERY = (
    _Entry("Teams", "team", "teams:team-list", "t"),
    _Entry("Metrics", "metric", "metrics:metric-list", "m"),
    _Entry("Roadmap", "board", "roadmap:roadmap", "r"),
    _Entry("Insights", "insight", "strategy:insight-list", "i"),
)
_REVIEWS = (
    _Entry("Weekly review", "review", "reviews:weekly", "w"),
    _Entry("Quarterly reports", "report", "reviews:report-list", "q"),
)
_SOURCES = (
    _Entry("Boards", "source", "roadmap:board-list", "b", "failing_boards", "failing", hot=True),
    _Entry("Imports", "upload", "metrics:import-list"),
)
_ORGANISATION = (_Entry("Home", "home", "home", "o"), _Entry("Products", "goal", "teams:product-list"))
_ADMIN = (
    _Entry("Settings", "gear", "teams:settings"),
    _Entry("People", "team", "teams:people-list"),
    _Entry("Background jobs", "sync", "job-list"),
    _Entry("Activity", "history", "teams:activity"),
    _Entry("Sample data", "archive", "sample"),
)
_ACCOUNT = (
    _Entry("Your settings", "user", "teams:me"),
    _Entry("API tokens", "key", "teams:token-list"),
    _Entry("Change password", "lock", "account_change_password"),
)
_HELP = (_Entry("Help", "help", "help"), _Entry("API documentation", "file", "api-docs"))
_TABS = ("Overview", "Goals", "Roadmap", "Contests", "Teams")


def shell_of(request: HttpRequest) -> Shell:
    """The shell of this request, built once by whoever asks first: the view or the base template."""
    held: Shell | None = getattr(request, "_shell", None)
    if held is None:
        held = shell_build(request)
        request._shell = held  # type: ignore[attr-defined]
    return held


def shell_build(request: HttpRequest, *, now: datetime | None = None) -> Shell:
    """The shell for one request: at most two queries (three in the archive), however many products there are."""
    now = now or timezone.now()
    user = request.user
    here = request.get_full_path()
    if isinstance(user, AnonymousUser) or not user.is_authenticated:
        return Shell(person=Person(), places=Places(help=_links(_HELP, request.path)), here=here)
    slug = (request.resolver_match.kwargs if request.resolver_match else {}).get("product")
    products = list(_products(user, slug))
    product = next((product for product in products if product.slug == slug), None)
    is_archived = product is not None and product.archived_at is not None
    organisation = organisation_get()
    return Shell(
        person=_person(user),
        places=_places(_counted(product), user.is_superuser, request.path),
        product=product,
        product_name=product.name if product else organisation.name,
        others=_switcher(products, product),
        quarter=organisation.calendar.quarter_of(organisation.today(now)).label,
        here=here,
        is_archived=is_archived,
        bring_back_url=product.bring_back_url
        if product and is_archived and may_bring_back(user, product)
        else "",
    )


# By hand: compiling it anew costs each page five times what the database takes.
_PRODUCTS = """SELECT p.*,
  CASE WHEN p.slug = %s THEN (
    SELECT count(*) FROM contest_contest c JOIN strategy_goal g ON g.id = c.goal_id
    WHERE g.product_id = p.id AND c.phase NOT IN (%s, %s)) ELSE 0 END AS open_contests,
  CASE WHEN p.slug = %s THEN (
    SELECT count(*) FROM roadmap_board b JOIN teams_team t ON t.id = b.team_id
    WHERE t.product_id = p.id AND b.archived_at IS NULL AND b.failures > 0) ELSE 0 END AS failing_boards
FROM teams_product p WHERE (p.archived_at IS NULL OR p.slug = %s) AND {} ORDER BY p.name"""


def _products(user: User, slug: str | None) -> Iterable[Any]:
    """The products in use that the user may see, and the one at `slug`, archived or not, with its counts. One query."""
    visible, values = visible_products_sql(user, "p.id")
    over = [Contest.Phase.DECIDED.value, Contest.Phase.CANCELLED.value]
    here = slug or ""
    return Product.objects.raw(_PRODUCTS.format(visible), [here, *over, here, here, *values])


def _person(user: User) -> Person:
    name = str(user)
    return Person(
        name=name,
        email=user.email,
        initials=initials(name),
        colour=avatar_colour(name),
        theme="" if user.theme == "system" else user.theme,
        shortcuts=user.shortcuts,
        is_admin=user.is_superuser,
    )


class _Counted(NamedTuple):
    """What the navigation shows of a product."""

    slug: str
    open_contests: int
    failing_boards: int


def _counted(product: Any) -> _Counted | None:
    """The product as `_products` read it, its counts included."""
    return product and _Counted(product.slug, product.open_contests, product.failing_boards)


@lru_cache(maxsize=1024)
def _places(product: _Counted | None, is_admin: bool, path: str) -> Places:
    """Where one can go from the page at `path`."""
    sections = _sections(product, path)
    foot = (_items(_SOURCES, product, path) if product else ()) + (
        _items(_ADMIN, None, path) if is_admin else ()
    )
    items = [item for section in sections for item in section.items]
    return Places(
        sections=sections,
        foot=foot,
        tabbar=tuple(item for label in _TABS for item in items if item.label == label) if product else (),
        account=_items(_ACCOUNT, None, path),
        help=_links(_HELP, path),
        goes=tuple(item for item in (*items, *foot) if item.key),
        search_url=_url("search"),
        theme_url=_url("teams:me-theme"),
        logout_url=_url("account_logout"),
        me_url=_url("teams:me"),
    )


def _sections(product: _Counted | None, path: str) -> tuple[NavSection, ...]:
    plan: list[tuple[str, Sequence[_Entry]]]
    if product is None:
        plan = [("", _ORGANISATION)]
    else:
        plan = [("Strategy", _STRATEGY), ("Delivery", _DELIVERY), ("Reviews", _REVIEWS)]
    sections = (NavSection(label, _items(entries, product, path)) for label, entries in plan)
    return tuple(section for section in sections if section.items)


def _items(entries: Sequence[_Entry], product: _Counted | None, path: str) -> tuple[NavItem, ...]:
    """The items whose pages exist; the one with the longest matching address is the current one."""
    items = []
    for entry in entries:
        if url := _url(entry.url_name, *([product.slug] if product else [])):
            count = getattr(product, entry.count, 0) if entry.count else 0
            items.append(
                NavItem(
                    label=entry.label,
                    icon=entry.icon,
                    url=url,
                    count=count,
                    count_words=entry.count_words,
                    hot=entry.hot,
                    key=entry.key,
                )
            )
    root = _url("overview", product.slug) if product else "/"
    matching = [
        item.url for item in items if path == item.url or (item.url != root and path.startswith(item.url))
    ]
    current = max(matching, key=len, default="")
    return tuple(replace(item, current=item.url == current) for item in items)


def _switcher(products: Sequence[Product], product: Product | None) -> tuple[NavLink, ...]:
    """The menu of products; empty when there is nothing to switch to."""
    if len(products) < 2 and product is not None:
        return ()
    links = [
        NavLink(label=other.name, url=url, current=other == product)
        for other in products
        if (url := _url("overview", other.slug))
    ]
    every = _url("teams:product-list")
    return (*links, NavLink("All products", every)) if links and every else tuple(links)


def _links(entries: Sequence[_Entry], path: str) -> tuple[NavLink, ...]:
    return tuple(NavLink(item.label, item.url, item.current) for item in _items(entries, None, path))


@lru_cache(maxsize=4096)
def _url(name: str, *args: str) -> str:
    """The address, or nothing where the page does not exist; asked for thirty times a page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
