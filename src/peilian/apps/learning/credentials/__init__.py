"""Certificates, those of others, the training archive, and class hours."""
