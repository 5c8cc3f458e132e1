"""A witness for the SOC: it cosigns heads of logs it has seen only grow, and nothing else."""
