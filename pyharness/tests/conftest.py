import signal
import threading

import pytest


@pytest.fixture
def ctrl_c_soon():
    """Presses Ctrl-C half a second from now, also where whoever started the tests ignores it (jobs
    in the background do)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(
        0.5, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT]
    ).start()
    yield
    signal.signal(signal.SIGINT, before)
