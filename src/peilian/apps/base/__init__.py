"""What every other app stands on: audit, jobs, files, inbox, company settings."""
