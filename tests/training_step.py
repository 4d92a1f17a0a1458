"""How much a training step takes beyond forward and backward of its layers, beside PyTorch's.

    python tests/training_step.py [--threads 1] [--every-step] [--dropout 0.2 --layers 2]

Each figure is the least of several rounds, in milliseconds.  With several threads, or beside other
work, that wanders more than what is measured: the rest of a step is a few tens of microseconds.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, O = output_size

import argparse
import time

import numpy as np
import torch

from lstmbench_kernels.training import Adam, Network, Trainer, mean_squared_error

T, B, I, O = 100, 32, 2, 1
CLIP = 5.0


class Twin(torch.nn.Module):
    """The same network in PyTorch."""

    def __init__(self, H, options):
        super().__init__()
        self.rnn = torch.nn.LSTM(I, H, options.layers, dropout=options.dropout)
        self.head = torch.nn.Linear(H, O)
        self.every_step = options.every_step

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.head(y if self.every_step else y[-1])


def least(rounds, *calls):
    """The least time of each of some functions, in seconds, called in turn."""
    times = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(rounds):
        for found, call in zip(times, calls, strict=True):
            begin = time.perf_counter()
            call()
            found.append(time.perf_counter() - begin)
    return map(min, times)


def measure(H, options):
    """The line of one hidden size."""
    random = np.random.default_rng(0)
    x = random.standard_normal((T, B, I)).astype(np.float32)
    targets = random.standard_normal((T, B, O) if options.every_step else (B, O))
    targets = targets.astype(np.float32)
    network = Network(
        "lstm", I, H, O, options.layers, dropout=options.dropout,
        every_step=options.every_step, num_threads=options.threads,
    )  # fmt: skip
    trainer = Trainer(network, Adam(network.parameters), mean_squared_error, clip=CLIP)
    stack = network.stack
    twin = Twin(H, options)
    optimiser = torch.optim.Adam(twin.parameters())

    trainer.step(x, targets)  # leaves gradients to go back with
    work = stack.buffers(T, B)
    ends = None if options.every_step else (work.dh, None)

    def layers():
        for k, layer in enumerate(stack.layers):
            layer.forward(work.inputs[k], training=True, out=work.outputs[k])
            layer.backward(work.dy, ends, out=work.gradients[k], input_gradient=k > 0)

    def theirs():
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(twin(torch.from_numpy(x)), torch.from_numpy(targets))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(twin.parameters(), CLIP)
        optimiser.step()
        return loss.item()

    within, whole = least(options.rounds, layers, lambda: trainer.step(x, targets))
    # By itself: its threads stay awake after a call, and would be in the way of ours.
    (peer,) = least(options.rounds, theirs)
    times = " | ".join(f"{1e3 * seconds:.2f}" for seconds in (within, whole, peer))
    print(f"| {H} | {times} | {100 * (whole / within - 1):.1f} | {peer / whole:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--every-step", action="store_true")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| H | layers ms | step ms | PyTorch ms | overhead % | PyTorch / step |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    for H in (32, 128, 256):
        measure(H, options)


if __name__ == "__main__":
    main()
