"""Libraries of kernels, and their launches."""

# Entry points have the names that C gives them.
# ruff: noqa: N802

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import abi, cubin, device
from ..abi import Address, CudaError, Handle, Int, Size, Text, UInt, entry, out
from .base import Entries


@dataclass(frozen=True)
class Launch:
    """A kernel to carry out.

    Attributes:
        function: the kernel's symbol.
        image: the cubin that holds it, as it was loaded.
        shared_bytes: dynamic, of a block.
        parameters: whole numbers.
    """

    function: str
    image: bytes
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    shared_bytes: int
    cooperative: bool
    parameters: tuple[int, ...]


@dataclass
class Loaded:
    """A kernel of a library.

    Attributes:
        dynamic_bytes: of shared memory, that a launch may ask for.
    """

    kernel: cubin.Kernel
    image: bytes
    dynamic_bytes: int


class Code(Entries):
    """What is loaded, and launched.

    Attributes:
        execute: carries out a launch.
        launches: those carried out, in that order.
    """

    def __init__(self, multiprocessors: int) -> None:
        super().__init__(multiprocessors)
        self.execute: Callable[[Launch], None]
        self.launches: list[Launch] = []

    @entry(out(Handle), Address, Address, Address, UInt, Address, Address, UInt)
    def cuLibraryLoadData(self, library: Any, code: int, *_options: int) -> None:
        try:
            image = cubin.image_at(code)
        except ValueError as error:
            raise CudaError(abi.INVALID_IMAGE, str(error)) from error
        (major, minor), own = cubin.capability(image), device.COMPUTE_CAPABILITY
        if major != own[0] or minor > own[1]:
            raise CudaError(abi.NO_BINARY_FOR_GPU, f"code for {major}.{minor}, not {own}")
        loaded = {
            name: self.handle_of(
                Loaded(kernel, image, device.SHARED_PER_BLOCK - kernel.shared_bytes)
            )
            for name, kernel in cubin.kernels(image).items()
        }
        library[0] = self.handle_of(loaded)

    @entry(Handle)
    def cuLibraryUnload(self, library: int) -> None:
        for kernel in self.get(library, dict).values():
            del self._handles[kernel]
        del self._handles[library]

    @entry(out(Handle), Handle, Text)
    def cuLibraryGetKernel(self, kernel: Any, library: int, name: bytes) -> None:
        found = self.get(library, dict)
        if name.decode() not in found:
            raise CudaError(abi.NOT_FOUND, name.decode())
        kernel[0] = found[name.decode()]

    @entry(out(Handle), Handle)
    def cuKernelGetFunction(self, function: Any, kernel: int) -> None:
        self.get(kernel, Loaded)
        function[0] = kernel

    @entry(out(Int), Int, Handle, Int)
    def cuKernelGetAttribute(self, value: Any, attribute: int, kernel: int, number: int) -> None:
        self._check_device(number)
        self.cuFuncGetAttribute(value, attribute, kernel)

    @entry(out(Int), Int, Handle)
    def cuFuncGetAttribute(self, value: Any, attribute: int, kernel: int) -> None:
        loaded = self.get(kernel, Loaded)
        known = {
            0: loaded.kernel.threads,
            1: loaded.kernel.shared_bytes,
            2: 0,  # CONST_SIZE_BYTES
            3: loaded.kernel.local_bytes,
            4: loaded.kernel.registers,
            8: loaded.dynamic_bytes,
        }
        if attribute not in known:
            raise NotImplementedError(f"attribute {attribute}")
        value[0] = known[attribute]

    @entry(Int, Int, Handle, Int)
    def cuKernelSetAttribute(self, attribute: int, value: int, kernel: int, number: int) -> None:
        self._check_device(number)
        self.cuFuncSetAttribute(kernel, attribute, value)

    @entry(Handle, Int, Int)
    def cuFuncSetAttribute(self, kernel: int, attribute: int, value: int) -> None:
        loaded = self.get(kernel, Loaded)
        if attribute != 8:  # MAX_DYNAMIC_SHARED_SIZE_BYTES
            raise NotImplementedError(f"attribute {attribute}")
        if not 0 <= value <= device.SHARED_OPTIN - loaded.kernel.shared_bytes:
            raise CudaError(
                abi.INVALID_VALUE,
                f"{value} bytes of shared memory, of {device.SHARED_OPTIN} at most",
            )
        loaded.dynamic_bytes = value

    @entry(Handle, Size, out(Size), out(Size))
    def cuKernelGetParamInfo(self, kernel: int, n: int, offset: Any, nbytes: Any) -> None:
        parameters = self.get(kernel, Loaded).kernel.parameters
        if n >= len(parameters):
            raise CudaError(abi.INVALID_VALUE, f"parameter {n} of {len(parameters)}")
        offset[0] = parameters[n][0]
        if nbytes:
            nbytes[0] = parameters[n][1]

    @entry(out(Int), Handle, Int, Size)
    def cuOccupancyMaxActiveBlocksPerMultiprocessor(
        self, blocks: Any, kernel: int, threads: int, shared_bytes: int
    ) -> None:
        loaded = self.get(kernel, Loaded)
        blocks[0] = device.blocks_per_multiprocessor(loaded.kernel, threads, shared_bytes)

    # Launches

    @entry(Handle, *[UInt] * 7, Handle, out(Address), out(Address))
    def cuLaunchKernel(self, kernel: int, *given: Any) -> None:
        *sizes, shared_bytes, stream, parameters, extra = given
        self._launch(
            kernel, tuple(sizes[:3]), tuple(sizes[3:]), shared_bytes, stream, parameters, extra
        )

    @entry(out(abi.LaunchConfig), Handle, out(Address), out(Address))
    def cuLaunchKernelEx(self, config: Any, kernel: int, parameters: Any, extra: Any) -> None:
        told, cooperative = config[0], False
        attributes = (abi.LaunchAttribute * told.count).from_address(told.attributes or 0)
        for attribute in attributes:
            if attribute.id not in (0, 2):  # IGNORE, COOPERATIVE
                raise NotImplementedError(f"launch attribute {attribute.id}")
            cooperative |= attribute.id == 2 and bool(attribute.value)
        grid, block = tuple(told.grid), tuple(told.block)
        self._launch(
            kernel, grid, block, told.shared_bytes, told.stream, parameters, extra, cooperative
        )

    def _launch(
        self,
        kernel: int,
        grid: Any,
        block: Any,
        shared_bytes: int,
        stream: int,
        parameters: Any,
        extra: Any,
        cooperative: bool = False,
    ) -> None:
        loaded = self.get(kernel, Loaded)
        onto = self.stream(stream)
        if extra:
            raise NotImplementedError("parameters in a buffer")
        self._check_launch(loaded, grid, block, shared_bytes, cooperative)
        values = tuple(
            int.from_bytes(ctypes.string_at(parameters[n], nbytes), "little", signed=True)
            for n, (_, nbytes) in enumerate(loaded.kernel.parameters)
        )
        launch = Launch(
            loaded.kernel.name, loaded.image, grid, block, shared_bytes, cooperative, values
        )

        def run() -> None:
            self.launches.append(launch)
            self.execute(launch)

        self.streams.enqueue(onto, run)

    def _check_launch(
        self, loaded: Loaded, grid: Any, block: Any, shared_bytes: int, cooperative: bool
    ) -> None:
        threads = block[0] * block[1] * block[2]
        blocks = grid[0] * grid[1] * grid[2]
        for name, sizes, most in (("grid", grid, device.GRID), ("block", block, device.BLOCK)):
            if not all(0 < size <= limit for size, limit in zip(sizes, most, strict=True)):
                raise CudaError(abi.INVALID_VALUE, f"{name} of {sizes}, of {most} at most")
        if threads > loaded.kernel.threads:
            raise CudaError(
                abi.INVALID_VALUE, f"{threads} threads in a block, of {loaded.kernel.threads}"
            )
        if shared_bytes > loaded.dynamic_bytes:
            raise CudaError(
                abi.INVALID_VALUE,
                f"{shared_bytes} bytes of dynamic shared memory, of {loaded.dynamic_bytes} allowed",
            )
        fit = device.blocks_per_multiprocessor(loaded.kernel, threads, shared_bytes)
        if not fit:
            raise CudaError(
                abi.LAUNCH_OUT_OF_RESOURCES, f"no block of {threads} threads fits: {loaded.kernel}"
            )
        if cooperative and blocks > fit * self.multiprocessors:
            raise CudaError(
                abi.COOPERATIVE_LAUNCH_TOO_LARGE,
                f"{blocks} blocks, of which {fit * self.multiprocessors} fit",
            )
