"""MySQL behind named queries: jobs, tables, loader, migrations."""
