"""The appraisal on paper: score sheet, ranking and improvement plan as PDF, as a workbook, and as a page to print.

``documents`` says what is printed, without a database; ``pages``, ``pdf`` and ``workbooks`` make it.
"""
