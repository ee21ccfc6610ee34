"""The door of the base app."""

from peilian.apps.base import guard
from peilian.apps.base.audit import Audit, UnauditedWriteError, bookkeeping, is_writing, write
from peilian.apps.base.checks import named, refuse, short
from peilian.apps.base.company import change_company, company, company_zone, end_of_day, today_in_company
from peilian.apps.base.files import drop_file, file_path, keep_file, own_files
from peilian.apps.base.inbox import inbox_of, mark_read, send, unread_of
from peilian.apps.base.jobs import (
    FILE_KEPT_FOR,
    JobCancelledError,
    JobContext,
    cancel_job,
    fault_as_json,
    handlers,
    jobs_of,
    run_next_job,
    run_worker,
    start_job,
)
from peilian.apps.base.memo import remembered, remembering
from peilian.apps.base.models import (
    AuditEntry,
    Company,
    InboxMessage,
    Job,
    JobState,
    Ledger,
    LedgerQuerySet,
    Row,
    StoredFile,
    new_id,
)
from peilian.apps.base.prepared import Argument, Prepared

__all__ = [
    "FILE_KEPT_FOR",
    "Argument",
    "Audit",
    "AuditEntry",
    "Company",
    "InboxMessage",
    "Job",
    "JobCancelledError",
    "JobContext",
    "JobState",
    "Ledger",
    "LedgerQuerySet",
    "Prepared",
    "Row",
    "StoredFile",
    "UnauditedWriteError",
    "bookkeeping",
    "cancel_job",
    "change_company",
    "company",
    "company_zone",
    "drop_file",
    "end_of_day",
    "fault_as_json",
    "file_path",
    "guard",
    "handlers",
    "inbox_of",
    "is_writing",
    "jobs_of",
    "keep_file",
    "mark_read",
    "named",
    "new_id",
    "own_files",
    "refuse",
    "remembered",
    "remembering",
    "run_next_job",
    "run_worker",
    "send",
    "short",
    "start_job",
    "today_in_company",
    "unread_of",
    "write",
]
