"""What the audit trail's verbs, kinds and fields are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Label = str | Promise

VERBS: dict[str, Label] = {
    "base.start_job": _("Start a job"),
    "base.finish_job": _("Finish a job"),
    "base.cancel_job": _("Cancel a job"),
    "base.keep_file": _("Keep a file"),
    "base.drop_file": _("Drop a file"),
    "base.change_company": _("Change the company's settings"),
    "people.add_unit": _("Add a unit"),
    "people.change_unit": _("Change a unit"),
    "people.add_post": _("Add a post"),
    "people.add_employee": _("Add a person"),
    "people.change_employee": _("Change a person"),
    "people.place_employee": _("Move to a team or post"),
    "people.end_membership": _("End a team or post"),
    "people.set_stage": _("Set the stage"),
    "people.set_guide": _("Set supervisor or mentor"),
    "people.end_guide": _("End supervisor or mentor"),
    "people.assign_account": _("Assign an account"),
    "people.end_account": _("End an account"),
    "people.import_roster": _("Import roster"),
    "people.add_user": _("Add a user"),
    "people.set_password": _("Set a password"),
    "people.set_language": _("Choose the language"),
    "people.set_active": _("Open or close sign-in"),
    "people.grant_role": _("Give a role"),
    "people.end_grant": _("End a role"),
    "contacts.start_import": _("Import conversations"),
    "contacts.finish_import": _("Finish an import"),
    "contacts.take_snapshots": _("Take KPI snapshots"),
    "contacts.erase_customer": _("Erase a customer"),
}
KINDS: dict[str, Label] = {
    "base.job": _("Job"),
    "base.storedfile": _("File"),
    "base.company": _("Company"),
    "people.unit": _("Unit"),
    "people.post": _("Post"),
    "people.employee": _("Person"),
    "people.membership": _("Team or post"),
    "people.stageentry": _("Stage"),
    "people.guidance": _("Guide"),
    "people.agentaccount": _("Account"),
    "people.user": _("User"),
    "people.rolegrant": _("Role"),
    "contacts.conversationimport": _("Import"),
    "contacts.kpisnapshot": _("KPI snapshots"),
    "contacts.customer": _("Customer"),
}
FIELDS: dict[str, Label] = {
    "name": _("name"),
    "number": _("number"),
    "code": _("code"),
    "kind": _("kind"),
    "parent": _("belongs to"),
    "employee": _("person"),
    "unit": _("unit"),
    "post": _("post"),
    "guide": _("guide"),
    "stage": _("stage"),
    "role": _("role"),
    "user": _("user"),
    "username": _("sign-in name"),
    "password": _("password"),
    "language": _("language"),
    "is_active": _("may sign in"),
    "account": _("account"),
    "platform": _("platform"),
    "agent_kind": _("kind of agent"),
    "hired_on": _("hired"),
    "left_on": _("left"),
    "starts_on": _("from"),
    "ends_on": _("until"),
    "starts_at": _("from"),
    "ends_at": _("until"),
    "closed_on": _("closed"),
    "time_zone": _("time zone"),
    "calendar": _("calendar"),
    "state": _("state"),
    "parameters": _("parameters"),
    "result": _("result"),
    "faults": _("faults"),
    "created_at": _("made at"),
    "created_by": _("made by"),
    "size": _("size"),
}


def verb_name(verb: str) -> str:
    """A verb in words; one that this page does not know keeps its key."""
    return str(VERBS.get(verb, verb))
