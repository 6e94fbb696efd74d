"""Every exception of the program, and what the daemon does when it sees one.

::

    BotError
    +-- UserError        the user can fix it: exit code 2, message only, no traceback
    |   +-- ConfigError      config.yaml, the environment or the portfolio file
    |   +-- StrategyError    a file under strategies/
    |   +-- CredentialError  a key, an API key or a passphrase
    +-- DataError        a source is missing, stale or malformed: the events that use it do not
    |   |                trade this cycle, the next cycle tries again
    |   +-- StaleData        the source answers, but with something too old
    |   +-- BadData          the source answers with something we cannot read; never trimmed
    |   +-- SourceDown       the source does not answer
    +-- VenueError       a read of our own cash, orders or positions failed: the cycle ends;
    |                    a cancel failed: nothing is sent on its token
    +-- LedgerError      the ledger cannot be written or is in use: nothing is sent, exit code 3
    +-- InvariantError   our own books do not add up: record, halt, exit code 1
"""


class BotError(Exception):
    """Base of all errors this program raises on purpose."""


class UserError(BotError):
    """Something in the user's files or environment; the message says where and what to do."""


class ConfigError(UserError):
    """``config.yaml``, the environment or a portfolio file says something we cannot use."""


class StrategyError(UserError):
    """One or more strategy files say something we cannot use."""


class CredentialError(UserError):
    """A key or passphrase is missing or does not fit."""


class DataError(BotError):
    """A source of prices or markets failed; the events that use it do not trade this cycle."""


class StaleData(DataError):
    """The newest figure is older than its allowed age."""


class BadData(DataError):
    """The answer is malformed; it is refused whole, never trimmed."""


class SourceDown(DataError):
    """No answer, or an answer that says "not now"."""


class VenueError(BotError):
    """A read of our own cash, orders or positions failed, or a cancel did."""


class LedgerError(BotError):
    """The ledger cannot be opened or written; nothing is sent while that is so."""


class InvariantError(BotError):
    """Our own books contradict themselves; trading halts until a person resumes it."""
