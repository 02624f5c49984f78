"""The vendored library of charts: its bytes are those that its README names, with the licence."""

import hashlib
import re
from pathlib import Path

import common

VENDOR = Path(common.__file__).parent / "report_page" / "assets" / "vendor"
BUNDLE = (VENDOR / "plot.js").read_bytes()
README = (VENDOR / "README.md").read_text(encoding="utf-8")


def test_bundle_has_the_sha256_of_its_readme():
    assert re.search(r"`([0-9a-f]{64})`", README)[1] == hashlib.sha256(BUNDLE).hexdigest()


def test_bundle_begins_with_the_notice_of_all_packages_that_the_readme_lists():
    text = BUNDLE.decode("utf-8")
    assert text.startswith((VENDOR / "notice.txt").read_text(encoding="utf-8"))
    packages = re.findall(r"^\| ([@\w/-]+) \| ([\d.]+) \| ISC \|$", README, flags=re.MULTILINE)
    assert len(packages) == 12
    for package, version in packages:
        name = "Observable Plot" if package == "@observablehq/plot" else package
        assert f"{name} {version}" in text.replace("\n", " ")
        assert f"{package}@{version}" in README


def test_bundle_can_stand_inside_a_script_element():
    assert not re.search(rb"</script|<!--", BUNDLE, flags=re.IGNORECASE)
