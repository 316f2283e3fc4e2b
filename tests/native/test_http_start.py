"""The same checks as of the assembled source."""

from tests.server.test_http_start import *  # noqa: F403 - all of its tests
