"""Tests against the real platforms, by choice: `test_platforms.py` tells how."""
