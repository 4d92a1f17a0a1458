"""One team of threads for everything this package runs, and the barrier they meet at.

The caller is thread 0; the others are Python threads that run compiled code without the GIL.
Between calls they first watch a counter, so that the next call of a busy loop finds them at once,
and then sleep.
"""

import os
import threading
from queue import SimpleQueue
from typing import Any

import numpy as np
from numba import boolean, int64

from .compile import compile_once, inner, kernel
from .sync import (
    atomic_add,
    atomic_load,
    atomic_store,
    call_entry,
    nanoseconds,
    pause,
    processor,
    yield_processor,
)

# Looks at a counter, some 10 µs, before giving the processor away: longer would starve the very
# thread that is waited for where both have to share a processor.
SPINS = 400
SLOW_WAITS = 3  # longer ones than that, in one call, before a thread takes over from others
WATCH_YIELDS = 200  # times a thread without work gives it away, some 100 µs, before it sleeps


@inner
def barrier(share, members):
    """Wait until all have arrived."""
    if members > 1:
        counter = share.team_counter
        meeting = atomic_add(counter, 1) // members + 1
        share.waited += wait_for(counter, meeting * members)


@inner
def wait_for(counter, target):
    """Wait until ``counter`` is at ``target``: spin, then yield, so that any number works.

    Returns the nanoseconds for which the processor was given away.
    """
    for _ in range(SPINS):
        if atomic_load(counter) >= target:
            return 0
        pause()
    begin = nanoseconds()
    while atomic_load(counter) < target:
        yield_processor()
    return nanoseconds() - begin


@inner
def step_barrier(share, blocks, panels):
    """Where the threads that share hidden units meet after a step.

    A step can be a microsecond.  When one of the threads is not running, because others want the
    processors too, every step would wait for the scheduler.  After a few such waits the group's
    first thread therefore takes over the units of all, from a step on that all agree on: it writes
    the meeting after which it is alone, and writes it before it arrives there itself.
    """
    count = share.group_size
    if count == 1:
        return
    counter, takeover = share.group_counter, share.group_counter + 8
    meeting = atomic_load(counter) // count + 1  # exact for a thread that has yet to arrive
    enough = share.slow_waits > SLOW_WAITS and share.waited > share.patience
    if share.unit == 0 and enough and atomic_load(takeover) == 0:
        atomic_add(takeover, meeting)
    atomic_add(counter, 1)
    waited = wait_for(counter, meeting * count)
    if waited > 0:
        share.slow_waits += 1
        share.waited += waited
    alone_from = atomic_load(takeover)
    if alone_from != 0 and alone_from <= meeting:
        share.group_size = 1
        share.block_first = 0
        share.panel_first = 0
        share.block_end = blocks if share.unit == 0 else 0
        share.panel_end = panels if share.unit == 0 else 0


@inner
def start(share, members):
    """Thread 0 sends the others off; from here on nothing can come between them."""
    if share.thread == 0 and members > 1:
        atomic_add(share.start_counter, 1)


@inner
def finish(share, members):
    """Thread 0 waits for the others, who leave at once: its buffers may be freed after it."""
    if members == 1:
        return
    atomic_add(share.finish_counter, 1)
    if share.thread == 0:
        share.waited += wait_for(share.finish_counter, members)
        # Nobody is at a barrier any more; the next call may have another number of members.
        atomic_store(share.team_counter, 0)
        atomic_store(share.finish_counter, 0)


# The board on which a call is posted, as 64-bit integers: calls started so far, then the number of
# the latest call, how many threads it is for, the addresses of its code and its records, and the
# processor of its first thread.
STARTED, POSTED, MEMBERS, ENTRY, JOBS, SHARES, PROCESSOR = range(0, 56, 8)


@kernel
def lead(board, number, members, entry, jobs, shares):
    """Post a call, and run it as its first thread: ``entry(jobs, shares, 0, members)``."""
    # The number first: who reads something newer than the number it knows will see that it is.
    atomic_store(board + POSTED, number)
    atomic_store(board + MEMBERS, members)
    atomic_store(board + ENTRY, entry)
    atomic_store(board + JOBS, jobs)
    atomic_store(board + SHARES, shares)
    atomic_store(board + PROCESSOR, processor())
    call_entry(entry, jobs, shares, 0, members)


