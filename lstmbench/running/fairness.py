"""Whether a backend kept to what it was given: an unfair time is no time."""

from dataclasses import dataclass

from ..machine.processors import TICK, Use


@dataclass(frozen=True)
class Limits:
    """What a worker was given: a number of threads, and processors; with none it may use any."""

    threads: int
    cpus: tuple[int, ...] = ()


def broken(limits: Limits, use: Use) -> str | None:
    """Which limit was ignored, in one line; ``None`` where none was.

    Threads together use at most as many processor seconds as threads were given for that time.
    What a running thread used is known up to its last tick; that much more is let pass, a tick for
    each thread and one for whoever waits for them.  Threads that wait spinning on the processors of
    the others use no more than there is, and are no breach.
    """
    allowed = limits.threads * use.seconds + (limits.threads + 1) * TICK
    if use.processors * use.seconds > allowed:
        return (
            f"ignored its number of threads: expected {_counted(limits.threads, 'thread')}, "
            f"used {use.processors:.1f} processors over {use.seconds:.2g} s, so its times mean "
            "nothing"
        )
    strange = set(use.cpus or ()) - set(limits.cpus)
    if limits.cpus and strange:
        return (
            f"ignored its processors: expected threads on {_listed(limits.cpus)}, "
            f"some may run on {_listed(sorted(strange))} too, so its times mean nothing"
        )
    return None


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"


def _listed(cpus: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, cpus))
