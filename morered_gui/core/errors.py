"""The root of errors that people can do something about."""


class ExpectedError(ValueError):
    """An error with one clear sentence for the user: what is wrong and what to do.

    Interfaces show its text; anything else is a defect of the program and gets a report.
    """
