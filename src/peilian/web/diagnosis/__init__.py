"""The diagnosis report (诊断报告): ranked pain points with their evidence, and what training would be about."""
