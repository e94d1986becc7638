"""MJML's components, their attributes, and what may stand in each (MJML 4.18, as documented).

The compiler that we use takes whatever it is given, so a misspelt attribute would be lost without
a word; the reference compiler's validation knows these.
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PADDING = "padding padding-top padding-right padding-bottom padding-left "
_BORDER = "border border-top border-right border-bottom border-left "
_FONT = "color font-family font-size font-style font-weight line-height text-decoration "
_BLOCK = f"{_PADDING} align container-background-color "
_SECTION = f"""{_PADDING} {_BORDER} border-radius background-color background-url
    background-repeat background-size background-position background-position-x
    background-position-y direction full-width text-align text-padding"""
_LINK = "href name rel target title "
_ACCORDION = """background-color border font-family icon-align icon-width icon-height
    icon-wrapped-url icon-wrapped-alt icon-unwrapped-url icon-unwrapped-alt icon-position"""

EVERYWHERE = _words("css-class mj-class")

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    name: _words(text)
    for name, text in {
        "mjml": "owa lang dir",
        "mj-head": "",
        "mj-attributes": "",
        "mj-breakpoint": "width",
        "mj-html-attributes": "",
        "mj-selector": "path",
        "mj-html-attribute": "name",
        "mj-font": "name href",
        "mj-preview": "",
        "mj-style": "inline",
        "mj-title": "",
        "mj-body": "width background-color",
        "mj-wrapper": f"{_SECTION} gap",
        "mj-section": _SECTION,
        "mj-group": "background-color direction vertical-align width",
        "mj-column": f"""{_PADDING} {_BORDER} border-radius background-color direction
            inner-background-color inner-border inner-border-top inner-border-right
            inner-border-bottom inner-border-left inner-border-radius vertical-align width""",
        "mj-hero": f"""{_PADDING} mode height background-url background-width background-height
            background-position background-color border-radius container-background-color
            inner-background-color inner-padding inner-padding-top inner-padding-right
            inner-padding-bottom inner-padding-left vertical-align""",
        "mj-text": f"""{_BLOCK} {_FONT} background-color height letter-spacing text-transform
            vertical-align""",
        "mj-button": f"""{_BLOCK} {_BORDER} {_FONT} {_LINK} background-color border-radius height
            inner-padding letter-spacing text-transform vertical-align text-align width""",
        "mj-image": f"""{_BLOCK} {_BORDER} {_LINK} alt src srcset sizes border-radius
            fluid-on-mobile width height max-height font-size usemap""",
        "mj-divider": f"{_BLOCK} border-color border-style border-width width",
        "mj-spacer": f"{_PADDING} {_BORDER} container-background-color height",
        "mj-table": f"""{_BLOCK} border cellpadding cellspacing color font-family font-size
            font-weight line-height role table-layout vertical-align width""",
        "mj-raw": "position",
        "mj-social": f"""{_BLOCK} {_FONT} border-radius icon-size icon-height icon-padding
            inner-padding mode table-layout text-padding vertical-align""",
        "mj-social-element": f"""{_PADDING} {_FONT} {_LINK} align alt background-color
            border-radius icon-position icon-size icon-height icon-padding text-padding src srcset
            sizes vertical-align""",
        "mj-navbar": f"""{_PADDING} align base-url hamburger ico-align ico-open ico-close ico-color
            ico-font-size ico-font-family ico-text-transform ico-padding ico-padding-top
            ico-padding-right ico-padding-bottom ico-padding-left ico-text-decoration
            ico-line-height""",
        "mj-navbar-link": f"""{_PADDING} {_FONT} href name target rel letter-spacing
            text-transform""",
        "mj-accordion": f"""{_PADDING} container-background-color border font-family icon-align
            icon-width icon-height icon-wrapped-url icon-wrapped-alt icon-unwrapped-url
            icon-unwrapped-alt icon-position""",
        "mj-accordion-element": _ACCORDION,
        "mj-accordion-title": f"""{_PADDING} background-color color font-size font-family
            font-weight""",
        "mj-accordion-text": f"""{_PADDING} background-color color font-size font-family
            font-weight letter-spacing line-height""",
        "mj-carousel": f"""{_BLOCK} border-radius icon-width left-icon right-icon thumbnails
            tb-border tb-border-radius tb-hover-border-color tb-selected-border-color tb-width""",
        "mj-carousel-image": """alt href rel target title src thumbnails-src border-radius
            tb-border tb-border-radius""",
    }.items()
}

_CONTENT = """mj-accordion mj-button mj-carousel mj-divider mj-image mj-raw mj-social mj-spacer
    mj-table mj-text mj-navbar"""

CHILDREN: Mapping[str, frozenset[str]] = {
    name: _words(text)
    for name, text in {
        "mjml": "mj-head mj-body mj-raw",
        "mj-head": """mj-attributes mj-breakpoint mj-html-attributes mj-font mj-preview mj-style
            mj-title mj-raw""",
        "mj-html-attributes": "mj-selector",
        "mj-selector": "mj-html-attribute",
        "mj-body": "mj-raw mj-section mj-wrapper mj-hero",
        "mj-wrapper": "mj-raw mj-section mj-hero",
        "mj-section": "mj-raw mj-column mj-group",
        "mj-group": "mj-raw mj-column",
        "mj-column": _CONTENT,
        "mj-hero": _CONTENT,
        "mj-social": "mj-social-element mj-raw",
        "mj-navbar": "mj-navbar-link mj-raw",
        "mj-accordion": "mj-accordion-element mj-raw",
        "mj-accordion-element": "mj-accordion-title mj-accordion-text mj-raw",
        "mj-carousel": "mj-carousel-image",
        **dict.fromkeys(("mj-breakpoint", "mj-font", "mj-divider", "mj-image", "mj-spacer"), ""),
    }.items()
}
"""What may stand directly in a component. Those of `ENDING` hold text and HTML instead."""

ENDING = _words(
    """mj-preview mj-style mj-title mj-text mj-button mj-table mj-raw mj-social-element
    mj-navbar-link mj-accordion-title mj-accordion-text mj-carousel-image mj-html-attribute"""
)
