"""Training with Keras layers on TensorFlow: one ``tf.function`` for a step, without XLA.

Keras runs the batch first: a batch is transposed when it is prepared.  Its plain cells and its LSTM
have one bias where the others have two, which learn alike: one that is their sum moves twice as
far, and counts twice in the norm of the gradients.  With that, and with PyTorch's formulas for the
optimisers, it learns what the others learn.
"""

from functools import partial
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

# It tells Keras which backend it has, and comes before Keras itself.
from ..backends.keras_layers import make_layer  # isort: skip

import keras
import tensorflow as tf

from ..tasks import Batch
from .layers import layers_of
from .learner import Array, Arrays, Recipe, require_finite

# PyTorch's defaults, and what it adds to the norm that is clipped.
BETA1, BETA2, ALPHA, EPSILON, NORM_EPSILON = 0.9, 0.999, 0.99, 1e-8, 1e-6
SLOTS = {"adam": ("mean", "square"), "rmsprop": ("square",), "sgd": ()}


class Prepared(NamedTuple):
    """A batch as tensors, the batch first."""

    x: Any
    targets: Any
    lengths: Any


class KerasLearner:
    """Keras layers, a dense head and an optimiser, with our weights."""

    def __init__(self, recipe: Recipe) -> None:
        network, self._settings, self._ragged = recipe.network, recipe.settings, recipe.ragged
        self._every_step = network.every_step
        self._squared = recipe.task.loss == "mean squared error"
        self._states = len(network.cell.states)
        layers = layers_of(network)
        sizes = {layer: size for layer, size, _ in network.shape.layers()}
        self._layers = [make_layer(layers, layer, size) for layer, size in sizes.items()]
        # One for all gaps: each call draws anew.
        self._dropout = keras.layers.Dropout(self._settings.dropout, seed=network.seed)
        weight = network.parameters["head.weight"]
        self._head = keras.layers.Dense(len(weight))
        self._head.build((None, weight.shape[1]))
        self._head.set_weights([weight.T, network.parameters["head.bias"]])
        self._variables = [
            v.value for layer in (*self._layers, self._head) for v in layer.trainable_variables
        ]
        self._counts = self._count(summed=network.cell.name != "gru")
        self._slots = {
            name: [tf.Variable(tf.zeros_like(v)) for v in self._variables]
            for name in SLOTS[self._settings.optimiser]
        }
        self._steps = 0
        x = tf.TensorSpec((None, None, network.shape.input_size), tf.float32)
        targets = tf.TensorSpec(None, tf.float32 if self._squared else tf.int64)
        lengths, number = tf.TensorSpec((None,), tf.int64), tf.TensorSpec((), tf.float32)
        # With all sizes open, batches of other sizes are not traced anew.
        self._infer = tf.function(
            partial(self._network, training=False), [x, lengths], autograph=False
        )
        self._train = tf.function(
            self._learn, [x, targets, lengths, number, number], autograph=False
        )

    def _count(self, *, summed: bool) -> list[float]:
        """For how many of PyTorch's arrays each variable stands; the last two are the head's."""
        of_layers = len(self._variables) - 2
        each = (1.0, 1.0, 2.0 if summed else 1.0)
        return [*each * (of_layers // len(each)), 1.0, 1.0]

    def prepare(self, batch: Batch) -> Prepared:
        targets = batch.targets.swapaxes(0, 1) if self._every_step else batch.targets
        arrays = (batch.x.swapaxes(0, 1), targets, batch.lengths)
        return Prepared(*(tf.constant(np.ascontiguousarray(array)) for array in arrays))

    def _network(self, x: Any, lengths: Any, *, training: bool) -> Any:
        mask = tf.sequence_mask(lengths, maxlen=tf.shape(x)[1]) if self._ragged else None
        y, *final = self._layers[0](x, mask=mask)
        for layer in self._layers[1:]:
            y, *final = layer(self._dropout(y, training=training), mask=mask)
        # Of each direction h, and c where there is one.
        return self._head(y if self._every_step else tf.concat(final[:: self._states], axis=-1))

    def _learn(self, x: Any, targets: Any, lengths: Any, rate: Any, root: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self._loss(self._network(x, lengths, training=True), targets)
        gradients = tape.gradient(loss, self._variables)
        squares = [
            count * tf.reduce_sum(tf.square(gradient))
            for count, gradient in zip(self._counts, gradients, strict=True)
        ]
        norm = tf.sqrt(tf.add_n(squares))
        if self._settings.clip is not None:
            scale = tf.minimum(self._settings.clip / (norm + NORM_EPSILON), 1.0)
            gradients = [gradient * scale for gradient in gradients]
        for n, (variable, count) in enumerate(zip(self._variables, self._counts, strict=True)):
            variable.assign_sub(count * self._update(n, gradients[n], rate, root))
        return loss, norm

    def _loss(self, outputs: Any, targets: Any) -> Any:
        rows = tf.reshape(outputs, (-1, outputs.shape[-1]))
        if self._squared:
            return tf.reduce_mean(tf.square(rows - tf.reshape(targets, tf.shape(rows))))
        classes = tf.reshape(targets, (-1,))
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=classes, logits=rows)
        )

    def _update(self, n: int, gradient: Any, rate: Any, root: Any) -> Any:
        """What one bias or matrix moves by; slots are brought up to date."""
        if self._settings.optimiser == "sgd":
            return rate * gradient
        square = self._slots["square"][n]
        decay = BETA2 if self._settings.optimiser == "adam" else ALPHA
        square.assign(decay * square + (1 - decay) * tf.square(gradient))
        if self._settings.optimiser == "rmsprop":
            return rate * gradient / (tf.sqrt(square) + EPSILON)
        mean = self._slots["mean"][n]
        mean.assign_add((1 - BETA1) * (gradient - mean))
        return rate * mean / (tf.sqrt(square) / root + EPSILON)

    def step(self, batch: Prepared) -> float:
        steps, lr, root = self._steps + 1, self._settings.lr, 1.0
        if self._settings.optimiser == "adam":
            lr, root = lr / (1 - BETA1**steps), sqrt(1 - BETA2**steps)
        loss, norm = self._train(*batch, np.float32(lr), np.float32(root))
        self._steps = steps
        require_finite(float(loss), float(norm), steps)
        return float(loss)

    def outputs(self, batch: Prepared) -> Array:
        found: Array = self._infer(batch.x, batch.lengths).numpy()
        return found.swapaxes(0, 1) if self._every_step else found

    def _named(self) -> dict[str, Any]:
        """Every variable that changes, by a name of its own."""
        lists = {"parameters": self._variables, **self._slots}
        named = {f"{name}.{n}": v for name, found in lists.items() for n, v in enumerate(found)}
        if self._settings.dropout:
            named["random"] = self._dropout.seed_generator.state.value
        return named

    def state(self) -> dict[str, Array]:
        arrays = {name: variable.numpy().copy() for name, variable in self._named().items()}
        return arrays | {"steps": np.array(self._steps)}

    def load(self, state: Arrays) -> None:
        for name, variable in self._named().items():
            variable.assign(state[name])
        self._steps = int(state["steps"])


def make(recipe: Recipe) -> KerasLearner:
    return KerasLearner(recipe)
