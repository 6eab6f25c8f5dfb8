from __future__ import annotations

import pytest

from codec.layout import Layout
from codec.statistics import FaceTables
from codec.table_training import train_tables
from tests.codec.motion import speaker, steps


@pytest.fixture(scope="session")
def tables() -> FaceTables:
    """Tables trained on 20 s of the synthetic speaker, with a cut."""
    layout = Layout()
    return train_tables(speaker(500), [250], steps(), layout)
