"""A GPU for tests: NVIDIA's own compilers and packages, our driver, and the code they made.

``install()`` gives this process one.  Kernels go the whole way to a binary that a GPU would load;
what is carried out is the text that the assembler was given for it (``ptx.py``, ``machine.py``).
"""

import ctypes
import random
from typing import Any

import numpy as np

from . import driver as drivers
from .driver import Driver, Launch
from .heap import BadAddress
from .machine import SHARED_BASE
from .machine import Launch as Running
from .memory import Fault, Memory
from .translation import Program, compile_ptx


class Gpu:
    """What was compiled, and how launches of it are carried out.

    Attributes:
        driver: the driver that hands over the launches.
        races: whether to look for them: in memory of some MiB, that takes some GiB.
        seed: of the order in which warps take turns.
        programs: by the binary that they were linked to, and their name.
        edit: a change of the text before it is carried out, for tests of what is noticed.
    """

    def __init__(self, multiprocessors: int) -> None:
        self.driver: Driver = drivers.install(self.execute, multiprocessors)
        self.races, self.seed = True, 0
        self.programs: dict[bytes, dict[str, Program]] = {}
        self.edit: Any = None
        self._links: dict[bytes, Any] = {}
        self._memories: dict[int, Memory] = {}
        self._listen()

    def _listen(self) -> None:
        """Note of each binary what it was linked from."""
        from numba.cuda.cudadrv.driver import _Linker

        complete = _Linker.complete

        def link(linker: Any) -> Any:
            found = complete(linker)
            self._links[bytes(found.code)] = linker
            return found

        _Linker.complete = link

    def execute(self, launch: Launch) -> None:
        program = self._programs(launch.image)[launch.function]
        Running(
            program,
            launch.grid,
            launch.block[0],
            launch.shared_bytes,
            launch.parameters,
            self.find,
            random.Random(self.seed),
            self.races,
        ).run(launch.cooperative)

    def complaints(self) -> str:
        """What the driver has to say since this was asked last; the device works again."""
        driver = self.driver
        found = [f"\non the device: {each!r}" for each in driver.failures]
        found += [f"\nnot a call of the driver: {each}" for each in driver.missing]
        found += [f"\nrefused: {each}" for each in driver.refused]
        for each in (driver.failures, driver.missing, driver.refused):
            each.clear()
        driver.streams.reset()
        return "".join(found)

    def _programs(self, image: bytes) -> dict[str, Program]:
        if image not in self.programs:
            linker = self._links[image]
            # Without the runtime of cooperative kernels, a finished library that these do not use.
            linker._object_codes = [
                each for each in linker._object_codes if each.code_type == "ltoir"
            ]
            text = bytes(linker.get_linked_ptx()).decode().rstrip("\0")
            if self.edit is not None:
                text = self.edit(text)
            self.programs[image] = compile_ptx(text, SHARED_BASE)
        return self.programs[image]

    def find(self, address: int) -> Memory:
        """The live allocation that holds an address."""
        try:
            start, nbytes = self.driver.heap.find(address)
        except BadAddress as error:
            raise Fault(str(error)) from error
        if start not in self._memories:
            whole = (ctypes.c_uint8 * (-(-nbytes // 16) * 16)).from_address(start)
            self._memories[start] = Memory(start, nbytes, np.ctypeslib.as_array(whole))
        return self._memories[start]


def install(multiprocessors: int = 4) -> Gpu:
    """A GPU for this process, which has not used CUDA yet."""
    return Gpu(multiprocessors)
