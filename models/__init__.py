"""From pictures to face codes and back: tracking, alignment, the field, its training, rendering."""

import os

# The pools of torch and of the compiled kernels take turns on the same cores. Threads that spin long as they wait for
# their next turn cost more than half of the machine: a deferred training step took 68 ms with them and 28 without.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

SPINS = 10_000
"""Rounds of waiting, half a millisecond or so, before a thread of GNU OpenMP sleeps: operators that follow each other
need not wake it each time, which gets 10 to 20 % more steps into an enrolment on two cores; 300 rounds gain nothing."""

os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))
