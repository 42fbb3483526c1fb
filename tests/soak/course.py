"""How the memory, the threads and the descriptors of an ajam go while people work with it."""

import os
import time
from typing import NamedTuple

from tests.browser import Browser
from tests.soak.people import SECRET, USER, Crowd, Work

SAMPLE_SECONDS = 10.0
FORGET_SECONDS = 75.0  # httptimeout, and what outlives a session
WARM = 0.4  # of all samples: until then caches and rings fill, in half an hour those of the visitors' second feed too
GROWTH = 1.1  # from the first third of the others to the last one, of which the least counts


class Sample(NamedTuple):
    """At one time: seconds since the beginning, KiB of resident memory, threads, descriptors, CPU seconds so far."""

    at: float
    memory: int
    threads: int
    descriptors: int
    cpu: float

    def __str__(self):
        return "%6.0f s %8.1f MB %4d threads %5d descriptors %8.1f s CPU" % (
            self.at, self.memory / 1024, self.threads, self.descriptors, self.cpu)


def sample(side, at):
    """The Sample of a tests.bench.sides.Side now."""
    return Sample(at, side.of_status("VmRSS"), side.of_status("Threads"),
                  len(os.listdir("/proc/%d/fd" % side.pid)), side.cpu)


def faults(before, course, after):
    """What is wrong, as sentences.

    before, after  the Samples of a service that has nothing to do
    course         those of the time between
    """
    warm = course[int(len(course) * WARM):]
    third = max(1, len(warm) // 3)
    first, last = (min(each.memory for each in part) for part in (warm[:third], warm[-third:]))
    found = []
    if last > first * GROWTH:
        found.append("memory grows: %d KiB, and later %d" % (first, last))
    threads = max(each.threads for each in warm[:third])  # a worker stays
    if after.threads > threads:
        found.append("threads are left: %d, and afterwards %d" % (threads, after.threads))
    if after.descriptors > before.descriptors:
        found.append("descriptors are left: %d, and afterwards %d" % (before.descriptors, after.descriptors))
    return found


def soak(side, minutes, people, sample_seconds=SAMPLE_SECONDS, forget_seconds=FORGET_SECONDS):
    """What is wrong, as sentences, after so many minutes of so many people at a Side."""
    with Browser(side.address) as browser:
        browser.log_in(USER, SECRET)  # so that what is made once is made
        browser.action("logoff")
    time.sleep(forget_seconds)
    began = time.monotonic()
    before, work = sample(side, 0), Work(side.address)
    crowd, course = Crowd(work, people), []
    print(before, flush=True)
    crowd.start()
    while not course or course[-1].at < minutes * 60:
        time.sleep(sample_seconds)
        course.append(sample(side, time.monotonic() - began))
        print("%s %8d replies" % (course[-1], sum(work.done.values())), flush=True)
    crowd.stop()
    time.sleep(forget_seconds)
    after = sample(side, time.monotonic() - began)
    print(after, ", ".join("%d %s" % (count, what) for what, count in work.done.most_common()), sep="\n")
    return faults(before, course, after) + ["%d times: %s" % (count, what) for what, count in work.wrong.most_common()]
