"""What commands show: pure functions from records to text and tables for a terminal."""
