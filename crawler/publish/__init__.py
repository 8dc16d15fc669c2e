"""What leaves: exports."""
