"""Search: people, conversations, pages and commands, one key away."""
