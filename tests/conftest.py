"""What all tests share."""

from hypothesis import HealthCheck, settings

import models  # noqa: F401 - before torch: it sets how threads wait for each other

# The same cases on every run, however slow and busy the machine.
settings.register_profile(
    "visavis", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("visavis")
