"""Where files come from and where imported files are kept: the drop folder, object storage, Google Drive."""
