"""The one ASGI application: pages and WebSockets."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peilian.config.settings")

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

django.setup(set_prefix=False)

# These need the apps that are loaded now.
from peilian.web.shell.bodies import BoundedBodies  # noqa: E402
from peilian.web.shell.pages import Pages  # noqa: E402
from peilian.web.sockets import socket_urls  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BoundedBodies(Pages()),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(socket_urls))),
    }
)
