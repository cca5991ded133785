"""Programmes: who gets a place, and what becomes of those who have one."""
