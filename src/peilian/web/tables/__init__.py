"""Importing business tables (导入经营数据): choose a file, see how it is understood, answer, store, undo."""
