"""Gets the ledger's head out of our own reach, and notices when it is not the one we had."""
