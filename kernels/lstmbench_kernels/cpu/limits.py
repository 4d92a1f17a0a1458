"""What the processor can do at most: kernels that do nothing but multiply-add, or nothing but load.

They use the same vectors as everything else, so what they reach is what a perfect kernel would.
"""

from .compile import kernel
from .host import registers
from .simd import WIDTH, fma, load, splat, store

CHAINS = 12 if registers().few else 16


@kernel
def multiply_add(one, target, rounds):
    """``rounds`` × CHAINS multiply-adds in as many independent chains; the sum goes to ``target``.

    Sixteen chains hide a latency of four cycles on processors with up to four units; twelve, of up
    to three, stay in sixteen registers with what they multiply and add.
    """
    x, y = splat(one, one / 2), splat(one, one)
    a = b = c = d = e = f = g = h = y
    i = j = k = l = m = n = o = p = x
    for _ in range(rounds):
        a, b, c, d = fma(a, x, y), fma(b, x, y), fma(c, x, y), fma(d, x, y)
        e, f, g, h = fma(e, x, y), fma(f, x, y), fma(g, x, y), fma(h, x, y)
        i, j, k, l = fma(i, x, y), fma(j, x, y), fma(k, x, y), fma(l, x, y)
        if CHAINS == 16:
            m, n, o, p = fma(m, x, y), fma(n, x, y), fma(o, x, y), fma(p, x, y)
    total = a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p
    store(target, total)


@kernel
def read(one, target, source, size, rounds):
    """Load ``size`` bytes at ``source`` ``rounds`` times; the sum of all goes to ``target``.

    ``size`` is a whole number of 8 vectors.
    """
    a = b = c = d = e = f = g = h = splat(one, one)
    for _ in range(rounds):
        place = source
        while place < source + size:
            a = a + load(one, place)
            b = b + load(one, place + WIDTH)
            c = c + load(one, place + 2 * WIDTH)
            d = d + load(one, place + 3 * WIDTH)
            e = e + load(one, place + 4 * WIDTH)
            f = f + load(one, place + 5 * WIDTH)
            g = g + load(one, place + 6 * WIDTH)
            h = h + load(one, place + 7 * WIDTH)
            place += 8 * WIDTH
    store(target, a + b + c + d + e + f + g + h)
