"""A package, so that no installed `tests` folder takes its place."""
