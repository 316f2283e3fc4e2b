"""What every test may use."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Shared machines are slow at times: an example has no deadline of its own, a test has one.
settings.register_profile(
    "ymawky", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("ymawky")
