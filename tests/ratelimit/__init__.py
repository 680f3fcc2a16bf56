"""Tests of counting, folding and clustering."""
