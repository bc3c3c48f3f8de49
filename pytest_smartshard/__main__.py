"""``python -m pytest_smartshard``: the command line without its script."""

from pytest_smartshard.cli.main import run

if __name__ == "__main__":
    run()
