"""A stand-in of Google Drive's API, as far as the archive uses it: a real HTTP server with faults on command."""
