"""The place "Learn": the library, read and written."""
