"""The same network in PyTorch, for tests that hold training against it."""

from conftest import require_peer

OPTIMISERS = {
    "sgd": ("SGD", {"lr": 0.1}),
    "momentum": ("SGD", {"lr": 0.05, "momentum": 0.9}),
    "adam": ("Adam", {"lr": 0.01}),
    "rmsprop": ("RMSprop", {"lr": 0.01}),
}


def twin_of(network):
    """A module with a network's sizes, precision and weights."""
    torch = require_peer("torch")
    shape, cell = network.shape, network.cell.name
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell, torch.nn.RNN)
    options = {"nonlinearity": cell.removeprefix("rnn-")} if cell.startswith("rnn") else {}
    outputs, width = network.parameters["head.weight"].shape

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = kind(
                shape.input_size,
                shape.hidden_size,
                shape.num_layers,
                bias=shape.bias,
                bidirectional=shape.bidirectional,
                **options,
            )
            self.head = torch.nn.Linear(width, outputs)

        def forward(self, x, lengths=None):
            if lengths is not None:
                x = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
            y, states = self.rnn(x)
            if network.every_step:
                if lengths is not None:
                    y, _ = torch.nn.utils.rnn.pad_packed_sequence(y)
                return self.head(y)
            hT = states[0] if isinstance(states, tuple) else states
            return self.head(torch.cat(list(hT[-shape.num_directions :]), dim=1))

    twin = Twin().to(getattr(torch, network.parameters.flat.dtype.name))
    twin.load_state_dict(tensors(network.parameters))
    return twin


def tensors(arrays):
    """Copies as tensors, by name."""
    torch = require_peer("torch")
    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}


def arrays_of(twin):
    """A module's weights as arrays, by name."""
    return {name: tensor.detach().numpy() for name, tensor in twin.named_parameters()}
