"""Conversations: the list with its filters, one conversation with what was read in it, the export."""
