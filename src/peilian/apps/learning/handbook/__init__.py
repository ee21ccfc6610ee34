"""The personal handbook: what somebody keeps and writes for the own work, and proposes to all."""
