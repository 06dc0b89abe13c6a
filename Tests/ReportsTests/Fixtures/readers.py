"""What independent readers of JUnit XML count in a file: `readers.py READER FILE`."""

import sys

name, path = sys.argv[1:]


def say(tests, failures, errors, skipped, seconds):
    print(f"tests={tests} failures={failures} errors={errors} skipped={skipped} ms={round(seconds * 1000)}")


if name == "junitparser":
    from junitparser import JUnitXml, Error, Failure, Skipped

    found = JUnitXml.fromfile(path)
    cases = [case for suite in found for case in suite]
    kinds = [type(result) for case in cases for result in case.result]
    counted = (len(cases), kinds.count(Failure), kinds.count(Error), kinds.count(Skipped))
    said = (found.tests, found.failures, found.errors, found.skipped)
    assert counted == said, f"the attributes say {said}, the cases {counted}"
    for suite in found:
        before = (suite.tests, suite.failures, suite.errors, suite.skipped, round(suite.time, 3))
        suite.update_statistics()
        assert before == (suite.tests, suite.failures, suite.errors, suite.skipped, round(suite.time, 3))
    say(*counted, sum(case.time for case in cases))
elif name == "xunitparser":
    import xml.etree.ElementTree as tree
    import tempfile
    import xunitparser

    # It reads a file whose root is the suite.
    suite = tree.parse(path).getroot()
    suite = suite if suite.tag == "testsuite" else suite.find("testsuite")
    with tempfile.NamedTemporaryFile("wb") as file:
        tree.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
        file.flush()
        with open(file.name, encoding="utf-8") as text:
            found, result = xunitparser.parse(text)
    cases = list(found)
    count = [case.result for case in cases].count
    say(len(cases), count("failure"), count("error"), count("skipped"), sum(c.time.total_seconds() for c in cases))
else:
    from junit2htmlreport import parser

    found = parser.Junit(filename=path)
    cases = [case for suite in found.suites for group in suite.classes.values() for case in group.cases]
    failed = [case for case in cases if case.failure is not None]
    skipped = [case for case in cases if case.skipped]
    # It keeps errors with the failures, told apart by the element they came from.
    import xml.etree.ElementTree as tree

    errors = len(tree.parse(path).findall(".//testcase/error"))
    say(len(cases), len(failed) - errors, errors, len(skipped), sum(float(case.duration) for case in cases))
    assert "<html" in found.html()
