"""Everything that is kept, behind methods that are one transaction each."""
