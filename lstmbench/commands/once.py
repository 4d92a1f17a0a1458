"""Commands to which no option can be given twice."""

from typing import Any

from typer.core import TyperCommand, TyperOption

from ..errors import UsageError


class Once(TyperCommand):
    """A command that refuses what others do in silence: to take the last of ``-b A -b B`` alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read arguments; raises ``UsageError`` where an option for one value has several."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for option in given:
            if not isinstance(option, TyperOption) or option.is_flag or option.multiple:
                continue
            if (times := given.count(option)) > 1:
                name = max(option.opts, key=len)
                raise UsageError(
                    f"{name}: expected once, got it {times} times; see {ctx.command_path} --help"
                )
        return super().parse_args(ctx, args)
