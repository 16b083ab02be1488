#!/usr/bin/env python
"""Runs the office's commands."""

import sys

from django.core.management import execute_from_command_line

from config import env


def main() -> None:
    env.use_settings("config.settings.demo")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
