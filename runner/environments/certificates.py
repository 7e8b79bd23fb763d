"""Whom a server's certificate is believed from, as uv, pip and requests are told it."""

from __future__ import annotations

import os
import ssl

_CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")


def trust() -> ssl.SSLContext:
    """Trust whom uv and pip are told to trust."""
    named = next((os.environ[name] for name in _CERTIFICATES if os.environ.get(name)), None)
    return ssl.create_default_context(cafile=named)
