"""The workspace and the login that the platform gives a task."""

import os
from collections.abc import Callable


def init_runtime_native_auth() -> tuple[str, Callable[[], dict[str, str]]]:
    return os.environ["FAKE_RUNTIME_HOST"], lambda: {"Authorization": f"Bearer {os.environ['FAKE_RUNTIME_TOKEN']}"}
