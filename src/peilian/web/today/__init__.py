"""Today: what somebody should know and do now, by what this person may see."""
