"""`archlint import`, `check --from`, `drift` and `init`, as a person calls them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archlint.engine import exit_codes
from archlint.manifest.loading import load

Run = Callable[..., Any]

MODEL = """\
threagile_version: 1.0.0
title: Clinic
technical_assets:
  Booking:
    id: booking
    type: process
    technology: web-service-rest
    redundant: false
    communication_links:
      Calendar: {target: calendar, protocol: "jdbc://u:pw@h"}
  Calendar:
    id: calendar
    type: datastore
    technology: database
    tags: [postgresql]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.yaml").write_text(MODEL)
    return tmp_path


class TestImport:
    def test_a_draft_names_its_origins_and_asks(self, archlint: Run, folder: Path) -> None:
        result = archlint("import", "threagile", "model.yaml")
        assert (result.code, result.err) == (exit_codes.CLEAN, "")
        assert "    replicas: 1  # from model.yaml:8, not redundant\n" in result.out
        assert "# Worth answering first:\n#   " in result.out
        assert load(result.out.encode(), "draft").problems == ()

    def test_json_has_the_manifest_its_origins_and_the_questions(self, archlint: Run, folder: Path) -> None:
        report = json.loads(archlint("import", "threagile", "model.yaml", "--format", "json").out)
        assert report["manifest"]["datastores"] == {"calendar": {"technology": "postgresql"}}
        assert {"path": "services.booking.calls[calendar].to", "file": "model.yaml", "line": 10, "note": ""} in report[
            "origins"
        ]
        question = next(asked for asked in report["questions"] if asked["field"] == "timeout")
        assert question == {
            "route": "services.booking.calls[calendar].timeout",
            "field": "timeout",
            "unlocks": question["unlocks"],
            "checks": question["checks"],
            "components": ["services.booking.calls[calendar]"],
        }
        assert report["questions"][0]["unlocks"] >= report["questions"][-1]["unlocks"]
        assert report["remarks"] == []

    def test_the_name_of_the_system(self, archlint: Run, folder: Path) -> None:
        assert "system: {name: clinic}" in archlint("import", "threagile", "model.yaml").out
        assert "name: shop" in archlint("import", "threagile", "model.yaml", "--name", "shop").out

    def test_standard_input_and_auto(self, archlint: Run, folder: Path) -> None:
        assert "booking" in archlint("import", "threagile", "-", stdin=MODEL.encode()).out
        assert "booking" in archlint("import", "auto", ".").out

    def test_two_sources_make_one_draft(self, archlint: Run, folder: Path) -> None:
        (folder / "calm.json").write_text(
            json.dumps(
                {
                    "nodes": [
                        {"unique-id": "a", "node-type": "service", "name": "Booking"},
                        {"unique-id": "m", "node-type": "service", "name": "Mail"},
                    ],
                    "relationships": [
                        {"relationship-type": {"connects": {"source": {"node": "a"}, "destination": {"node": "m"}}}}
                    ],
                }
            )
        )
        out = archlint("import", "threagile", "model.yaml", "--with", "calm=calm.json").out
        assert "- {to: calendar" in out
        assert "- {to: mail}" in out

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            (("kubernets", "model.yaml"), exit_codes.USAGE, "no source `kubernets`"),
            (("threagile", "gone.yaml"), exit_codes.USAGE, "gone.yaml: no such file"),
            (("threagile", "model.yaml", "--with", "calm"), exit_codes.USAGE, "write SOURCE=PATH"),
            (("threagile", "model.yaml", "--write"), exit_codes.USAGE, "name it with --into"),
            (("threagile", "model.yaml", "--into", "m", "--format", "json"), exit_codes.USAGE, "leave --format and"),
            (("threagile", "model.yaml", "--into", "m", "--output", "x"), exit_codes.USAGE, "leave --format and"),
            (("calm", "model.yaml"), exit_codes.FINDINGS, "not recognised as a CALM architecture"),
            (("calm", "broken.json"), exit_codes.FINDINGS, "broken.json:1:"),
            (("calm", "latin.json"), exit_codes.FINDINGS, "not UTF-8"),
            (("calm", "empty.json"), exit_codes.FINDINGS, "the file holds nothing"),
        ],
    )
    def test_what_cannot_be_read(
        self, arguments: tuple[str, ...], code: int, words: str, archlint: Run, folder: Path
    ) -> None:
        (folder / "broken.json").write_text('{"nodes": [')
        (folder / "latin.json").write_bytes(b'{"name": "caf\xe9"}')
        (folder / "empty.json").write_text("# nothing\n")
        result = archlint("import", *arguments)
        assert result.code == code
        assert words in result.err
        assert "Traceback" not in result.err

    def test_json_in_a_folder_that_is_none_is_a_note(self, archlint: Run, folder: Path) -> None:
        (folder / "tsconfig.json").write_text('{\n  // for the compiler\n  "a": 1,\n}\n')
        result = archlint("import", "auto", ".")
        assert result.code == exit_codes.CLEAN
        assert "tsconfig.json:2:" in result.err
        assert "note: not JSON" in result.err

    @pytest.mark.parametrize("source", ["threagile", "compose", "kubernetes", "auto"])
    def test_pipes_in_a_folder_are_not_waited_for(self, source: str, archlint: Run, folder: Path) -> None:
        for name in ("pipe.yaml", "compose.yaml", ".env"):
            os.mkfifo(folder / name)
        (folder / "zero.json").symlink_to("/dev/zero")
        (folder / "b.compose.yaml").write_text("services: {a: {image: redis, env_file: pipe.yaml}}\n")
        assert archlint("import", source, ".").code == exit_codes.CLEAN

    def test_into_shows_and_write_writes(self, archlint: Run, folder: Path) -> None:
        manifest = folder / "archlint.yaml"
        manifest.write_text("archlint: 1\nsystem: {name: clinic}  # ours\nservices:\n  booking:\n    replicas: 3\n")
        before = manifest.read_bytes()
        shown = archlint("import", "threagile", "model.yaml", "--into", "archlint.yaml")
        assert "+    calls:\n" in shown.out
        assert "nothing is written" in shown.err
        assert manifest.read_bytes() == before
        archlint("import", "threagile", "model.yaml", "--into", "archlint.yaml", "--write")
        text = manifest.read_text()
        assert "system: {name: clinic" in text
        assert "# ours" in text
        assert "    replicas: 3\n" in text
        assert "replicas: 1" not in text
        assert archlint("check", "archlint.yaml").code == exit_codes.CLEAN
        again = archlint("import", "threagile", "model.yaml", "--into", "archlint.yaml")
        assert again.out == ""

    def test_into_tells_where_the_sources_say_otherwise(self, archlint: Run, folder: Path) -> None:
        manifest = folder / "archlint.yaml"
        manifest.write_bytes(
            b"\xef\xbb\xbfarchlint: 1\nsystem: {name: clinic}\ndefaults: {service: {replicas: 3}}\n"
            b"services:\n  booking: {}\n"
        )
        manifest.chmod(0o640)
        (folder / "link.yaml").symlink_to("archlint.yaml")
        result = archlint("import", "threagile", "model.yaml", "--into", "link.yaml", "--write")
        assert result.err == (
            "link.yaml:3: note: `services.booking.replicas` is 3, the source says 1 (model.yaml:8); "
            "what stands in the manifest is kept\n"
        )
        written = manifest.read_bytes()
        assert written.startswith(b"\xef\xbb\xbfarchlint: 1\n")
        assert b"replicas: 1" not in written
        assert b"technology: postgresql" in written
        assert manifest.stat().st_mode & 0o777 == 0o640
        assert (folder / "link.yaml").is_symlink()

    def test_into_a_manifest_that_is_not_valid(self, archlint: Run, folder: Path) -> None:
        (folder / "archlint.yaml").write_text("archlint: 1\n")
        result = archlint("import", "threagile", "model.yaml", "--into", "archlint.yaml")
        assert result.code == exit_codes.USAGE
        assert "is not a valid manifest" in result.err


