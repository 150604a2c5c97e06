"""One phase of the queue benchmark with dramatiq: `dramatiq_phase.py SOCKET PHASE TASKS AT_ONCE`.

PHASE: enqueue (one a call) or work (claim and complete; dramatiq prefetches by itself). Prints seconds.
"""
import sys
import threading
import time

import dramatiq
from dramatiq.brokers.redis import RedisBroker

socket, phase, tasks, at_once = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
broker = RedisBroker(url=f"unix://{socket}", middleware=[])
dramatiq.set_broker(broker)
left, finished, lock = tasks, threading.Event(), threading.Lock()


@dramatiq.actor
def task(n):
    global left
    with lock:
        left -= 1
        if left == 0:
            finished.set()


if phase == "enqueue":
    def share(first):
        for n in range(first, tasks, at_once):
            task.send(n)

    threads = [threading.Thread(target=share, args=(first,)) for first in range(at_once)]
    since = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(time.perf_counter() - since)
else:
    worker = dramatiq.Worker(broker, worker_threads=at_once)
    since = time.perf_counter()
    worker.start()
    finished.wait()
    # Until the last acknowledgement.
    broker.join("default", timeout=60_000)
    print(time.perf_counter() - since)
    worker.stop()
