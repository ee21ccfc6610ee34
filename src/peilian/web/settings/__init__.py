"""Settings (设置): users and roles, the company, the audit trail."""
