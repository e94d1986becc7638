"""Everything that outlives a process: tables, migrations and queries named by their intent.

Rows stop here: what goes in and comes out are the frozen values of `content`, those of `values`,
and small ones that stand beside their queries.
"""
