"""Measuring and judging again: evaluation, re-deduplication, reports."""
