"""Preloaded by the server of worker processes, it ends that as a machine does that has no memory left."""

import os

os._exit(1)
