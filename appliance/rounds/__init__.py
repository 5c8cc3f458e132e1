"""One asset's turn, and all that one running appliance remembers between turns."""
