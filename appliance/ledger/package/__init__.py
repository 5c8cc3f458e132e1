"""What an assessor gets: one zip of evidence over a period that verifies without us."""
