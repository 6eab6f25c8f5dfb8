"""Loading large packages beside what goes on."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import SPINS
from models.loading import loading

ROOT = Path(__file__).resolve().parents[2]


def test_collector_rests_while_anybody_loads_and_comes_back_whatever_happens() -> None:
    assert gc.isenabled()
    with loading():
        assert not gc.isenabled()
        with loading("torch"):
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ImportError), loading():
        raise ImportError("no such package")
    assert gc.isenabled()


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def test_modules_are_not_looked_through_again_and_nothing_is_kept_where_none_came() -> None:
    code = (
        "import gc\nfrom models.loading import loading\n"
        "with loading():\n    pass\n"
        "before = gc.get_freeze_count()\n"
        "with loading():\n    import xml.dom.minidom\n"
        "print(before, gc.get_freeze_count() > 1000)"
    )
    assert run_python(code) == "0 True"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_libraries_are_mapped_before_the_import() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom models.loading import loading\n"
        "with loading('torch', 'mediapipe'):\n    maps = Path('/proc/self/maps').read_text()\n"
        "print('libtorch_cpu' in maps, '_framework_bindings' in maps, 'torch' in sys.modules)\n"
        "import torch\nprint(float(torch.ones(3).sum()))"
    )
    assert run_python(code).split() == ["True", "True", "False", "3.0"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="torch comes with GNU OpenMP on Linux")
@pytest.mark.parametrize(("given", "taken"), [({}, str(SPINS)), ({"GOMP_SPINCOUNT": "77"}, "77")])
def test_threads_of_torch_stop_spinning_soon(given: dict[str, str], taken: str) -> None:
    inherited = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    environment = {**inherited, "OMP_DISPLAY_ENV": "verbose", **given}
    command = [sys.executable, "-c", "import models, torch"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert f"GOMP_SPINCOUNT = '{taken}'" in done.stderr


def test_stages_of_a_call_do_not_wait_for_a_pool() -> None:
    code = (
        "import torch\nfrom pathlib import Path\nfrom app import paths\nfrom app.call import stages\n"
        "from codec.identity import read_identity\n"
        "torch.set_num_threads(2)\n"
        "stages.open_renderer(read_identity(paths.sample_identity()), 'cpu', 1)\n"
        "print(torch.get_num_threads())"
    )
    assert run_python(code) == "1"
