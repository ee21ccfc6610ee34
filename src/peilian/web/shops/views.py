"""The comparison of shops."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from peilian.apps.base.api import today_in_company
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.downloads import table_response
from peilian.web.shell.languages import reading_language
from peilian.web.shops import beside
from peilian.web.shops.forms import ShopsForm


@require_safe
def shops(request: HttpRequest) -> HttpResponse:
    """Shops of one month beside each other; ``?as=csv|xlsx`` takes them home."""
    sight, user = sight_of(request), user_of(request)
    sight.require(people.Permission.SEE_BUSINESS)
    if not sight.units(people.Permission.SEE_BUSINESS).exists():
        raise people.NotVisibleError
    seen = list(contacts.shops_seen(user=user))
    months = contacts.shop_months(user=user)
    may_import = sight.may(people.Permission.IMPORT)
    if not seen or not months:
        reasons = {"has_shops": bool(seen), "may_import": may_import, "may_manage": _may_manage(sight)}
        return render(request, "shops/empty.html", reasons)
    form = ShopsForm(request.GET, shops=seen, months=months)
    language, today = reading_language(), today_in_company()
    found = contacts.shop_comparison(
        user=user, shops=form.chosen_shops, month=form.chosen_month, wage=form.wage_reading
    )
    lines = beside.lines_of(found, language)
    wanted = request.GET.get("as")
    if wanted in ("csv", "xlsx"):
        table = beside.whole_table(found, lines, language, today)
        return table_response(table, name=f"shops-{found.month:%Y-%m}", form=wanted, language=language)
    context: dict[str, Any] = {
        "form": form,
        "shops": [(shop.code, beside.name_of(shop, language)) for shop in seen],
        "chosen": {shop.code for shop in found.shops},
        "month": found.month,
        "names": beside.names_of(found, language),
        "lines": lines,
        "answer": beside.answer(found, language),
        "load_note": beside.load_note(found),
        "chart": beside.daily_chart(found, language, today),
        "is_alone": len(found.shops) < 2,
        "may_import": may_import,
    }
    return render(request, "shops/shops.html", context)


def _may_manage(sight: people.Sight) -> bool:
    return sight.reaches_company(people.Permission.MANAGE_PEOPLE)
