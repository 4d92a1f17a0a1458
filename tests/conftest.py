"""What every test shares: how a peer framework is asked for."""

import importlib
import importlib.util
import os
from types import ModuleType

import pytest


def require_peer(name: str) -> ModuleType:
    """Import a peer framework, or skip; where LSTMBENCH_REQUIRE_PEERS names it, absence fails."""
    if importlib.util.find_spec(name) is None:
        reason = f"{name} is not installed"
        if name in os.environ.get("LSTMBENCH_REQUIRE_PEERS", "").split(","):
            pytest.fail(f"{reason}, and LSTMBENCH_REQUIRE_PEERS says it must be")
        pytest.skip(reason)
    return importlib.import_module(name)
