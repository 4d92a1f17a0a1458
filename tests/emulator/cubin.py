"""What a finished binary says of its kernels: the ELF sections .nv.info of a cubin.

NVIDIA does not document them; the numbers are those that cuobjdump names ``EIATTR_...``.
"""

import struct
from dataclasses import dataclass

_PARAMETER, _MAX_THREADS, _REGISTERS, _FRAME = 0x17, 0x05, 0x2F, 0x11
_RESERVED_SHARED = 1024  # of each block, by the system, from compute capability 8.0 on


@dataclass(frozen=True)
class Kernel:
    """What one kernel needs.

    Attributes:
        parameters: ``(offset, bytes)`` of each.
        threads: of a block, at most.
        registers: of a thread.
        local_bytes: of a thread.
        shared_bytes: of a block, static.
    """

    name: str
    parameters: tuple[tuple[int, int], ...]
    threads: int
    registers: int
    local_bytes: int
    shared_bytes: int


def image_at(address: int) -> bytes:
    """The whole ELF file that lies at an address."""
    import ctypes

    head = ctypes.string_at(address, 64)
    if head[:4] != b"\x7fELF":
        raise ValueError(f"expected a cubin, got {head[:16]!r}")
    table, entry_bytes, entries = _header(head)
    end = table + entry_bytes * entries
    for _, kind, offset, size, _ in _sections(ctypes.string_at(address, end)):
        if kind != 8:  # SHT_NOBITS has no bytes
            end = max(end, offset + size)
    phoff, phentsize, phnum = (
        struct.unpack_from("<Q", head, 0x20)[0],
        *struct.unpack_from("<HH", head, 0x36),
    )
    return ctypes.string_at(address, max(end, phoff + phentsize * phnum))


def capability(image: bytes) -> tuple[int, int]:
    """The compute capability that a cubin is for, as CUDA 13 writes it."""
    major, minor = divmod(image[0x31], 10)
    return major, minor


def kernels(image: bytes) -> dict[str, Kernel]:
    """Those of a cubin, by their names."""
    sections = {name: (offset, size, link) for name, _, offset, size, link in _sections(image)}
    symbols = _symbols(image, sections)
    of_file: dict[int, dict[str, int]] = {_REGISTERS: {}, _FRAME: {}}
    for attribute, value in _attributes(image, *sections[".nv.info"][:2]):
        if attribute in of_file:
            symbol, number = struct.unpack("<II", value)
            of_file[attribute][symbols[symbol]] = number
    found = {}
    for section, (offset, size, _) in sections.items():
        if not section.startswith(".nv.info."):
            continue
        name, parameters, threads = section.removeprefix(".nv.info."), [], 1024
        for attribute, value in _attributes(image, offset, size):
            if attribute == _PARAMETER:
                _, ordinal, place, bits = struct.unpack("<IHHI", value)
                parameters.append((ordinal, place, bits >> 18))
            elif attribute == _MAX_THREADS:
                x, y, z = struct.unpack("<III", value)
                threads = x * y * z
        shared = sections.get(f".nv.shared.{name}", (0, 0, 0))[1]
        found[name] = Kernel(
            name,
            tuple(each[1:] for each in sorted(parameters)),
            threads,
            of_file[_REGISTERS][name],
            of_file[_FRAME].get(name, 0),
            max(0, shared - _RESERVED_SHARED),
        )
    return found


def _header(image: bytes) -> tuple[int, int, int]:
    return (
        struct.unpack_from("<Q", image, 0x28)[0],
        *struct.unpack_from("<HH", image, 0x3A),
    )


def _sections(image: bytes) -> list[tuple[str, int, int, int, int]]:
    """``(name, type, offset, size, link)`` of each."""
    table, entry_bytes, entries = _header(image)
    (names,) = struct.unpack_from("<H", image, 0x3E)
    rows = [struct.unpack_from("<IIQQQQI", image, table + entry_bytes * n) for n in range(entries)]
    text = rows[names][4]
    return [
        (_string(image, text + name), kind, offset, size, link)
        for name, kind, _, _, offset, size, link in rows
    ]


def _symbols(image: bytes, sections: dict[str, tuple[int, int, int]]) -> list[str]:
    offset, size, _ = sections[".symtab"]
    text = sections[".strtab"][0]
    return [
        _string(image, text + struct.unpack_from("<I", image, place)[0])
        for place in range(offset, offset + size, 24)
    ]


def _attributes(image: bytes, offset: int, size: int) -> list[tuple[int, bytes]]:
    found, end = [], offset + size
    while offset < end:
        form, attribute, value = struct.unpack_from("<BBH", image, offset)
        offset += 4
        if form == 4:  # EIFMT_SVAL: so many bytes follow
            found.append((attribute, image[offset : offset + value]))
            offset += value
    return found


def _string(image: bytes, place: int) -> str:
    return image[place : image.index(b"\0", place)].decode()
