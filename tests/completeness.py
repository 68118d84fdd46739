"""Fails a complete run whose tests have not met every answer that the OpenAPI document names.

The workers report the answers to their tests; the process that started them compares.
"""

from typing import Any

import pytest

from tests.document import MET, documented_answers

MISSED = pytest.StashKey[list[str]]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # A worker that has crashed reports nothing.
    MET.update(tuple(answer) for answer in getattr(node, "workeroutput", {}).get("met", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["met"] = sorted(MET)
    elif session.exitstatus == pytest.ExitCode.OK and _is_whole(config):
        config.stash[MISSED] = [" ".join(answer) for answer in sorted(documented_answers() - MET)]
        if config.stash[MISSED]:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if missed := config.stash.get(MISSED, []):
        terminalreporter.section("documented answers that no test has met", red=True)
        terminalreporter.write_line("\n".join(missed))


def _is_whole(config: pytest.Config) -> bool:
    """Whether the run had all tests."""
    choosing = (
        "keyword",
        "markexpr",
        "deselect",
        "ignore",
        "ignore_glob",
        "lf",
        "stepwise",
        "collectonly",
        "setuponly",
        "setupplan",
        "showfixtures",
        "show_fixtures_per_test",
        "cacheshow",
        "help",
        "version",
    )
    chosen = any(getattr(config.option, name, None) for name in choosing)
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen
