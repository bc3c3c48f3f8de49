"""Pure: what is known of a checkout in, what would go wrong in it out. One check a file.

A check says something only where it is certain: what a script, a template or somebody else's action does
cannot be seen from here, and where the answer depends on it there is no finding.
"""
