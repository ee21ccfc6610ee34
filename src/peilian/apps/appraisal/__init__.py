"""Appraisal (绩效考核): cycles, sheets, the event register, appeals, and what follows from the results."""
