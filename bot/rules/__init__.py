"""The choices a strategy file can name, one file each."""
