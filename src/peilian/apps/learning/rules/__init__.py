"""Rules of assigning: who would get what, switching them on and off, and running them."""
