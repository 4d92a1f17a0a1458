"""Seconds and joules everywhere inside; this file alone turns numbers into text."""

Seconds = float
Joules = float

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_RATE_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_BYTE_UNITS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
# From here on a number shows as 1.00 of the next unit: never "1000 ms".
_FULL = 0.9995


def significant(value: float, digits: int = 3) -> str:
    """``value`` with a number of significant digits, never in scientific notation.

    >>> significant(0.012345), significant(1234.5), significant(9.999)
    ('0.0123', '1234', '10.0')
    """
    if value == 0:
        return "0"
    exponent = int(f"{value:.{digits - 1}e}".split("e")[1])
    return f"{value:.{max(digits - 1 - exponent, 0)}f}"


def duration(seconds: Seconds) -> str:
    """A time in the unit that fits it.

    >>> duration(0.00123), duration(42.0), duration(3.2e-8)
    ('1.23 ms', '42.0 s', '32.0 ns')
    """
    for scale, unit in _TIME_UNITS:
        if abs(seconds) >= _FULL * scale:
            return f"{significant(seconds / scale)} {unit}"
    return f"{significant(seconds / 1e-9)} ns"


def energy(joules: Joules) -> str:
    """An energy in the unit that fits it.

    >>> energy(0.00123), energy(42.0)
    ('1.23 mJ', '42.0 J')
    """
    return duration(joules).removesuffix("s") + "J"


def clock_time(seconds: Seconds) -> str:
    """A waiting time as minutes and seconds.

    >>> clock_time(5), clock_time(125), clock_time(3725)
    ('0:05', '2:05', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate(per_second: float, unit: str = "") -> str:
    """A number a second, with a decimal prefix.

    >>> rate(1234567.0), rate(87.1e9, "FLOP/s")
    ('1.23 M', '87.1 GFLOP/s')
    """
    for scale, prefix in _RATE_UNITS:
        if per_second >= _FULL * scale:
            return f"{significant(per_second / scale)} {prefix}{unit}"
    return f"{significant(per_second)} {unit}".rstrip()


def size(count: int) -> str:
    """A number of bytes, with a binary prefix.

    >>> size(512), size(3 * 2**20)
    ('512 B', '3.00 MiB')
    """
    for scale, unit in _BYTE_UNITS:
        if count >= _FULL * scale:
            return f"{significant(count / scale)} {unit}"
    return f"{count} B"


def ratio(value: float) -> str:
    """A speedup; above 1 is faster.

    >>> ratio(2.345), ratio(0.5), ratio(123.4)
    ('2.35×', '0.50×', '123×')
    """
    return f"{value:.2f}×" if value < 9.995 else f"{significant(value)}×"


def percent(fraction: float) -> str:
    """A spread as a percentage.

    >>> percent(0.0123), percent(0.5)
    ('1.2 %', '50.0 %')
    """
    return f"{100 * fraction:.1f} %"
