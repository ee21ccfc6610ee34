"""Rows of business tables, each written by an import and known by a key made of what tells it apart."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import JobState, Row


class TableState(models.TextChoices):
    """How far the import of a business table is."""

    PREPARED = "prepared"  # uploaded, being looked at
    STORING = "storing"  # waits for the worker, or runs
    STORED = "stored"
    FAILED = "failed"  # nothing was stored; ``faults`` say why
    UNDONE = "undone"


class TableImportQuerySet(models.QuerySet["TableImport"]):
    """Imports by how far they are."""

    def open(self) -> TableImportQuerySet:
        """Those that stored nothing and that somebody may go on with: prepared, failed, or stopped on the way."""
        stopped = models.Q(state=TableState.STORING, job__state__in=(JobState.FAILED, JobState.CANCELLED))
        return self.filter(models.Q(state__in=(TableState.PREPARED, TableState.FAILED)) | stopped)

    def started(self) -> TableImportQuerySet:
        """All that somebody began to store."""
        return self.exclude(state=TableState.PREPARED)


class TableImport(Row):
    """One import of a business table (数据表导入): its file, how it was read, what became of its rows.

    The uploaded file goes when the import is over; ``sha256`` names its content. ``rejects`` holds every fault, a JSON
    object a line. ``report`` counts ``rows``, ``new``, ``changed``, ``same``, ``left_out`` and ``skipped``.
    """

    kind = models.CharField(max_length=40, blank=True, default="")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    file = models.ForeignKey("base.StoredFile", null=True, on_delete=models.SET_NULL, related_name="+")
    mapping = models.JSONField(default=dict)  # {columns: {column: heading}, answers: {question: answer}}
    leaves_faulty = models.BooleanField(default=False)  # somebody chose to leave faulty rows out
    state = models.CharField(max_length=20, choices=TableState, default=TableState.PREPARED)
    job = models.OneToOneField("base.Job", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    stored_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField(null=True)  # of its rows
    last_day = models.DateField(null=True)
    report = models.JSONField(null=True)
    faults = models.JSONField(default=list)  # the first ones
    rejects = models.ForeignKey("base.StoredFile", null=True, on_delete=models.SET_NULL, related_name="+")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = TableImportQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class FormerRow(models.Model):
    """A business row as it was before an import changed it, so that the import can be undone."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey("contacts.TableImport", on_delete=models.CASCADE, related_name="former_rows")
    row_id = models.UUIDField()
    values = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "row_id"], name="one_former_row_an_import")]

    def __str__(self) -> str:
        return str(self.row_id)


class BusinessRow(Row):
    """What every row of a business table has: its key, the import that last wrote it, and whom it is about.

    ``day`` is the day, or the first day of the month, that it counts on.
    """

    key = models.CharField(max_length=64, unique=True)
    source = models.ForeignKey("contacts.TableImport", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    employee = models.ForeignKey("people.Employee", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        indexes: ClassVar = [models.Index(fields=["day", "employee"])]

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.day}"


class CustomerOrder(BusinessRow):
    """A line of an order (订单), credited to whom the file names or who used the account then.

    Its day is that of its payment, else of the order.
    """

    number = models.CharField(max_length=500)
    line = models.CharField(max_length=500, blank=True, default="")
    ordered_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    shop = models.ForeignKey("people.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    account = models.CharField(max_length=500, blank=True, default="")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    refunded = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    state = models.CharField(max_length=20)
    item = models.CharField(max_length=500, blank=True, default="")
    quantity = models.DecimalField(max_digits=19, decimal_places=4, default=1)
    customer = models.CharField(max_length=80, blank=True, default="")  # a pseudonym

    class Meta(BusinessRow.Meta):
        indexes: ClassVar = [*BusinessRow.Meta.indexes, models.Index(fields=["shop", "day"])]


class SalesTarget(BusinessRow):
    """What a person or a shop is to sell in a month (销售目标)."""

    shop = models.ForeignKey("people.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=19, decimal_places=4)


class FeaturedItem(BusinessRow):
    """An item to be sold in the first place (主推单品) in a month, with a target or without."""

    shop = models.ForeignKey("people.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=500)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    quantity = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    share = models.DecimalField(max_digits=9, decimal_places=6, null=True)  # of the own sales


class AttendanceDay(BusinessRow):
    """One day of one person (出勤)."""

    state = models.CharField(max_length=20)
    worked = models.DecimalField(max_digits=5, decimal_places=4)  # share of the day
    late_minutes = models.PositiveIntegerField(null=True)


class ShopDay(BusinessRow):
    """One day of a shop, or of one person (访问与咨询)."""

    shop = models.ForeignKey("people.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    visits = models.BigIntegerField(null=True)
    consultations = models.BigIntegerField(null=True)
    responses = models.BigIntegerField(null=True)
    sales = models.DecimalField(max_digits=19, decimal_places=4, null=True)

    class Meta(BusinessRow.Meta):
        indexes: ClassVar = [*BusinessRow.Meta.indexes, models.Index(fields=["shop", "day"])]


class ShopSnapshot(BusinessRow):
    """A shop in a month (店铺月度概况), for comparing shops."""

    shop = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    agents = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    daily_consultations = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    wage = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    wage_reading = models.CharField(max_length=20, blank=True, default="")  # total, per_person
    sales = models.DecimalField(max_digits=19, decimal_places=4, null=True)


class ReportSubmission(BusinessRow):
    """A report that was due (报告提交), and when it came."""

    title = models.CharField(max_length=500)
    due_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    place = models.CharField(max_length=500, blank=True, default="")
    quality = models.DecimalField(max_digits=19, decimal_places=4, null=True)


class Review(BusinessRow):
    """What a customer wrote after the purchase (评价), masked."""

    reference = models.CharField(max_length=500)
    at = models.DateTimeField()
    account = models.CharField(max_length=500, blank=True, default="")
    score = models.DecimalField(max_digits=5, decimal_places=4, null=True)  # of 5
    mark = models.CharField(max_length=20, blank=True, default="")  # good, neutral, bad
    text = models.CharField(max_length=500, blank=True, default="")
