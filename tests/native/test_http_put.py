"""The same checks as of the assembled source."""

from tests.server.test_http_put import *  # noqa: F403 - all of its tests
