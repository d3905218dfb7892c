"""The explorer in a real browser. A package, so that its browser ends with it: no other test meets its event loop."""
