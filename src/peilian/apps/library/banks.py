"""Question banks for other programs (题库导出): taken out with what their format cannot hold told by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from peilian.adapters.banks import BankWritten, Form, write_bank
from peilian.adapters.packs.trees import tree_of
from peilian.apps.library.checks import permit, refuse
from peilian.apps.library.shelf import document
from peilian.apps.people.api import NotVisibleError, Permission
from peilian.engine._kernel import Language

if TYPE_CHECKING:
    from peilian.apps.library.models import Content
    from peilian.apps.people.api import User

BANK_FORMS: tuple[Form, ...] = get_args(Form)


def export_bank(*, user: User, content: Content, form: Form, language: Language = "zh") -> BankWritten:
    """The published wording of a question bank, with its keys, as GIFT, Moodle XML or a table; for who writes."""
    permit(user, Permission.WRITE_LIBRARY)
    if content.kind != "items":
        raise NotVisibleError
    if form not in BANK_FORMS:
        raise refuse("library.unknown_choice", "form", known=", ".join(BANK_FORMS))
    if content.current is None:
        raise refuse("library.not_published")
    return write_bank(tree_of(document(content.current)), form, language=language)
