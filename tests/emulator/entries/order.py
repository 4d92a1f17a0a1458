"""Streams, events, graphs: the order of the work."""

# Entry points have the names that C gives them.
# ruff: noqa: N802

import ctypes
from typing import Any

from .. import abi
from ..abi import Address, CudaError, Handle, Int, Size, UInt, Word, entry, out
from ..streams import Event, Executable, Graph, Stream, UserObject
from .base import Entries


class Order(Entries):
    @entry(out(Handle), UInt)
    def cuStreamCreate(self, stream: Any, flags: int) -> None:
        self.cuStreamCreateWithPriority(stream, flags, 0)

    @entry(out(Handle), UInt, Int)
    def cuStreamCreateWithPriority(self, stream: Any, flags: int, priority: int) -> None:
        opened = self.streams.open(blocking=not flags & 1, priority=priority)
        stream[0] = self.handle_of(opened)

    @entry(Handle)
    def cuStreamDestroy(self, stream: int) -> None:
        self.streams.close(self.get(stream, Stream))
        del self._handles[stream]

    @entry(Handle)
    def cuStreamSynchronize(self, stream: int) -> None:
        self.streams.synchronize(self.stream(stream))

    @entry(Handle)
    def cuStreamQuery(self, stream: int) -> None:
        if self.streams.pending(self.stream(stream)):
            raise CudaError(abi.NOT_READY, "the stream has work to do")

    @entry(Handle, Handle, UInt)
    def cuStreamWaitEvent(self, stream: int, event: int, _flags: int) -> None:
        self.streams.wait_for(self.stream(stream), self.get(event, Event))

    @entry(Handle, out(Handle))
    def cuStreamGetCtx(self, stream: int, context: Any) -> None:
        self.stream(stream)
        context[0] = self.context

    @entry(Handle, out(Int))
    def cuStreamGetDevice(self, stream: int, number: Any) -> None:
        self.stream(stream)
        number[0] = 0

    @entry(Handle, out(UInt))
    def cuStreamGetFlags(self, stream: int, flags: Any) -> None:
        flags[0] = 0 if self.stream(stream).blocking else 1

    @entry(Handle, out(Int))
    def cuStreamGetPriority(self, stream: int, priority: Any) -> None:
        priority[0] = self.stream(stream).priority

    @entry(out(Handle), UInt)
    def cuEventCreate(self, event: Any, flags: int) -> None:
        event[0] = self.handle_of(Event(timed=not flags & 2))  # CU_EVENT_DISABLE_TIMING

    @entry(Handle)
    def cuEventDestroy(self, event: int) -> None:
        self.get(event, Event)
        del self._handles[event]

    @entry(Handle, Handle)
    def cuEventRecord(self, event: int, stream: int) -> None:
        self.streams.record(self.get(event, Event), self.stream(stream))

    @entry(Handle)
    def cuEventSynchronize(self, event: int) -> None:
        self.streams.synchronize_event(self.get(event, Event))

    @entry(Handle)
    def cuEventQuery(self, event: int) -> None:
        self.streams.unsafe("cuEventQuery")
        task = self.get(event, Event).task
        if task is not None and not task.done:
            raise CudaError(abi.NOT_READY, "the event is not reached")

    @entry(out(ctypes.c_float), Handle, Handle)
    def cuEventElapsedTime(self, milliseconds: Any, start: int, end: int) -> None:
        first, last = self.get(start, Event), self.get(end, Event)
        for event in (first, last):
            if event.task is None or not event.timed:
                raise CudaError(abi.INVALID_HANDLE, "an event without a time")
            if not event.task.done:
                raise CudaError(abi.NOT_READY, "the event is not reached")
        milliseconds[0] = (last.seconds - first.seconds) * 1e3

    # Graphs

    @entry(Handle, Int)
    def cuStreamBeginCapture(self, stream: int, mode: int) -> None:
        capture = self.streams.begin(self.stream(stream), mode)
        capture.handle = self.handle_of(capture.graph)

    @entry(Handle, out(Handle))
    def cuStreamEndCapture(self, stream: int, graph: Any) -> None:
        graph[0] = 0
        graph[0] = self.streams.end(self.stream(stream)).handle

    @entry(Handle, out(Int))
    def cuStreamIsCapturing(self, stream: int, status: Any) -> None:
        status[0] = self._capture_status(self.stream(stream))

    @staticmethod
    def _capture_status(stream: Stream) -> int:
        return 0 if stream.capture is None else 1 + stream.capture.invalid

    @entry(Handle, out(Int), out(Word), out(Handle), out(Handle), out(Handle), out(Size))
    def cuStreamGetCaptureInfo(
        self, stream: int, status: Any, identity: Any, graph: Any, *rest: Any
    ) -> None:
        found = self.stream(stream)
        status[0] = self._capture_status(found)
        if found.capture is not None:
            if any(rest):
                raise NotImplementedError("the nodes of a capture")
            if identity:
                identity[0] = found.capture.identity
            if graph:
                graph[0] = found.capture.handle

    @entry(out(Handle), Handle, Address)
    def cuGraphInstantiateWithParams(self, ready: Any, graph: int, params: int) -> None:
        ready[0] = self.handle_of(self.get(graph, Graph).copy())
        if params:
            abi.InstantiateParams.from_address(params).result = 0

    @entry(out(Handle), Handle, Word)
    def cuGraphInstantiate(self, ready: Any, graph: int, _flags: int) -> None:
        self.cuGraphInstantiateWithParams(ready, graph, 0)

    @entry(Handle, Handle)
    def cuGraphUpload(self, ready: int, stream: int) -> None:
        self.get(ready, Executable)
        self.stream(stream)

    @entry(Handle, Handle)
    def cuGraphLaunch(self, ready: int, stream: int) -> None:
        self.get(ready, Executable).launch(self.streams, self.stream(stream))

    @entry(Handle)
    def cuGraphDestroy(self, graph: int) -> None:
        self.get(graph, Graph).destroy()
        del self._handles[graph]

    @entry(Handle)
    def cuGraphExecDestroy(self, ready: int) -> None:
        self.get(ready, Executable)
        self.cuGraphDestroy(ready)

    @entry(out(Handle), Address, Address, UInt, UInt)
    def cuUserObjectCreate(
        self, found: Any, pointer: int, destroy: int, count: int, _flags: int
    ) -> None:
        function = ctypes.CFUNCTYPE(None, Address)(destroy)
        found[0] = self.handle_of(UserObject(lambda: function(pointer), count))

    @entry(Handle, UInt)
    def cuUserObjectRelease(self, thing: int, count: int) -> None:
        self.get(thing, UserObject).release(count)

    @entry(Handle, Handle, UInt)
    def cuGraphReleaseUserObject(self, graph: int, thing: int, count: int) -> None:
        found, objects = self.get(thing, UserObject), self.get(graph, Graph).objects
        for _ in range(count):
            objects.remove(found)
        found.release(count)

    @entry(Handle, Handle, UInt, UInt)
    def cuGraphRetainUserObject(self, graph: int, thing: int, count: int, flags: int) -> None:
        found = self.get(thing, UserObject)
        if not flags & 1:  # CU_GRAPH_USER_OBJECT_MOVE
            found.count += count
        self.get(graph, Graph).objects.extend([found] * count)
