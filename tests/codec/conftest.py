from __future__ import annotations

import pytest
from hypothesis import settings

from codec.layout import Layout
from codec.statistics import FaceTables
from codec.table_training import train_tables
from tests.codec.motion import speaker, steps

# No deadline: what is proved is the outcome, on machines of any load. The same examples every time, and no database.
settings.register_profile("visavis", deadline=None, derandomize=True, database=None)
settings.load_profile("visavis")


@pytest.fixture(scope="session")
def tables() -> FaceTables:
    """Tables trained on 20 s of the synthetic speaker, with a cut."""
    layout = Layout()
    return train_tables(speaker(500), [250], steps(), layout)
