"""How one installation is put together: settings, addresses, the ASGI application."""
