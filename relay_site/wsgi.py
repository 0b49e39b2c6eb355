"""The WSGI application, for any server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from relay_site.proxies import behind_proxies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_site.settings")

application = behind_proxies(get_wsgi_application(), settings.TRUSTED_PROXIES)
