"""Reads the outcome database of aivmsim: checked connections with the questions as views, and the
HTML report."""

from .database import BadDatabase, connect

__all__ = ["BadDatabase", "connect"]
