"""Hashes, and how to check them without trusting this page."""

from __future__ import annotations

from markupsafe import Markup

from minhu.reports.dossier.evidence import Evidence
from minhu.reports.dossier.page import Page, Section, Table, columns, table
from minhu.reports.dossier.pages.freshness import landed_rows
from minhu.reports.presentation.values import Words


def build(evidence: Evidence) -> Page:
    release, manifest = evidence.release, evidence.release.manifest
    release_id, date = release.release_id, release.business_date.isoformat()
    return Page(
        "proof",
        Words("证明", "Proof"),
        lead=Words(
            "不必相信本页：下列命令离线核对签名、散列与台账的链，任何一处改动都会显现。",
            "You need not believe this page: these commands check signature, hashes and the ledger's chain offline; any change shows.",
        ),
        facts=[
            (Words("清单 SHA-256", "manifest SHA-256"), _mono(release.manifest_sha256)),
            (Words("内容 SHA-256", "content SHA-256"), _mono(manifest["content_sha256"])),
            (Words("签名公钥", "signing key"), _mono(manifest["signing_key_id"])),
            (Words("台账行", "line of the ledger"), evidence.event.number),
            (Words("该行 SHA-256", "SHA-256 of the line"), _mono(evidence.event.sha256)),
            (Words("前一行 SHA-256", "SHA-256 of the line before"), _mono(evidence.event.previous)),
            (
                Words("前一次发布", "release published before"),
                _mono(evidence.previous_event.release_id) if evidence.previous_event else None,
            ),
        ],
        sections=[
            Section(
                Words("如何核对", "How to check"),
                notes=[
                    Words(
                        "编号末尾十位即内容 SHA-256 的前十位。公钥请与另存的副本比对，而非只用随版的那一份。",
                        "The last ten digits of the release id are the first of the content SHA-256. Hold the public key against a "
                        "copy kept elsewhere, not only the one in the folder.",
                    )
                ],
                code=[
                    "minhu verify                                  # 台账、签名、全部文件 / ledger, signatures, every file",
                    f"minhu verify --head {evidence.event.sha256}  # 台账未被截短 / nothing was cut off the ledger since",
                    f"cd var/releases/{release_id}",
                    "sha256sum manifest.json                       # 与本页、台账相同 / the same as here and in the ledger",
                    "openssl pkeyutl -verify -pubin -inkey public_key.pem -rawin -in manifest.json -sigfile manifest.sig",
                    "python3 -c \"import json; [print(f['sha256'], '', f['name']) "
                    "for f in json.load(open('manifest.json'))['files']]\" | sha256sum --check --quiet",
                    f"minhu dossier {release_id}              # 重做本卷，逐字节相同 / this dossier again, byte for byte",
                    f"minhu data-docs {release_id}            # 到达检验，Great Expectations 的页面 / arrival suites as its own pages",
                ],
            ),
            Section(Words("文件", "Files"), tables=[_files(evidence)]),
            Section(
                Words("落地的证据", "Evidence in landing"),
                notes=[
                    Words(
                        f"清单列有 {len(manifest['landing']):,} 份落地清单的路径与散列；截至 {date}。",
                        f"The manifest lists path and hash of {len(manifest['landing']):,} landing manifests, up to {date}.",
                    )
                ],
                tables=[_landing(evidence)],
            ),
        ],
    )


def _mono(text: object) -> Markup:
    return Markup('<span class="mono">{}</span>').format(text)


def _files(evidence: Evidence) -> Table:
    files = evidence.release.files
    return table(
        Words(f"本版的 {len(files)} 个文件", f"The {len(files)} files of the release"),
        columns(("文件", "file"), ("行", "rows", "number"), ("字节", "bytes", "number"), ("SHA-256", "SHA-256")),
        [[_mono(file.name), file.rows, file.bytes, _mono(file.sha256)] for file in sorted(files)],
        is_folded=True,
    )


def _landing(evidence: Evidence) -> Table:
    return table(
        Words("各表落地的夜数与行数", "Nights and rows by table"),
        columns(
            ("表", "table"),
            ("首次", "first"),
            ("最近", "last"),
            ("夜数", "nights", "number"),
            ("行数", "rows", "number"),
        ),
        [
            [f"{source}.{name}", min(days), max(days), len(days), sum(days.values())]
            for (source, name), days in landed_rows(evidence).items()
        ],
        is_folded=True,
    )
