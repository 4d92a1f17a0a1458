"""A GPU for every process of a command: Python imports this where its folder is on the path."""

from emulator import gpu

GPU = gpu.install()
