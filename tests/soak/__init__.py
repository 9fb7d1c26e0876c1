"""Many files at once while many people look at pages: whether all come through, pages stay quick, and memory stays what it is."""
