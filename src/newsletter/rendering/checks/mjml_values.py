"""What values MJML's attributes take (MJML 4.18's own types): lengths, colours, one of some words.

An attribute that is not here takes any text, as far as MJML says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

# One line each: the type as MJML writes it | attributes | the components where it holds, else all.
_TABLE = """
boolean | fluid-on-mobile
color | background-color border-color color container-background-color ico-color
color | inner-background-color tb-hover-border-color tb-selected-border-color
enum(auto,fixed) | table-layout | mj-social
enum(auto,fixed,initial,inherit) | table-layout | mj-table
enum(file-start) | position
enum(full-width,false,) | full-width
enum(horizontal,vertical) | mode | mj-social
enum(left,center,right) | align ico-align text-align
enum(left,right) | icon-position
enum(left,center,right,justify) | align | mj-text
enum(ltr,rtl) | direction
enum(none,presentation) | role
enum(repeat,no-repeat) | background-repeat
enum(top,middle,bottom) | vertical-align icon-align
enum(visible,hidden,supported) | thumbnails
integer | cellpadding cellspacing
unit(px) | border-width font-size gap
unit(px) | border-radius | mj-social-element
unit(px) | width | mj-body mj-breakpoint mj-image
unit(px,%) | background-height background-width height ico-font-size icon-height icon-size
unit(px,%) | icon-width inner-padding-top inner-padding-right inner-padding-bottom
unit(px,%) | inner-padding-left ico-padding-top ico-padding-right ico-padding-bottom
unit(px,%) | ico-padding-left max-height padding-top padding-right padding-bottom padding-left
unit(px,%) | tb-width
unit(px,%) | width | mj-button mj-column mj-divider mj-group
unit(px,%) | border-radius | mj-social
unit(px,%) | tb-border-radius | mj-carousel
unit(px,%){1,4} | ico-padding icon-padding inner-border-radius inner-padding padding text-padding
unit(px,%){1,4} | border-radius | mj-column mj-image mj-carousel mj-carousel-image
unit(px,%){1,4} | tb-border-radius | mj-carousel-image
unit(px,%,) | line-height ico-line-height
unit(px,%,auto) | width | mj-table
unit(px,auto) | height | mj-image
unitWithNegative(px,em) | letter-spacing
"""

_COLOUR_NAMES = """
aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet
brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue
darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange
darkorchid darkred darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise
darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen
fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred
indigo inherit ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral
lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen
lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta
maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue
mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin
navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen
paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple
red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue
slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato transparent
turquoise violet wheat white whitesmoke yellow yellowgreen
"""
_COLOUR = re.compile(
    r"#(?:[0-9a-f]{3}){1,2}|rgb\(\d{1,3},\s?\d{1,3},\s?\d{1,3}\)"
    r"|rgba\(\d{1,3},\s?\d{1,3},\s?\d{1,3},\s?\d(?:\.\d{1,3})?\)"
    rf"|{'|'.join(_COLOUR_NAMES.split())}",
    re.IGNORECASE,
)
_TYPE = re.compile(r"(?P<kind>\w+)(?:\((?P<words>[^)]*)\))?(?P<times>\{1,4\})?")


def _rows() -> Iterator[tuple[tuple[str, str], str]]:
    for line in _TABLE.strip().splitlines():
        kind, attributes, *where = (part.strip() for part in line.split("|"))
        for component in where[0].split() if where else [""]:
            yield from (((component, attribute), kind) for attribute in attributes.split())


_TYPES: Mapping[tuple[str, str], str] = dict(_rows())


def type_of(component: str, attribute: str) -> str:
    """The type of a component's attribute as MJML writes it; empty if it takes any text."""
    return _TYPES.get((component, attribute)) or _TYPES.get(("", attribute), "")


def expected(component: str, attribute: str, value: str) -> str:
    """What that attribute wants in place of `value`, in words; empty if the value will do."""
    kind = type_of(component, attribute)
    if not kind:
        return ""
    pattern, words = _wanted(kind)
    return "" if pattern.fullmatch(value) else words


@cache
def _wanted(kind: str) -> tuple[re.Pattern[str], str]:
    """The values of a type, as a pattern and in words."""
    parts = _TYPE.fullmatch(kind)
    assert parts is not None  # noqa: S101 (the types of the table above)
    words = (parts["words"] or "").split(",")
    match parts["kind"]:
        case "boolean":
            return re.compile("true|false", re.IGNORECASE), "true or false"
        case "color":
            return _COLOUR, "a colour, such as #1c2430, rgb(28,36,48) or black"
        case "integer":
            return re.compile(r"\d+"), "a whole number"
        case "enum":
            return re.compile("|".join(map(re.escape, words))), _listed(words)
    sign = "-?" if parts["kind"] == "unitWithNegative" else ""
    return _lengths(sign, words, parts["times"] or "")


def _lengths(sign: str, units: list[str], times: str) -> tuple[re.Pattern[str], str]:
    measured = [unit for unit in units if unit != "auto"]
    one = rf"(?:{sign}[\d.,]+(?:{'|'.join(measured)})|0{'|auto' if 'auto' in units else ''})"
    said = "one to four lengths" if times else "a length"
    named = ["no unit" if unit == "" else unit for unit in measured]
    also = " or auto" if "auto" in units else ""
    return re.compile(rf"(?:{one} ?){times or '{1}'}"), f"{said} in {_listed(named)}{also}"


def _listed(words: list[str]) -> str:
    named = [word or "nothing" for word in words]
    return " or ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
