"""Tests of the pages in www/ with a real Chromium."""
