"""Who is who: employees, units, posts, roles, platform accounts, and the gate to everything they may see."""
