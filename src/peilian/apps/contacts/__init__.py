"""Contacts with customers: imports into the lake, measures, diagnosis, all through the people gate."""
