"""Run the command line as `python -m bot`; there is nothing else here."""

from bot.cli import main

if __name__ == "__main__":
    main()
