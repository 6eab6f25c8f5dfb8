"""What ships beside the code: the sample portrait and the script that made it."""