@kernel
def _serve(board, member, seen, moved):
    """Run calls as thread ``member``, until none has come for a while; the last one run or skipped.

    Without Python: taking its lock after each call, and waking each other for it, would take
    longer than a small network.  Returns before a call, too, where it would have to share the
    processor of the first thread.
    """
    idle = 0
    while idle < SPINS + WATCH_YIELDS:
        number = atomic_load(board + STARTED)
        if number == seen:
            if idle < SPINS:
                pause()
            else:
                yield_processor()
            idle += 1
            continue
        members, entry = atomic_load(board + MEMBERS), atomic_load(board + ENTRY)
        jobs, shares = atomic_load(board + JOBS), atomic_load(board + SHARES)
        here, first = processor(), atomic_load(board + PROCESSOR)
        # A thread that a call does not need may look up late and find the next one.
        if atomic_load(board + POSTED) == number and member < members:
            if here == first and here >= 0 and not moved:
                return seen
            call_entry(entry, jobs, shares, member, members)
        seen, idle, moved = number, 0, False
    return seen


class _Worker(threading.Thread):
    """Runs the team's calls as one of its threads."""

    def __init__(self, team: "Team", number: int) -> None:
        super().__init__(name=f"lstmbench-kernels-{number}", daemon=True)
        self.team = team
        self.number = number
        self.bell: SimpleQueue[None] = SimpleQueue()
        self.asleep = True
        self.seen = team.started
        self.start()

    def run(self) -> None:
        while True:
            self.bell.get()
            self.asleep = False
            self._work()

    def _work(self) -> None:
        team, moved = self.team, False
        while True:
            self.seen = team.serve(team.board_address, self.number, self.seen, moved)
            moved = team.started > self.seen
            if moved:
                self._move_away()
                continue
            self.asleep = True
            # A call may have been posted while this thread made up its mind to sleep.
            if team.posted <= self.seen:
                return
            self.asleep = False

    def _move_away(self) -> None:
        """Leave the processor of the first thread, which the system may not do for a long time.

        To threads that rather give a processor away than sleep, it pays little heed.
        """
        allowed = sorted(os.sched_getaffinity(0))
        first = self.team.processor
        if first in allowed and len(allowed) > 1:
            place = (allowed.index(first) + self.number) % len(allowed)
            try:
                os.sched_setaffinity(0, {allowed[place]})
            finally:
                os.sched_setaffinity(0, allowed)


class Team:
    """Threads that run one call together; one team serves a whole process."""

    def __init__(self) -> None:
        self._board = np.zeros(16, np.int64)
        self.board_address = self._board.ctypes.data
        self.start_address = self.board_address + STARTED
        self._alone = np.zeros(16, np.int64)  # a board that nobody reads
        self._alone_address = self._alone.ctypes.data
        self.lead: Any = None
        self.serve: Any = None
        self.posted = 0
        self._forget()

    def _forget(self) -> None:
        """Threads do not survive a fork."""
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()

    @property
    def started(self) -> int:
        """Calls started so far."""
        return int(self._board[0])

    @property
    def processor(self) -> int:
        """The processor of the first thread when the latest call was started."""
        return int(self._board[PROCESSOR // 8])

    def run(self, entry: int, jobs: int, shares: int, members: int) -> None:
        """Call the code at ``entry`` with ``(jobs, shares, thread, members)`` in each thread.

        All are addresses.  Nothing may raise between the first thread that enters and the last:
        ``entry`` itself starts the others, so an interrupt comes before all of them or after.
        """
        if self.lead is None:
            self.lead = compile_once(lead, *[int64] * 6)
            self.serve = compile_once(_serve, *[int64] * 3, boolean)
        if members == 1:
            self.lead(self._alone_address, 0, 1, entry, jobs, shares)
            return
        with self._lock:
            self._gather(members)
            number = self.started + 1
            self.posted = number
            try:
                for worker in self._workers[: members - 1]:
                    if worker.asleep:
                        worker.bell.put(None)
                self.lead(self.board_address, number, members, entry, jobs, shares)
            finally:
                self.posted = self.started

    def _gather(self, count: int) -> None:
        """Have at least ``count`` threads, the caller included."""
        for number in range(len(self._workers) + 1, count):
            self._workers.append(_Worker(self, number))


TEAM = Team()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=TEAM._forget)
