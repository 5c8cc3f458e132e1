"""What others signed about the ledger, and how it is checked; pure, nobody is asked here."""
