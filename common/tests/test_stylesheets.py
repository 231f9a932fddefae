"""The style sheets and templates keep their promises: equal dark lists, contrast, no inline style or script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CSS = ROOT / "static" / "css"
TEMPLATES = ROOT / "templates"
TOKENS = (CSS / "tokens.css").read_text()
# Text needs 4.5:1, graphics and field borders 3:1 (WCAG 2.2, 1.4.3 and 1.4.11).
TEXT_PAIRS = [
    ("text", "surface"),
    ("text-2", "surface"),
    ("text-3", "surface"),
    ("text-3", "bg"),
    ("text-3", "surface-2"),
    ("text-2", "surface-2"),
    ("text-3", "hover"),
    ("accent-text", "surface"),
    ("accent-text", "bg"),
    ("accent-text", "accent-weak"),
    ("on-accent", "accent"),
    ("on-ink", "ink"),
    *[(f"{kind}-text", f"{kind}-weak") for kind in ("good", "warn", "bad", "none", "open")],
    *[(f"{kind}-text", "surface") for kind in ("good", "warn", "bad", "none", "open")],
    ("on-bad", "bad"),
    *[(f"av{number}-text", f"av{number}") for number in range(1, 6)],
]
GRAPHIC_PAIRS = [
    *[
        (name, "surface")
        for name in (
            "field",
            "good",
            "warn",
            "bad",
            "none",
            "open",
            "c1",
            "c2",
            "c3",
            "c4",
            "target",
            "focus",
        )
    ],
    ("focus", "bg"),
]


def _block(selector: str) -> dict[str, str]:
    start = TOKENS.index(selector)
    body = TOKENS[TOKENS.index("{", start) + 1 : TOKENS.index("}", start)]
    return {name: value.strip() for name, value in re.findall(r"--([a-z0-9-]+):\s*([^;]+);", body)}


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_both_dark_lists_are_equal_and_name_the_same_tokens_as_the_light_one() -> None:
    chosen, followed = _block('[data-theme="dark"]'), _block(":root:not([data-theme])")

    assert chosen == followed
    assert chosen.keys() == _block(":root {").keys()


@pytest.mark.parametrize("theme", [":root {", '[data-theme="dark"]'])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [(*pair, 4.5) for pair in TEXT_PAIRS] + [(*pair, 3.0) for pair in GRAPHIC_PAIRS],
)
def test_colours_stand_apart_enough(theme: str, front: str, back: str, least: float) -> None:
    tokens = _block(theme)

    assert _contrast(tokens[front], tokens[back]) >= least


def test_every_token_used_is_defined() -> None:
    defined = set(re.findall(r"--([a-z0-9-]+):", TOKENS))
    used = {
        (name, sheet.name)
        for sheet in CSS.glob("*.css")
        for name in re.findall(r"var\(--([a-z0-9-]+)", sheet.read_text())
    }

    assert {(name, sheet) for name, sheet in used if name not in defined} == set()


def _sources() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


def test_no_template_has_an_inline_style_script_or_handler() -> None:
    bad = [
        f"{path.relative_to(TEMPLATES)}: {found.group(0)[:60]}"
        for path in _sources()
        for found in re.finditer(
            r"""\sstyle=|<style\b|\son[a-z]+=["']|javascript:|<script(?![^>]*\b(?:src=|type="application/json"))""",
            path.read_text(),
        )
    ]

    assert bad == []


def test_nothing_is_fetched_from_another_host() -> None:
    pattern = r"""(?:src|href)=["'](?:https?:)?//|@import|url\((?:https?:)?//"""
    files = [*_sources(), *CSS.glob("*.css")]

    # A link that a reader follows is fine; a style sheet, script or picture is not.
    found = [
        f"{path.name}: {line.strip()[:80]}"
        for path in files
        for line in path.read_text().splitlines()
        if re.search(pattern, line) and not re.search(r"<a\b", line)
    ]

    assert found == []


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'id="i-([a-z0-9]+)"', (TEMPLATES / "components" / "_icons.html").read_text()))
    named = {
        name
        for path in _sources()
        for name in re.findall(r"""\{% icon ["']([a-z0-9]+)["']""", path.read_text())
    }
    from common.display import words
    from common.templatetags.bearing import NOTICE_ICONS

    named |= {word.icon for family in (*words.FAMILIES.values(), words.EVIDENCE) for word in family.values()}
    named |= set(NOTICE_ICONS.values())

    assert named - drawn == set()


def test_every_vendored_folder_has_its_licence_and_is_listed() -> None:
    vendor = ROOT / "static" / "vendor"
    listed = (vendor / "README.md").read_text()

    for folder in (path for path in vendor.iterdir() if path.is_dir()):
        assert (folder / "LICENSE").exists()
        assert f"`{folder.name}/`" in listed
