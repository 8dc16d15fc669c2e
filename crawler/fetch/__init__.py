"""Asking other machines for things: politely, safely, never stuck."""
