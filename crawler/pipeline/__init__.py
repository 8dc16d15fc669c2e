"""How feeds and pages travel: poll, ingest, judge, settle; lanes, worker processes, engine, scheduler."""
