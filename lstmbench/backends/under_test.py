"""The kernels under test: the package of this project, or a copy of another build of it.

A gate gives the build of each side a name of its own.  So the harness keeps its own oracle,
problems and specs beside it, whatever that build has in their place, and relies on nothing of it
but what is public: the layers.
"""

import os
from importlib import import_module
from typing import Any

VARIABLE = "LSTMBENCH_KERNELS"
PACKAGE = "lstmbench_kernels"


def kernels(module: str = "") -> Any:
    """The package under test, or one of its modules, such as ``.cuda.ops``."""
    return import_module(os.environ.get(VARIABLE, PACKAGE) + module)
