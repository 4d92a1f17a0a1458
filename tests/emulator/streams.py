"""Streams, events and graphs that put off all work for as long as CUDA allows.

Work is carried out when the host waits for it, with what it has to come after, and nothing else;
what is not ordered, the latest first.  What a program does not order by streams and events comes
out wrong here, which on a GPU it only may.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from . import abi
from .abi import CudaError

Run = Callable[[], None]


class Task:
    """A piece of work, the how manieth of all, and what it comes after."""

    __slots__ = ("after", "done", "number", "run")

    def __init__(self, run: Run, number: int, after: Iterable["Task | None"]) -> None:
        self.run, self.number, self.done = run, number, False
        self.after = [task for task in after if task is not None and not task.done]


@dataclass
class Capture:
    """A graph on its way.

    Attributes:
        handle: of the graph.
    """

    mode: int
    identity: int
    graph: "Graph"
    handle: int = 0
    invalid: bool = False


@dataclass
class Stream:
    """A queue of tasks.

    Attributes:
        blocking: whether it waits for the legacy default stream, which waits for it.
        last: the latest task.
        waits: tasks of other streams that its next one comes after.
    """

    blocking: bool
    priority: int = 0
    last: Task | None = None
    waits: list[Task] = field(default_factory=list)
    capture: Capture | None = None


@dataclass
class Event:
    """A place in a stream.

    Attributes:
        timed: whether it keeps a time.
        task: the latest record; None before the first.
        seconds: when that was carried out.
        capture: where it was recorded while capturing.
    """

    timed: bool
    task: Task | None = None
    seconds: float = 0.0
    capture: Capture | None = None


class Streams:
    """All streams of a device.

    Attributes:
        error: the code of the first failure, which every later call returns as well.
        failures: the exceptions of work that failed.
        busy: whether work is being carried out.
    """

    def __init__(self) -> None:
        self.legacy = Stream(blocking=True)
        self.others: list[Stream] = []
        self.error = 0
        self.failures: list[BaseException] = []
        self.busy = False
        self._left: list[Task] = []  # what destroyed streams still had to do
        self._tasks = self._captures = 0

    # Order

    def open(self, blocking: bool, priority: int = 0) -> Stream:
        self.others.append(Stream(blocking, priority))
        return self.others[-1]

    def close(self, stream: Stream) -> None:
        """Destroy a stream; what it holds is still carried out."""
        self.others.remove(stream)
        self._left += [task for task in (stream.last, *stream.waits) if task is not None]

    def enqueue(self, stream: Stream, run: Run) -> Task | None:
        """Put work behind what a stream holds; None where it became a node of a graph."""
        self._check_legacy(stream)
        if stream.capture is not None:
            self._check_valid(stream.capture)
            stream.capture.graph.nodes.append(run)
            return None
        after = [stream.last, *stream.waits]
        if stream is self.legacy:
            for other in self.others:
                if other.blocking:
                    after += [other.last, *other.waits]
        elif stream.blocking:
            after += [self.legacy.last, *self.legacy.waits]
        self._tasks += 1
        stream.last, stream.waits = Task(run, self._tasks, after), []
        return stream.last

    def record(self, event: Event, stream: Stream) -> None:
        if stream.capture is not None:
            self._check_valid(stream.capture)
            event.task, event.capture = None, stream.capture
            return

        def run() -> None:
            event.seconds = time.perf_counter()

        event.capture = None
        event.task = self.enqueue(stream, run)

    def wait_for(self, stream: Stream, event: Event) -> None:
        """Have what comes next on a stream come after an event."""
        if stream.capture is not None or event.capture is not None:
            if stream.capture is event.capture:
                return  # it is behind that already
            if event.capture is None:
                assert stream.capture is not None
                stream.capture.invalid = True
                raise CudaError(
                    abi.STREAM_CAPTURE_ISOLATION, "wait of a capture for an event outside of it"
                )
            raise NotImplementedError("a capture of more than one stream")
        if event.task is not None and not event.task.done:
            # Whatever waits for this stream waits for the event as well.
            self._check_legacy(stream)
            stream.waits.append(event.task)

    # The host waits

    def synchronize(self, stream: Stream) -> None:
        if stream.capture is not None:
            self._forbid(stream.capture, "wait for a stream that is captured")
        if stream is self.legacy:
            self._carry_out([self.enqueue(stream, lambda: None)])
        else:
            self._carry_out([stream.last, *stream.waits])

    def synchronize_event(self, event: Event) -> None:
        if event.capture is not None:
            self._forbid(event.capture, "wait for an event that is captured")
        self._carry_out([event.task])

    def synchronize_all(self) -> None:
        for capture in self.capturing():
            self._forbid(capture, "wait for a device while one of its streams is captured")
        self.drain()

    def drain(self) -> None:
        """Carry out everything."""
        tasks = [*self._left]
        for stream in (self.legacy, *self.others):
            tasks += [task for task in (stream.last, *stream.waits) if task is not None]
        self._left.clear()
        self._carry_out(tasks)

    def pending(self, stream: Stream) -> bool:
        return any(task is not None and not task.done for task in (stream.last, *stream.waits))

    def _carry_out(self, tasks: Iterable[Task | None]) -> None:
        if self.busy:
            raise RuntimeError("work on the device waits for the device")
        self.busy = True
        try:
            open_tasks = _oldest_first(tasks)
            while open_tasks and not self.error:
                task = open_tasks[-1]
                waiting = [each for each in task.after if not each.done]
                if task.done:
                    open_tasks.pop()
                elif waiting:
                    open_tasks += _oldest_first(waiting)
                else:
                    open_tasks.pop()
                    self._run(task)
        finally:
            self.busy = False
        self.check()

    def _run(self, task: Task) -> None:
        try:
            task.run()
        except CudaError as error:
            self.error = error.code
            self.failures.append(error)
        except BaseException as error:  # noqa: BLE001  the test raises it
            self.error = abi.LAUNCH_FAILED
            self.failures.append(error)
        task.done, task.after = True, []

    def check(self) -> None:
        """Raise what an earlier failure left behind."""
        if self.error:
            raise CudaError(self.error, f"earlier work failed: {self.failures[0]!r}")

    def reset(self) -> None:
        """Forget the failure, and all work that came behind it: a device cannot."""
        self.error = 0
        self._left.clear()
        for stream in (self.legacy, *self.others):
            stream.last, stream.waits = None, []

    # Capture

    def begin(self, stream: Stream, mode: int) -> Capture:
        if stream is self.legacy:
            raise CudaError(abi.STREAM_CAPTURE_UNSUPPORTED, "capture of the legacy default stream")
        if stream.capture is not None:
            raise CudaError(abi.INVALID_VALUE, "the stream is captured already")
        self._captures += 1
        stream.capture = Capture(mode, self._captures, Graph())
        return stream.capture

    def end(self, stream: Stream) -> Capture:
        capture, stream.capture = stream.capture, None
        if capture is None:
            raise CudaError(abi.INVALID_VALUE, "the stream is not captured")
        self._check_valid(capture)
        return capture

    def capturing(self) -> list[Capture]:
        return [stream.capture for stream in self.others if stream.capture is not None]

    def unsafe(self, what: str) -> None:
        """A call that a capture forbids unless it is relaxed."""
        for capture in self.capturing():
            if capture.mode != 2:  # CU_STREAM_CAPTURE_MODE_RELAXED
                self._forbid(capture, what)

    def _check_legacy(self, stream: Stream) -> None:
        if stream is not self.legacy:
            return
        for other in self.others:
            if other.blocking and other.capture is not None:
                other.capture.invalid = True
                raise CudaError(
                    abi.STREAM_CAPTURE_IMPLICIT,
                    "the legacy default stream would wait for a captured one",
                )

    def _check_valid(self, capture: Capture) -> None:
        if capture.invalid:
            raise CudaError(abi.STREAM_CAPTURE_INVALIDATED, "an earlier call did that")

    def _forbid(self, capture: Capture, what: str) -> None:
        capture.invalid = True
        raise CudaError(abi.STREAM_CAPTURE_UNSUPPORTED, what)


def _oldest_first(tasks: Iterable[Task | None]) -> list[Task]:
    """The last of them is carried out first."""
    return sorted((task for task in tasks if task is not None), key=lambda task: task.number)


@dataclass
class UserObject:
    """What graphs keep alive: ``destroy`` is called when the last of ``count`` is given back."""

    destroy: Run
    count: int

    def release(self, count: int) -> None:
        self.count -= count
        if self.count < 0:
            raise CudaError(abi.INVALID_VALUE, "a user object released too often")
        if self.count == 0:
            self.destroy()


class Graph:
    """Nodes, of which each comes after the one before; executable once it is a copy.

    Attributes:
        objects: what it keeps alive, as often as it is named.
    """

    def __init__(self, nodes: Iterable[Run] = (), objects: Iterable[UserObject] = ()) -> None:
        self.nodes, self.objects = list(nodes), list(objects)
        self._last: Task | None = None

    def copy(self) -> "Graph":
        for each in self.objects:
            each.count += 1
        return Executable(self.nodes, self.objects)

    def launch(self, streams: Streams, stream: Stream) -> None:
        """Put all nodes on a stream.  A graph does not overlap with itself."""
        if self._last is not None and not self._last.done:
            stream.waits.append(self._last)
        for node in self.nodes:
            self._last = streams.enqueue(stream, node)

    def destroy(self) -> None:
        for each in self.objects:
            each.release(1)
        self.objects.clear()


class Executable(Graph):
    """A graph that can be launched."""
