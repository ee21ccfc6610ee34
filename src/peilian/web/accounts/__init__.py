"""Signing in and out, the own account and language, the inbox."""
