#!/usr/bin/env python3
"""Counts the cases of a ctest run over GoogleTest programs: `tally_units.py JUNIT_XML GTEST_JSON_FOLDER` prints `PASSED FAILED SKIPPED`.

ctest knows whether a program crashed, GoogleTest knows its cases: a program that failed without a failed case (a crash, a
leak found at exit) counts as one failure more.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree


def cases_of(report):
    """-> [passed, failed, skipped] of one GoogleTest JSON report."""
    counts = [0, 0, 0]
    for suite in report["testsuites"]:
        for case in suite["testsuite"]:
            skipped = case["result"] == "SKIPPED" or case["status"] == "NOTRUN"
            counts[1 if case.get("failures") else 2 if skipped else 0] += 1
    return counts


def main(junit, folder):
    totals = [0, 0, 0]
    for program in xml.etree.ElementTree.parse(junit).getroot().iter("testcase"):
        failed = program.find("failure") is not None or program.get("status") not in ("run",)
        report = pathlib.Path(folder) / f"{program.get('name')}_test.json"
        counts = cases_of(json.loads(report.read_text())) if report.exists() else [0, 0, 0]
        if failed and counts[1] == 0:
            counts[1] = 1
        elif not report.exists():
            counts[0] = 1  # no GoogleTest program: its exit status is the case
        totals = [a + b for a, b in zip(totals, counts)]
    print(*totals)


if __name__ == "__main__":
    main(*sys.argv[1:])
