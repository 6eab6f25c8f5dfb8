"""From pictures to face codes and back: tracking, alignment, the field, its training, rendering.

Torch's pool of threads (GNU OpenMP) lets its threads spin after each operator, for 16 ms unless told otherwise; on the
same cores the compiled kernels then wait for them, and other programs do. Half a millisecond covers the operators that
follow each other: an enrolment on two cores gets in 15 to 40 % more steps. The library reads this once, as torch is
loaded, which no module of this package does before this line; another value in the environment is left as it is.
"""

import os

SPINS = 10_000
"""Rounds of waiting, some 50 ns each; 300 and 2,000 gave 3 and 16 % more steps, 30,000 as many."""

os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))
