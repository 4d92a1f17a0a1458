"""A network's weights, and the packed orders of them that its schedules ask for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells.layout import Layout
from ..spec import Shape
from .host import registers
from .pack import Geometry, Packing, pack_bias, pack_product, pack_transposed
from .tile import TILE_VECTORS

Array = NDArray[Any]


class Weights:
    """What was loaded, and its packed copies: made when first asked for, written over by a load."""

    def __init__(self, layout: Layout, shape: Shape, dtype: Any) -> None:
        self.layout, self.shape, self.dtype = layout, shape, np.dtype(dtype)
        self.loaded: dict[str, Array] = {}
        self._layers = list(shape.layers())
        self._packings: dict[tuple[Any, ...], Packing] = {}

    def geometry(self, index: int, unit_groups: int = 1) -> Geometry:
        """The padded sizes of a layer and direction whose units so many threads share."""
        _, input_size, _ = self._layers[index]
        lanes = registers().lanes(self.dtype.itemsize)
        return Geometry(self.layout, input_size, self.shape.hidden_size, lanes, unit_groups)

    def load(self, parameters: Mapping[str, Array]) -> None:
        """Copy a state dict and pack it, in every order in use and in that of a thread alone."""
        if not self.loaded:
            self.loaded = {name: array.copy() for name, array in parameters.items()}
            for index in range(len(self._layers)):
                for name in ("weight_x", "weight_h", "bias"):
                    self.packed(name, index, self.geometry(index))
            return
        for name, array in self.loaded.items():  # in its place: packings read from there
            np.copyto(array, parameters[name])
        for packing in self._packings.values():
            packing.fill()

    def packed(self, name: str, index: int, geometry: Geometry) -> Array:
        """One packed array, which stays in its place for as long as the network lives."""
        key = name, index, geometry.unit_vectors, geometry.hidden_gradient_vectors
        if name != "weight_h_t":  # the only one in which the last counts
            key = *key[:-1], 0
        if key not in self._packings:
            packing = self._pack(name, index, geometry)
            packing.fill()
            self._packings[key] = packing
        return self._packings[key].array

    def _pack(self, name: str, index: int, geometry: Geometry) -> Packing:
        suffix = self._layers[index][2]
        weight_ih, weight_hh = self.loaded["weight_ih" + suffix], self.loaded["weight_hh" + suffix]
        layout = self.layout
        if name == "weight_x":
            return pack_product(weight_ih, layout.x_gates, geometry)
        if name == "weight_h":
            return pack_product(weight_hh, layout.h_gates, geometry)
        if name == "weight_x_t":
            vectors = geometry.input_vectors
            return pack_transposed(weight_ih, layout.x_gates, geometry, vectors, TILE_VECTORS)
        if name == "weight_h_t":
            vectors, panel = geometry.vectors, geometry.hidden_gradient_vectors
            return pack_transposed(weight_hh, layout.h_gates, geometry, vectors, panel)
        bias_ih, bias_hh = (self.loaded.get(kind + suffix) for kind in ("bias_ih", "bias_hh"))
        return pack_bias(bias_ih, bias_hh, geometry, self.dtype)
