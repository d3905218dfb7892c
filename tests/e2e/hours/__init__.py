"""Four hours with the product: what a biologist, an app developer, a curator and a data engineer take away.

A module of each holds ``NEEDS``, functions that ask only by the command line and over HTTP, as they would, and assert
what they need. ``python -m tests.e2e.hours`` spends them on the demonstration that it makes in a new folder;
``test_hours.py`` on the simulated study that other tests begin with.
"""
