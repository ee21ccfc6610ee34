"""The import wizard (导入向导): choose files, look at what they hold, import with progress, read the report."""
