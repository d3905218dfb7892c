"""``python -m kg.cli`` is ``orthokg``."""

from kg.cli.main import main

if __name__ == "__main__":
    main()