class TestCheckFrom:
    def test_findings_stand_in_the_source(self, archlint: Run, folder: Path) -> None:
        result = archlint("check", "--from", "threagile", "model.yaml", "--format", "json", "--today", "2026-11-15")
        report = json.loads(result.out)
        spof = next(finding for finding in report["findings"] if finding["code"] == "LAW120")
        assert (spof["file"], spof["line"], spof["column"]) == ("model.yaml", 8, 5)
        assert spof["path"] == "services.booking.replicas"
        assert report["summary"]["files"] == 1
        order = [
            (finding["file"], finding["line"], finding["column"], finding["code"]) for finding in report["findings"]
        ]
        assert order == sorted(order)

    def test_excerpts_show_no_credentials(self, archlint: Run, folder: Path) -> None:
        result = archlint("check", "--from", "threagile", "model.yaml")
        assert "--> model.yaml:8" in result.out
        assert "u:pw" not in result.out

    @pytest.mark.parametrize("format", ["sarif", "junit", "github", "gitlab", "markdown", "concise", "grouped"])
    def test_every_format_is_written(self, format: str, archlint: Run, folder: Path) -> None:
        result = archlint("check", "--from", "threagile", "model.yaml", "--format", format)
        assert result.code == exit_codes.CLEAN
        assert "model.yaml" in result.out

    def test_fingerprints_are_those_of_the_draft(self, archlint: Run, folder: Path) -> None:
        (folder / "archlint.yaml").write_text(archlint("import", "threagile", "model.yaml").out)
        of_source, of_draft = (
            {finding["fingerprint"] for finding in json.loads(archlint(*arguments, "--format", "json").out)["findings"]}
            for arguments in (("check", "--from", "threagile", "model.yaml"), ("check", "archlint.yaml"))
        )
        assert of_source == of_draft

    def test_a_baseline_accepts_what_is_found_in_sources(self, archlint: Run, folder: Path) -> None:
        source = ("--from", "threagile", "model.yaml")
        assert archlint("baseline", "write", *source).code == exit_codes.CLEAN
        assert archlint("baseline", "check", *source).code == exit_codes.CLEAN
        baseline = ("--baseline", ".archlint-baseline.json", "--fail-on", "info")
        assert archlint("check", *source, *baseline).code == exit_codes.CLEAN
        (folder / "model.yaml").write_text(MODEL + "  Mail: {id: mail, type: process, redundant: false}\n")
        assert archlint("check", *source, *baseline).code == exit_codes.FINDINGS
        (folder / "other.yaml").write_text("a: [\n")
        assert archlint("baseline", "write", "--from", "threagile", ".").code == exit_codes.USAGE

    def test_per_file_ignores_are_of_the_source(self, archlint: Run, folder: Path) -> None:
        (folder / "archlint.toml").write_text('[per-file-ignores]\n"model.yaml" = ["LAW120"]\n')
        assert "LAW120" not in archlint("check", "--from", "threagile", "model.yaml").out
        assert "LAW120" in archlint("check", "--from", "threagile", "model.yaml", "--select", "LAW120").out
        (folder / "archlint.toml").write_text('[per-file-ignores]\n"other.yaml" = ["LAW120"]\n')
        assert "LAW120" in archlint("check", "--from", "threagile", "model.yaml").out

    def test_what_cannot_be_linted(self, archlint: Run, folder: Path) -> None:
        (folder / "empty").mkdir()
        result = archlint("check", "--from", "threagile", "empty")
        assert result.code == exit_codes.USAGE
        assert "nothing below empty describes a component" in result.err
        assert archlint("check", "--from", "threagile", "empty", "--allow-empty").code == exit_codes.CLEAN
        assert archlint("check", "--from", "calm", "model.yaml").code == exit_codes.USAGE
        assert archlint("check", "--from", "threagile", "model.yaml", "--new-since", "main").code == exit_codes.USAGE
        assert archlint("check", "--with", "calm=x.json").code == exit_codes.USAGE

    def test_a_file_that_cannot_be_read_fails_beside_those_that_can(self, archlint: Run, folder: Path) -> None:
        (folder / "other.yaml").write_text("a: [\n")
        result = archlint("check", "--from", "threagile", ".")
        assert result.code == exit_codes.FINDINGS
        assert "other.yaml:2:1: error: a value was expected here" in result.err
        assert "LAW120" in result.out


