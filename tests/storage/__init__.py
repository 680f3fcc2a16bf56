"""Tests of `storage/`: what is kept, and what survives."""
