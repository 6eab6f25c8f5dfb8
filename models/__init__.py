"""What sees a person and what renders one."""

import os

# The pools of torch and of the compiled kernels take turns on the same cores. Threads that spin while they wait for
# their next turn cost more than half of the machine: a deferred training step took 68 ms with them and 28 without.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
