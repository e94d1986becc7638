"""Contrast of the theme, and of what a page really uses, in light and dark."""

from __future__ import annotations

import colorsys

import pytest

from newsletter.content.mailinglist import Theme
from newsletter.rendering.checks import Severity
from newsletter.rendering.checks.contrast import contrast
from tests.rendering.checks.looking import clean_digest, found, look, with_foot


def test_ratios_are_those_of_wcag() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("white", "#767676") == pytest.approx(4.54, abs=0.01)
    assert contrast("rgb(119, 119, 119)", "#fff") == pytest.approx(4.48, abs=0.01)
    assert contrast("var(--ink)", "#fff") is None


def test_the_default_theme_can_be_read() -> None:
    assert look(clean_digest(theme=Theme())) == ()


def inverted(colour: str) -> str:
    """As clients that darken by force do: the same hue, its lightness turned round."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    turned = colorsys.hls_to_rgb(hue, 1 - lightness, saturation)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in turned)


@pytest.mark.parametrize("ground", ["paper", "ground"])
@pytest.mark.parametrize("ink", ["ink", "muted", "accent"])
def test_the_default_colours_survive_a_client_that_inverts_them(ink: str, ground: str) -> None:
    theme = Theme()
    ratio = contrast(inverted(getattr(theme, ink)), inverted(getattr(theme, ground)))
    assert ratio is not None
    assert ratio >= 4.5


def test_a_theme_that_is_hard_to_read_names_its_values() -> None:
    findings = look(clean_digest(theme=Theme(muted="#777777")))
    places = {f.where: f.severity for f in findings if f.code == "contrast"}
    assert places == {
        "list.toml: theme.muted on theme.paper": Severity.WARNING,
        "list.toml: theme.muted on theme.ground": Severity.WARNING,
    }


def test_a_dark_theme_is_looked_at_too_and_unreadable_is_an_error() -> None:
    findings = look(clean_digest(theme=Theme(dark_accent="#1c2a33")))
    places = {f.where: f.severity for f in findings if f.code == "contrast"}
    assert places["list.toml: theme.dark_accent on theme.dark_paper"] is Severity.ERROR


def test_a_colour_of_the_templates_own_is_found_where_it_is_used() -> None:
    pale = '<p style="color:#b0b0b0">Pale words.</p>'
    findings = look(clean_digest(), with_foot(pale))
    light = next(f for f in findings if f.where == "the light colours")
    assert "#b0b0b0 on #f3f1ec" in light.what
    assert "Pale words." in light.what
    assert (light.severity, light.readers) == (Severity.ERROR, 42)


def test_a_colour_that_dark_mode_forgot_is_found() -> None:
    ink = '<p style="color:#333333">Dark words.</p>'
    finding = found(look(clean_digest(), with_foot(ink)), "contrast")
    assert finding.where == "the dark colours"
    assert "#333333 on #12151a" in finding.what


def test_large_type_needs_less() -> None:
    small = '<p style="color:#8a8a8a">Words.</p>'
    large = '<p style="color:#8a8a8a; font-size:24px">Words.</p>'
    bold = '<p style="color:#8a8a8a; font:bold 19px/24px serif">Words.</p>'
    lights = []
    for piece in (small, large, bold):
        findings = look(clean_digest(), with_foot(piece))
        lights.append([f for f in findings if f.where == "the light colours"])
    assert [len(found_lights) for found_lights in lights] == [1, 0, 0]


def test_what_is_hidden_is_not_read() -> None:
    unseen = '<p style="display:none; color:#f3f1ec">Words.</p>'
    assert look(clean_digest(), with_foot(unseen)) == ()
