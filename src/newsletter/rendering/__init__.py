"""From a digest to a message's bytes: compiled once, cut at its marks, put together per reader."""

from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_alone, compile_issue
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.mime import dot_stuff
from newsletter.rendering.templates import Template, load_template

__all__ = [
    "Compiled",
    "Encoding",
    "Template",
    "compile_alone",
    "compile_issue",
    "dot_stuff",
    "load_template",
]
