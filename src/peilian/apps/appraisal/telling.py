"""What people are told in their inbox about their appraisal."""

from __future__ import annotations

from peilian.apps.appraisal.models import Appraisee
from peilian.apps.base.api import send
from peilian.apps.people.api import User
from peilian.engine._kernel import Param


def sheet_link(appraisee: Appraisee) -> str:
    """Where a sheet is read."""
    return f"/assess/sheets/{appraisee.pk}/"


def tell(appraisee: Appraisee, key: str, **params: Param) -> None:
    """Send the person concerned a message that leads to the sheet; who cannot sign in gets none."""
    user = User.objects.filter(employee=appraisee.employee_id, is_active=True).first()
    if user is not None:
        tell_user(user, appraisee, key, **params)


def tell_user(user: User, appraisee: Appraisee, key: str, **params: Param) -> None:
    """Send somebody a message about a sheet."""
    send(recipient=user, key=key, params=params, link=sheet_link(appraisee))
