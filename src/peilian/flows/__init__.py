"""Engines and adapters composed into whole pieces of work, without a web framework."""
