"""Question banks in the formats in which others keep them (题库导入导出): GIFT, Moodle XML, and a table of our own.

Readers make the trees of items that a bank holds, and tell by name what the bank cannot hold; writers tell what the
format cannot hold. Nothing is lost without being told.
"""

from peilian.adapters.banks.merging import merged_items
from peilian.adapters.banks.reading import READ_ENDINGS, is_bank_table, read_bank, read_bank_table
from peilian.adapters.banks.table import template
from peilian.adapters.banks.values import BankRead, BankWritten, Form
from peilian.adapters.banks.writing import ENDINGS, write_bank

__all__ = [
    "ENDINGS",
    "READ_ENDINGS",
    "BankRead",
    "BankWritten",
    "Form",
    "is_bank_table",
    "merged_items",
    "read_bank",
    "read_bank_table",
    "template",
    "write_bank",
]
