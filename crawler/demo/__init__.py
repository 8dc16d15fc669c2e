"""An invented newsroom and the local server that shows it."""
