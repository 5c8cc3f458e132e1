"""
What an assessor runs: two programs of one file each that import nothing but the standard library.

They are copied into every package as they stand here, so nothing in them may need anything of ours.
"""