class TestDrift:
    def manifest(self, folder: Path, text: str) -> None:
        (folder / "archlint.yaml").write_text(f"archlint: 1\nsystem: {{name: clinic}}\n{text}")

    def drift(self, archlint: Run, *options: str) -> Any:
        return archlint("drift", "archlint.yaml", "--against", "threagile", "model.yaml", *options)

    def test_no_drift(self, archlint: Run, folder: Path) -> None:
        (folder / "archlint.yaml").write_text(archlint("import", "threagile", "model.yaml").out)
        result = self.drift(archlint)
        assert (result.code, result.out) == (
            exit_codes.CLEAN,
            "no drift: archlint.yaml and the sources agree on what both state\n",
        )

    def test_every_kind_with_both_places(self, archlint: Run, folder: Path) -> None:
        self.manifest(
            folder,
            "services:\n  booking: {replicas: 3}\n  old: {calls: [{to: booking}]}\n"
            "datastores:\n  calendar: {technology: mysql}\n",
        )
        result = self.drift(archlint, "--format", "json")
        assert result.code == exit_codes.FINDINGS
        rows = json.loads(result.out)["drift"]
        told = [(row["kind"], row["path"], row["stated"], row["found"]) for row in rows]
        assert told == [
            ("only-in-source", "services.booking", None, None),
            ("differs", "services.booking.replicas", "3", "1"),
            ("only-in-manifest", "services.old", None, None),
            ("differs", "datastores.calendar.technology", "mysql", "postgresql"),
        ]
        assert rows[0]["message"] == "`booking` depends on `calendar`, and the manifest does not say so"
        assert rows[0]["source"] == {"file": "model.yaml", "line": 10, "column": 7}
        assert rows[1]["manifest"] == {"file": "archlint.yaml", "line": 4, "column": 13}
        assert rows[1]["source"] == {"file": "model.yaml", "line": 8, "column": 5}
        text = self.drift(archlint).out
        assert "  --> archlint.yaml:4:13 services.booking.replicas\n  --> model.yaml:8:5 not redundant\n" in text
        assert text.endswith("drift: 2 differs, 1 only in the manifest, 1 only in the source\n")

    @pytest.mark.parametrize(
        ("stated", "drifts"),
        [
            ("replicas: 1", False),
            ("replicas: {min: 1, max: 1}", False),
            ("replicas: {min: 1, max: 4}", True),
            ("description: x", False),
        ],
    )
    def test_counts(self, stated: str, drifts: bool, archlint: Run, folder: Path) -> None:
        self.manifest(
            folder,
            f"services: {{booking: {{{stated}, calls: [{{to: calendar}}]}}}}\ndatastores: {{calendar: {{}}}}\n",
        )
        assert self.drift(archlint).code == (exit_codes.FINDINGS if drifts else exit_codes.CLEAN)

    @pytest.mark.parametrize(
        ("technology", "drifts"),
        [("postgresql@16", False), ("postgres", False), ("pg", False), ("mysql", True), ("own-store", True)],
    )
    def test_a_version_that_one_side_leaves_out_is_no_drift(
        self, technology: str, drifts: bool, archlint: Run, folder: Path
    ) -> None:
        self.manifest(
            folder,
            "services: {booking: {calls: [{to: calendar}]}}\n"
            f"datastores: {{calendar: {{technology: {technology}}}}}\n",
        )
        assert self.drift(archlint).code == (exit_codes.FINDINGS if drifts else exit_codes.CLEAN)

    def test_a_dependency_of_the_manifest_alone(self, archlint: Run, folder: Path) -> None:
        (folder / "model.yaml").write_text(MODEL + "  Mail: {id: mail, type: process}\n")
        self.manifest(
            folder,
            "services:\n  booking: {replicas: 1, calls: [{to: calendar}, {to: mail}]}\n  mail: {}\n"
            "datastores: {calendar: {}}\n",
        )
        result = self.drift(archlint)
        assert result.out.startswith(
            "drift [only-in-manifest] `booking` depends on `mail` by the manifest, and by no file of the source\n"
            "  --> archlint.yaml:4:55 services.booking.calls[mail]\n"
        )

    def test_names_and_routes_can_be_told(self, archlint: Run, folder: Path) -> None:
        self.manifest(folder, "services: {desk: {replicas: 2, calls: [{to: Calendar}]}}\ndatastores: {Calendar: {}}\n")
        assert self.drift(archlint, "--map", "desk=booking").code == exit_codes.FINDINGS
        result = self.drift(archlint, "--map", "desk=booking", "--ignore", "services.*.replicas")
        assert (result.code, result.err) == (exit_codes.CLEAN, "")
        assert self.drift(archlint, "--exit-zero").code == exit_codes.CLEAN

    def test_a_route_with_brackets_is_ignored_as_it_is_told(self, archlint: Run, folder: Path) -> None:
        (folder / "model.yaml").write_text(MODEL + "  Mail: {id: mail, type: process}\n")
        self.manifest(
            folder,
            "services:\n  booking: {calls: [{to: calendar}, {to: mail}]}\n  mail: {}\ndatastores: {calendar: {}}\n",
        )
        assert "services.booking.calls[mail]\n" in self.drift(archlint).out
        assert self.drift(archlint, "--ignore", "services.booking.calls[mail]").code == exit_codes.CLEAN
        assert self.drift(archlint, "--ignore", "services.*.calls[m*]").code == exit_codes.CLEAN
        assert self.drift(archlint, "--ignore", "services.*.calls[x]").code == exit_codes.FINDINGS

    def test_what_sources_say_does_not_steer_the_terminal(self, archlint: Run, folder: Path) -> None:
        (folder / "a.yaml").write_text('services: {"a\\x1b[1m": {extends: {service: "\\x1b[31m"}, image: redis}}\n')
        (folder / "archlint.yaml").write_text("archlint: 1\nsystem: {name: s}\n")
        for arguments in (
            ("drift", "archlint.yaml", "--against", "compose", "a.yaml"),
            ("import", "compose", "a.yaml"),
            ("check", "--from", "compose", "a.yaml", "--allow-empty"),
        ):
            result = archlint(*arguments)
            assert "\x1b" not in result.out + result.err

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (("--map", "x"), "write NAME=OTHER"),
            (("--map", "gone=booking"), "no component `gone`"),
        ],
    )
    def test_wrong_usage(self, options: tuple[str, ...], words: str, archlint: Run, folder: Path) -> None:
        self.manifest(folder, "services: {booking: {}}\n")
        result = self.drift(archlint, *options)
        assert result.code == exit_codes.USAGE
        assert words in result.err

    def test_a_manifest_that_is_not_valid_is_told_with_its_place(self, archlint: Run, folder: Path) -> None:
        self.manifest(folder, "services: {booking: {replcas: 2}}\n")
        result = self.drift(archlint)
        assert result.code == exit_codes.FINDINGS
        assert "archlint.yaml:3:" in result.err
        assert "replicas" in result.err


