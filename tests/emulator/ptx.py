"""PTX text: its kernels as basic blocks of instructions."""

import re
from typing import NamedTuple


class Instruction(NamedTuple):
    """One statement: ``@guard opcode operands``."""

    guard: str
    opcode: str
    operands: list[str]
    text: str


class Kernel:
    """One kernel.

    Attributes:
        parameters: the place of each, by name; all are of 64 bits.
        symbols: names of dynamic shared memory.
        types: what each register was declared as.
        blocks: instructions up to a branch, or to a label.
        labels: the block that each stands before.
    """

    def __init__(
        self, name: str, parameters: dict[str, int], symbols: list[str], body: str
    ) -> None:
        self.name, self.parameters, self.symbols = name, parameters, symbols
        self.types: dict[str, str] = {}
        self.blocks: list[list[Instruction]] = [[]]
        self.labels: dict[str, int] = {}
        self._scope: dict[str, str] = {}
        self._scopes = 0
        self._parse(body)
        if not self.blocks[-1]:
            self.blocks.pop()

    def _parse(self, body: str) -> None:
        pattern = r"\s*(?:(\$\w+):|([{}])|([^;]*);)"
        at = 0
        while match := re.compile(pattern).match(body, at):
            at = match.end()
            if match[1]:
                self._begin_block()
                self.labels[match[1]] = len(self.blocks) - 1
            elif match[2] == "{":
                self._scopes += 1
                self._scope = {}
            elif match[2] == "}":
                self._scope = {}
            else:
                self._statement(" ".join(match[3].split()))
        if body[at:].strip():
            raise NotImplementedError(body[at:].strip()[:80])

    def _begin_block(self) -> None:
        if self.blocks[-1]:
            self.blocks.append([])

    def _statement(self, text: str) -> None:
        if text.startswith(".pragma"):
            return
        if declared := re.fullmatch(r"\.reg \.(\w+) (%?\w+)(?:<(\d+)>)?", text):
            kind, name, count = declared.groups()
            if count:
                self.types |= {f"{name}{n}": kind for n in range(int(count))}
            else:
                if not name.startswith("%"):
                    self._scope[name] = f"%{name}_{self._scopes}"
                    name = self._scope[name]
                self.types[name] = kind
            return
        guard, opcode, rest = re.fullmatch(r"(?:@(!?%?\w+) )?([\w.:]+) ?(.*)", text).groups()  # type: ignore[union-attr]
        operands = [self._scoped(each) for each in split(rest)]
        guard = self._scoped(guard) if guard else ""
        self.blocks[-1].append(Instruction(guard, opcode, operands, text))
        if opcode.split(".")[0] in ("bra", "ret", "exit"):
            self._begin_block()

    def _scoped(self, operand: str) -> str:
        return re.sub(r"(?<![%\w])([a-z]\w*)", lambda m: self._scope.get(m[1], m[1]), operand)


def parse(text: str) -> list[Kernel]:
    """The kernels of a PTX text."""
    text = re.sub(r"//[^\n]*", "", text)
    symbols = re.findall(r"\.extern\s+\.shared[^;]*?(\w+)\[\];", text)
    found = []
    for match in re.finditer(r"\.entry\s+(\w+)\(([^)]*)\)([^{]*)\{", text):
        given = re.findall(r"\.param\s+\.(\w+)\s+(\w+)", match[2])
        if any(not kind.endswith("64") for kind, _ in given):
            raise NotImplementedError(f"{match[1]}: a parameter that is not of 64 bits")
        parameters = {name: n for n, (_, name) in enumerate(given)}
        body = text[match.end() : _closing(text, match.end())]
        found.append(Kernel(match[1], parameters, symbols, body))
    return found


def split(text: str) -> list[str]:
    """Operands between commas, braces kept whole."""
    return [each.strip() for each in re.findall(r"\{[^}]*\}|[^,{}]+", text) if each.strip()]


def _closing(text: str, start: int) -> int:
    """Where the brace that is open at ``start`` is closed."""
    depth = 1
    for n in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[n], 0)
        if depth == 0:
            return n
    raise ValueError("a brace that is not closed")
