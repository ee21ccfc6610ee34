"""Kind ``panel-form``: by what a panel judges a practical exam."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import Document, TextField, kinds, load
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, ShortKey
from peilian.adapters.packs.teaching import CutsField


class PanelDimensionField(BaseModel):
    """A dimension: what it is called, what examiners look at, what it weighs beside the others, and the competency that
    it shows."""

    model_config = STRICT

    key: ShortKey
    label: TextField
    look_at: TextField
    weight: Annotated[Decimal, Field(gt=0, le=100)] = Decimal(1)
    competency: ShortKey


@kinds.register("panel-form")
class PanelFormDocument(Document):
    """A scoring form of a practical exam (实操评分表): at least two dimensions of ten points each, and where grades
    begin, in percent."""

    kind: Literal["panel-form"]
    title: TextField
    dimensions: tuple[PanelDimensionField, ...] = Field(min_length=2, max_length=12)
    cuts: CutsField = CutsField()

    @model_validator(mode="after")
    def _dimensions_differ(self) -> PanelFormDocument:
        keys = [one.key for one in self.dimensions]
        if twice := [key for place, key in enumerate(keys) if key in keys[:place]]:
            raise problem("named_twice", name=twice[0])
        return self


@cache
def load_panel_forms() -> dict[str, PanelFormDocument]:
    """The shipped forms by key."""
    found = [one.document for one in load("panel-form")]
    return {one.key: one for one in found if isinstance(one, PanelFormDocument)}
