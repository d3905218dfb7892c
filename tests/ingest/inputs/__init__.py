"""Inputs as laboratories bring them, one table a rule: a module ``rule_*.py`` holds a list ``CASES``, which
``test_inputs.py`` runs."""
