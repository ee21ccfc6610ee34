"""The record's pages: radar and reasons of a person, the team's heat table, gaps and needs, assignments."""
