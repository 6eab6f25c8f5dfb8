"""What all tests share."""

import models  # noqa: F401 - before torch: it sets how threads wait for each other
