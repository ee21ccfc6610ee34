"""Background jobs (后台任务): what runs, how far it is, what went wrong; watched live, cancelled with a word."""
