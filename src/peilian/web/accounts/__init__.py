"""Signing in and out, and the reader's language."""
