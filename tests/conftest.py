"""What all tests share."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import models  # noqa: F401 - before torch: it sets how threads wait for each other

# The same cases on every run, however slow and busy the machine.
settings.register_profile(
    "visavis", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("visavis")


@pytest.fixture(autouse=True, scope="module")
def threads_of_torch() -> Iterator[None]:
    """Gives torch its pool back that a call's stages took from it: trainings in modules to come want it."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(os.cpu_count() or 1)