class TestInit:
    def test_a_draft_says_what_to_add_first_and_which_files_it_is_from(self, archlint: Run, folder: Path) -> None:
        (folder / "other.yaml").write_text("a: 1\n")
        archlint("init")
        text = (folder / "archlint.yaml").read_text()
        assert text.startswith("# Drafted by `archlint import` from model.yaml.\n")
        assert "# Worth answering first:\n#   " in text

    def test_a_folder_that_cannot_be_read_is_told(
        self, archlint: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / "closed").mkdir()
        scandir = os.scandir

        def refusing(path: str) -> Any:
            if str(path).endswith("closed"):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refusing)
        result = archlint("import", "auto", ".")
        assert result.code == exit_codes.FINDINGS
        assert result.err == "closed: error: the folder cannot be read: Permission denied\n"
        assert "booking" in result.out
        assert archlint("init").code == exit_codes.CLEAN

    def test_from_what_is_there(self, archlint: Run, folder: Path) -> None:
        result = archlint("init")
        assert result.code == exit_codes.CLEAN
        assert "found threagile: model.yaml" in result.out
        assert "booking" in (folder / "archlint.yaml").read_text()
        assert archlint("check").code == exit_codes.CLEAN

    def test_a_manifest_that_exists_is_not_touched(self, archlint: Run, folder: Path) -> None:
        (folder / "archlint.yaml").write_text("mine")
        result = archlint("init")
        assert result.code == exit_codes.USAGE
        assert "exists" in result.err
        assert (folder / "archlint.yaml").read_text() == "mine"

    def test_a_starter_where_there_is_nothing(self, archlint: Run, folder: Path) -> None:
        (folder / "sub").mkdir()
        assert archlint("init", "sub").code == exit_codes.CLEAN
        assert "  name: sub\n" in (folder / "sub" / "archlint.yaml").read_text()
        assert archlint("check", "sub").code == exit_codes.CLEAN

    def test_an_empty_one_on_demand(self, archlint: Run, folder: Path) -> None:
        assert archlint("init", "--empty", "--name", "clinic").code == exit_codes.CLEAN
        assert "booking" not in (folder / "archlint.yaml").read_text()
        assert archlint("init", "--empty", "--from", "calm", ".").code == exit_codes.USAGE
