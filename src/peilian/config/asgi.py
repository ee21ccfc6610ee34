"""The one ASGI application: pages and WebSockets."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peilian.config.settings")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# These need the apps that get_asgi_application loads.
from peilian.web.shell.bodies import BoundedBodies  # noqa: E402
from peilian.web.sockets import socket_urls  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BoundedBodies(pages),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(socket_urls))),
    }
)
