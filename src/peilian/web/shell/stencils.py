"""Stencils (模板片段复用): markup that stands many times on a page and differs in a few values is put together once."""

from __future__ import annotations

import re

from django.template import Context, Library, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

register = Library()
_MARK = re.compile(r"stencil-mark-(\w+)-end")


@register.tag
def stencil(parser: Parser, token: Token) -> StencilNode:
    """``{% stencil n=one.number %}...{{ n }}...{% endstencil %}`` in a loop: what stands within is rendered the first
    time, and afterwards only the named values are filled in anew.

    So nothing else within may differ from one time to the next, and nothing may depend on a named value but where it
    is put out. It belongs into the template that loops, since an included one forgets it between two times.
    """
    bits = token.split_contents()[1:]
    values = token_kwargs(bits, parser)
    if not values or bits:
        raise TemplateSyntaxError("stencil takes name=value")
    nodes = parser.parse(("endstencil",))
    parser.delete_first_token()
    return StencilNode(nodes, values)


class StencilNode(Node):
    """See ``stencil``."""

    def __init__(self, nodes: NodeList, values: dict[str, FilterExpression]) -> None:
        self.nodelist = nodes
        self.values = values

    def render(self, context: Context) -> SafeString:
        """The markup with the values of this time."""
        parts = context.render_context.get(self)
        if parts is None:
            with context.push(**{name: f"stencil-mark-{name}-end" for name in self.values}):
                # Text and names of values by turns.
                parts = context.render_context[self] = _MARK.split(self.nodelist.render(context))
        filled = {name: conditional_escape(value.resolve(context)) for name, value in self.values.items()}
        return SafeString("".join(filled[part] if place % 2 else part for place, part in enumerate(parts)))
